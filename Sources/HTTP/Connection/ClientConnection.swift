import NIOConcurrencyHelpers

/// One connection of a client: whose it is, and whether the client is still there.
///
/// Made by ``ReplicaChannel`` when the connection is accepted; the event loop reports, the connection's task waits.
package final class ClientConnection: Sendable {
    /// The connection whose request the current task answers.
    @TaskLocal package static var current: ClientConnection?

    /// The other end; nil for a Unix domain socket.
    package let address: IPAddress?

    private enum State {
        case open
        case watched(CheckedContinuation<Void, Never>)
        case ended
    }

    private let state = NIOLockedValueBox(State.open)

    init(address: IPAddress?) {
        self.address = address
    }

    /// Says that the client will send nothing more.
    func end() {
        let watcher = self.state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
            defer { state = .ended }
            switch state {
            case .open, .ended: return nil
            case .watched(let watcher): return watcher
            }
        }
        watcher?.resume()
    }

    /// Waits until the client has gone, or until the task is cancelled. One task waits at a time.
    func untilEnd() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = self.state.withLockedValue { state in
                    switch state {
                    case .open:
                        state = .watched(continuation)
                        return true
                    case .watched, .ended:
                        return false
                    }
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            self.end()
        }
    }
}
