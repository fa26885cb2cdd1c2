import DequeModule
import NIOConcurrencyHelpers

/// The events of one subscription between the event loop and its reader: bounded, the newest win, a loss is told.
final class EventBuffer: Sendable {
    private struct State {
        var events: Deque<RedisEvent> = []
        var bytes = 0
        var lost = 0
        var reader: Reply<RedisEvent?, Never>?
        var isFinished = false
    }

    private let limits: RedisConfiguration.Limits
    private let state = NIOLockedValueBox(State())

    /// Makes an empty buffer.
    /// - Parameter limits: How many events and bytes may wait.
    init(limits: RedisConfiguration.Limits) {
        self.limits = limits
    }

    /// Adds an event; the oldest ones give way if it is full.
    /// - Parameter event: The event.
    func append(_ event: RedisEvent) {
        let reader = self.state.withLockedValue { state -> Reply<RedisEvent?, Never>? in
            guard !state.isFinished else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            state.events.append(event)
            state.bytes += event.bytes
            // The newest one stays, however large it is.
            while state.events.count > 1,
                state.events.count > self.limits.eventsPerSubscription || state.bytes > self.limits.bytesPerSubscription
            {
                state.bytes -= state.events.removeFirst().bytes
                state.lost += 1
            }
            return nil
        }
        reader?.answer(.success(event))
    }

    /// Ends the sequence behind the events that wait.
    func finish() {
        let reader = self.state.withLockedValue { state -> Reply<RedisEvent?, Never>? in
            state.isFinished = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.answer(.success(nil))
    }

    /// Waits for the next event; a loss comes before what is left.
    /// - Returns: The event, or `nil` at the end and when the task is cancelled.
    func next() async -> RedisEvent? {
        guard !Task.isCancelled else {
            self.finish()
            return nil
        }
        let reply = Reply<RedisEvent?, Never>()
        let early = self.state.withLockedValue { state -> RedisEvent?? in
            if state.lost > 0 {
                defer { state.lost = 0 }
                return .some(.overflowed(lost: state.lost))
            }
            if let event = state.events.popFirst() {
                state.bytes -= event.bytes
                return .some(event)
            }
            if state.isFinished || state.reader != nil {
                return .some(nil)
            }
            state.reader = reply
            return nil
        }
        if let early {
            return early
        }
        return await reply.value { self.finish() }
    }
}

extension RedisEvent {
    /// What it counts for in the limit on waiting bytes.
    fileprivate var bytes: Int {
        switch self {
        case .message(let channel, let payload): channel.utf8.count + payload.count
        case .resubscribed, .overflowed, .refused: 0
        }
    }
}
