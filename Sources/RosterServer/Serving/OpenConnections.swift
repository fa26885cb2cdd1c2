import NIOConcurrencyHelpers
import NIOCore

/// The connections of a balancer that are open, at most so many.
final class OpenConnections: Sendable {
    private struct Guarded {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let limit: Int
    private let guarded = NIOLockedValueBox(Guarded())

    init(limit: Int) {
        self.limit = limit
    }

    /// Adds a connection until it closes.
    ///
    /// - Parameter channel: The connection.
    /// - Returns: Whether there was room for it.
    func add(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdded = self.guarded.withLockedValue { guarded in
            guard guarded.channels.count < self.limit else { return false }
            guarded.channels[id] = channel
            return true
        }
        guard isAdded else { return false }
        channel.closeFuture.whenComplete { _ in self.remove(id) }
        return true
    }

    /// Closes all.
    func closeAll() {
        let channels = self.guarded.withLockedValue { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }

    /// Waits until none is open. One task waits; to make the wait end, close them.
    func untilNone() async {
        await withCheckedContinuation { continuation in
            let isOver = self.guarded.withLockedValue { guarded in
                guard !guarded.channels.isEmpty else { return true }
                guarded.waiter = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func remove(_ id: ObjectIdentifier) {
        let waiter = self.guarded.withLockedValue { guarded -> CheckedContinuation<Void, Never>? in
            guarded.channels[id] = nil
            guard guarded.channels.isEmpty else { return nil }
            defer { guarded.waiter = nil }
            return guarded.waiter
        }
        waiter?.resume()
    }
}
