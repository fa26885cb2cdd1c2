import CPostgres
import DequeModule
import Reactor

/// Notifications that wait for their reader: bounded, the newest win, and the reader is told. A value; its connection
/// owns it.
struct NotificationInbox {
    private let limit: Int
    private var waiting = Deque<PostgresNotification>()
    private var hasOverflowed = false
    private var reader: Reply<Void>?

    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(_ notification: PostgresNotification) {
        if self.waiting.count >= self.limit {
            self.waiting.removeFirst()
            self.hasOverflowed = true
        }
        self.waiting.append(notification)
    }

    /// What has come, with a `listening` in front if something was dropped; `nil` if nothing has.
    mutating func take() -> Deque<PostgresNotification>? {
        guard !self.waiting.isEmpty else { return nil }
        var taken = self.waiting
        if self.hasOverflowed { taken.prepend(.listening) }
        self.hasOverflowed = false
        self.waiting.removeAll(keepingCapacity: self.waiting.count <= 64)
        return taken
    }

    /// Lets a reader wait; an earlier one is sent away.
    mutating func wait(_ reader: Reply<Void>) {
        self.reader?.answer(.success(()))
        self.reader = reader
    }

    /// Wakes the reader, to take what has come or to see that the connection has ended.
    mutating func wake() {
        self.reader?.answer(.success(()))
        self.reader = nil
    }
}

extension Connection {
    /// Begins to listen, and to ask for signs of life.
    func listen(to channels: [String]) async throws(PostgresError) {
        var requests: [Request] = []
        for channel in channels {
            requests.append(try Request("LISTEN \(SQL.identifier(channel))", prepares: false))
        }
        try await self.perform(requests)
        // A listener's own statements are answered at once, or not at all.
        self.allow(min(self.configuration.statementTimeout ?? .seconds(30), self.configuration.listenerHeartbeat))
        self.scheduleHeartbeat()
    }

    /// Waits for the next notifications.
    ///
    /// - Returns: At least one.
    /// - Throws: ``PostgresError`` when the connection has ended and all that came before was taken.
    func nextNotifications() async throws(PostgresError) -> Deque<PostgresNotification> {
        while true {
            if let taken = self.inbox.take() { return taken }
            _ = try self.opened(for: "LISTEN")
            let reader = Reply<Void>()
            self.inbox.wait(reader)
            do {
                try await reader.value()
            } catch {
                throw PostgresError(.cancelled, "the task was cancelled while it waited for notifications")
            }
        }
    }

    /// Takes from libpq what came; on connections that do not listen, nothing does.
    func takeNotifications(_ raw: OpaquePointer) {
        var hasNews = false
        while let notification = PQnotifies(raw) {
            if self.role == .listener {
                self.inbox.append(
                    .notification(
                        channel: String(cString: notification.pointee.relname),
                        payload: String(cString: notification.pointee.extra),
                        pid: notification.pointee.be_pid
                    )
                )
                hasNews = true
            }
            PQfreemem(notification)
        }
        if hasNews { self.inbox.wake() }
    }

    /// A listener sends nothing by itself: without this it would never find out that its server is gone.
    private func scheduleHeartbeat() {
        self.heartbeatTimer = self.reactor.schedule(after: self.configuration.listenerHeartbeat) { [weak self] in
            self?.assumeIsolated { connection in
                do throws(PostgresError) {
                    // Its answer counts as progress; without one the connection is closed when it is due.
                    try connection.send(try Request("SELECT 1", prepares: false), Reply())
                    connection.scheduleHeartbeat()
                } catch {
                    _ = connection.end(error)
                }
            }
        }
    }
}
