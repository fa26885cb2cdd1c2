/// What a subscription brings.
package enum RedisEvent: Sendable, Hashable {
    /// Somebody has published to a channel that is subscribed to, by its name or by a pattern.
    case message(channel: String, payload: [UInt8])
    /// The server has confirmed every channel and pattern, for the first time or after a connection was lost: whatever was
    /// published before may have been missed.
    case resubscribed
    /// The consumer was too slow: so many of the oldest events have been dropped.
    case overflowed(lost: Int)
    /// The subscription cannot be; this is its last event.
    case refused(RedisError.Code, message: String)
}

/// The messages of some channels and patterns, for one consumer.
///
/// It survives lost connections, and says so with ``RedisEvent/resubscribed``. It ends when the task that iterates is
/// cancelled or the client closes; dropping it unsubscribes.
package struct RedisSubscription: AsyncSequence, Sendable {
    package typealias Element = RedisEvent
    package typealias Failure = Never

    private let lifetime: Lifetime

    init(buffer: EventBuffer, unsubscribe: @escaping @Sendable () -> Void) {
        self.lifetime = Lifetime(buffer: buffer, unsubscribe: unsubscribe)
    }

    /// Begins to read. A subscription has one reader; a second one would take events from the first.
    /// - Returns: The reader.
    package func makeAsyncIterator() -> Iterator {
        Iterator(lifetime: self.lifetime)
    }

    /// Reads the events of a subscription.
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let lifetime: Lifetime

        /// Waits for the next event.
        /// - Returns: The event, or `nil` if the task is cancelled or the client closes.
        package mutating func next() async -> RedisEvent? {
            await self.lifetime.next()
        }

        /// Waits for the next event.
        /// - Parameter actor: Where the caller runs.
        /// - Returns: The event, or `nil` if the task is cancelled or the client closes.
        package mutating func next(isolation actor: isolated (any Actor)?) async -> RedisEvent? {
            await self.lifetime.next()
        }
    }

    /// Unsubscribes when the last copy of the sequence and of its iterator is gone.
    fileprivate final class Lifetime: Sendable {
        private let buffer: EventBuffer
        private let unsubscribe: @Sendable () -> Void

        init(buffer: EventBuffer, unsubscribe: @escaping @Sendable () -> Void) {
            self.buffer = buffer
            self.unsubscribe = unsubscribe
        }

        deinit {
            self.buffer.finish()
            self.unsubscribe()
        }

        func next() async -> RedisEvent? {
            let event = await self.buffer.next()
            if event == nil {
                self.unsubscribe()
            }
            return event
        }
    }
}
