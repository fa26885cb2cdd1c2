import DequeModule
import Logging
import NIOConcurrencyHelpers
import Reactor

/// What a listener hears.
public enum PostgresNotification: Sendable, Hashable {
    /// From now on notifications arrive; any number of earlier ones may have been lost. Comes first, after each
    /// reconnection, and when the reader was so far behind that old ones were dropped.
    case listening
    /// Somebody has notified: the channel's name; the text that came along, shorter than 8,000 bytes; and the process of
    /// the server that notified.
    case notification(channel: String, payload: String, pid: Int32)
}

/// Notifications on some channels, for as long as there is an iterator.
///
/// Each iterator has a connection of its own, to a primary, which is replaced when it breaks. At most
/// ``PostgresConfiguration/maximumNotifications`` wait; past that the oldest are dropped and the reader gets a
/// ``PostgresNotification/listening``. It ends when the client shuts down, or the task is cancelled.
public struct PostgresNotifications: AsyncSequence, Sendable {
    /// What it gives.
    public typealias Element = PostgresNotification
    /// It never fails.
    public typealias Failure = Never

    let client: PostgresClient
    let channels: [String]

    /// Begins to listen with its first call to `next()`.
    public func makeAsyncIterator() -> Iterator {
        Iterator(client: self.client, channels: self.channels)
    }

    /// Listens; its connection is closed with it.
    public struct Iterator: AsyncIteratorProtocol {
        let client: PostgresClient
        let channels: [String]
        private var registration: ListenerRegistry.Registration?
        private var arrived = Deque<PostgresNotification>()
        private var failures = 0

        init(client: PostgresClient, channels: [String]) {
            self.client = client
            self.channels = channels
        }

        /// The next one; `nil` at the end.
        public mutating func next() async -> PostgresNotification? {
            while !Task.isCancelled {
                if let first = self.arrived.popFirst() { return first }
                do throws(PostgresError) {
                    guard let registration = self.registration else {
                        try await self.connect()
                        return .listening
                    }
                    self.arrived = try await registration.connection.nextNotifications()
                    self.failures = 0
                } catch {
                    let wasListening = self.registration != nil
                    self.registration = nil
                    guard error.code != .cancelled, !self.client.listeners.isShutDown else { return nil }
                    self.client.logger.warning(
                        wasListening ? "the listening connection broke" : "cannot listen",
                        metadata: ["channels": "\(self.channels.joined(separator: ", "))", "error": "\(error)"]
                    )
                    guard await self.pause() else { return nil }
                }
            }
            self.registration = nil
            return nil
        }

        private mutating func connect() async throws(PostgresError) {
            let connection = try await Connection.open(
                name: "listener",
                role: .listener,
                configuration: self.client.configuration,
                reactor: self.client.reactor,
                events: Connection.Events(),
                logger: self.client.logger
            )
            let registration = try self.client.listeners.register(connection)
            try await connection.listen(to: self.channels)
            self.registration = registration
        }

        /// - Returns: Whether to go on.
        private mutating func pause() async -> Bool {
            self.failures += 1
            var generator = SystemRandomNumberGenerator()
            let configuration = self.client.configuration
            return await self.client.listeners.pause(
                configuration.backoff(afterFailures: self.failures, using: &generator)
            )
        }
    }
}

/// The listening connections of one client, so that its shutdown ends them. Any thread.
final class ListenerRegistry: Sendable {
    /// Keeps a connection in the registry, and closes it by leaving: nobody else refers to it then.
    final class Registration: Sendable {
        let connection: Connection
        private let number: UInt64
        private let registry: ListenerRegistry

        fileprivate init(_ connection: Connection, number: UInt64, registry: ListenerRegistry) {
            self.connection = connection
            self.number = number
            self.registry = registry
        }

        deinit { self.registry.remove(self.number) }
    }

    private struct State {
        var isShutDown = false
        var last: UInt64 = 0
        var connections: [UInt64: Connection] = [:]
        var pauses: [UInt64: Reply<Bool>] = [:]
    }

    private let state = NIOLockedValueBox(State())

    var isShutDown: Bool { self.state.withLockedValue { $0.isShutDown } }

    /// Ends all pauses and takes no further connections.
    ///
    /// - Returns: The connections, which the caller is to close.
    func shutDown() -> [Connection] {
        let (connections, pauses) = self.state.withLockedValue { state in
            state.isShutDown = true
            defer { (state.connections, state.pauses) = ([:], [:]) }
            return (Array(state.connections.values), Array(state.pauses.values))
        }
        for pause in pauses { pause.answer(.success(false)) }
        return connections
    }

    func register(_ connection: Connection) throws(PostgresError) -> Registration {
        let number = self.state.withLockedValue { state -> UInt64? in
            guard !state.isShutDown else { return nil }
            state.last += 1
            state.connections[state.last] = connection
            return state.last
        }
        guard let number else { throw PostgresError(.closed, "the client has been shut down") }
        return Registration(connection, number: number, registry: self)
    }

    /// Waits, unless the client shuts down or the task is cancelled meanwhile.
    ///
    /// - Returns: Whether the time has passed.
    func pause(_ duration: Duration) async -> Bool {
        let reply = Reply<Bool>()
        let number = self.state.withLockedValue { state -> UInt64? in
            guard !state.isShutDown else { return nil }
            state.last += 1
            state.pauses[state.last] = reply
            return state.last
        }
        guard let number else { return false }
        defer { self.remove(number) }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await Task.sleep(for: duration)
                    reply.answer(.success(true))
                } catch {
                    // Cancelled, by the end of the wait or with the task.
                    reply.answer(.success(false))
                }
            }
            defer { group.cancelAll() }
            do { return try await reply.value() } catch { return false }
        }
    }

    private func remove(_ number: UInt64) {
        // Let go of outside the lock: it may be the last reference, and closing takes the reactor's lock.
        _ = self.state.withLockedValue { state in
            state.pauses[number] = nil
            return state.connections.removeValue(forKey: number)
        }
    }
}
