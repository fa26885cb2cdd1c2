import NIOConcurrencyHelpers
import NIOCore

/// The open connections, to be counted, told of a shutdown, and closed.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var drained: EventLoopPromise<Void>?
    }

    private let state = NIOLockedValueBox(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// How many there are.
    var count: Int { self.state.withLockedValue { $0.channels.count } }

    /// Takes a connection in; false when there are too many already, or when the simulator shuts down.
    func add(_ channel: any Channel) -> Bool {
        let isTaken = self.state.withLockedValue { state in
            guard state.channels.count < self.limit, state.drained == nil else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isTaken else { return false }
        channel.closeFuture.whenComplete { _ in self.remove(channel) }
        return true
    }

    private func remove(_ channel: any Channel) {
        let drained = self.state.withLockedValue { state -> EventLoopPromise<Void>? in
            state.channels[ObjectIdentifier(channel)] = nil
            return state.channels.isEmpty ? state.drained : nil
        }
        drained?.succeed()
    }

    /// Tells every connection of the shutdown. Called once.
    ///
    /// - Parameter eventLoop: where the answer is awaited.
    /// - Returns: done when the last connection has closed.
    func shutDown(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let channels = self.state.withLockedValue { state in
            state.drained = promise
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ConnectionHandler.Event.shutdown) }
        if channels.isEmpty { promise.succeed() }
        return promise.futureResult
    }

    /// Closes what is still open.
    func closeAll() {
        for channel in self.state.withLockedValue({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }
}
