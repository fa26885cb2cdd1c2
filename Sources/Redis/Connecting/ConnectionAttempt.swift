import NIOConcurrencyHelpers
import NIOCore

/// The sockets of one attempt to connect (a name may have several addresses), so that it can be stopped at any moment.
final class ConnectionAttempt: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var stopped: RedisError?
    }

    private let state = NIOLockedValueBox(State())

    /// Why it was stopped, if it was.
    var stopped: RedisError? {
        self.state.withLockedValue(\.stopped)
    }

    /// Takes a socket that is about to connect.
    /// - Parameter channel: The socket.
    /// - Throws: ``RedisError`` if the attempt has been stopped.
    func adopt(_ channel: any Channel) throws(RedisError) {
        let stopped = self.state.withLockedValue { state -> RedisError? in
            if state.stopped == nil {
                state.channels.append(channel)
            }
            return state.stopped
        }
        if let stopped { throw stopped }
    }

    /// Closes the sockets and refuses further ones. Whoever waits for them learns it from their failure.
    /// - Parameter error: Why.
    func stop(_ error: RedisError) {
        let channels = self.state.withLockedValue { state -> [any Channel] in
            if state.stopped == nil {
                state.stopped = error
            }
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels {
            channel.close(promise: nil)
        }
    }
}
