import DequeModule
import NIOConcurrencyHelpers

/// The events of one subscription between the event loop and its reader: bounded, the newest win, a loss is told.
final class EventBuffer: Sendable {
    private struct State {
        var events: Deque<RedisEvent> = []
        var lost = 0
        var reader: Reply<RedisEvent?, Never>?
        var isFinished = false
    }

    private let limit: Int
    private let state = NIOLockedValueBox(State())

    /// Makes an empty buffer.
    /// - Parameter limit: The most events that wait.
    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Adds an event; the oldest one gives way if it is full.
    /// - Parameter event: The event.
    func append(_ event: RedisEvent) {
        let reader = self.state.withLockedValue { state -> Reply<RedisEvent?, Never>? in
            guard !state.isFinished else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            if state.events.count == self.limit {
                state.events.removeFirst()
                state.lost += 1
            }
            state.events.append(event)
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
