public import Logging
import NIOConcurrencyHelpers
import Reactor
public import ServiceLifecycle

/// A pool of connections to one PostgreSQL database, over libpq on a reactor of its own.
///
/// Short statements share a few pipelined connections; transactions, COPY and anything slow lease one each. Nothing works
/// before ``run()`` does. Several hosts, TLS and log-in are what the connection string says. Lost connections are
/// replaced, with growing pauses while the server is away.
public final class PostgresClient: Service, Sendable {
    /// How the pool stands.
    public struct Status: Sendable {
        /// Shared connections, those being opened or closed included.
        public var sharedConnections: Int
        /// Connections for leases, idle ones and those being opened or closed included.
        public var leasedConnections: Int
        /// Connections that are leased now.
        public var leases: Int
        /// Statements on shared connections that wait for their answer.
        public var statementsUnderWay: Int
        /// Callers that wait for a connection.
        public var waiting: Int
        /// Why the last attempt to connect failed; `nil` if it succeeded.
        public var lastFailure: PostgresError?
    }

    /// How much a transaction sees of others (PostgreSQL documentation, 13.2).
    public enum Isolation: String, Sendable {
        /// Each statement sees what was committed before it began.
        case readCommitted = "READ COMMITTED"
        /// All statements see what was committed before the first.
        case repeatableRead = "REPEATABLE READ"
        /// As if all such transactions ran one after the other; be ready to repeat on SQLSTATE 40001.
        case serializable = "SERIALIZABLE"
    }

    let configuration: PostgresConfiguration
    let reactor: Reactor
    let listeners = ListenerRegistry()
    let logger: Logger
    private let pool: Pool

    /// Prepares a client; it connects when ``run()`` does.
    ///
    /// - Parameters:
    ///   - configuration: Where the server is, and the limits.
    ///   - logger: Where failures to connect go (warning) and the server's notices (debug).
    /// - Throws: ``PostgresError`` if a limit makes no sense, or the kernel refuses an event loop.
    public init(configuration: PostgresConfiguration, logger: Logger) throws {
        try configuration.validate()
        self.configuration = configuration
        self.logger = logger
        self.reactor = try Reactor(name: "postgres")
        self.pool = Pool(configuration: configuration, reactor: self.reactor, logger: logger)
    }

    /// Keeps the connections until a graceful shutdown, which waits for statements and leases as long as
    /// ``PostgresConfiguration/shutdownTimeout`` allows, or until it is cancelled, which closes everything at once.
    ///
    /// - Throws: ``PostgresError`` if it has been called before.
    public func run() async throws {
        try await withGracefulShutdownHandler {
            try await self.pool.run()
        } onGracefulShutdown: {
            self.pool.shutDown(closing: self.listeners.shutDown())
        }
        for connection in self.listeners.shutDown() {
            await connection.close(PostgresError(.closed, "the client has been shut down"))
        }
    }

    /// How the pool stands at this moment.
    public var status: Status { self.pool.status }

    // MARK: Short statements

    /// Runs one short statement outside transactions, pipelined with those of other callers.
    ///
    /// A caller that is cancelled goes on at once; the server still finishes the statement. Slow statements delay those
    /// behind them: they belong on a leased connection, and so do commands that change their session, which are refused.
    ///
    /// - Parameter statement: The statement and its parameters.
    /// - Returns: The rows.
    /// - Throws: ``PostgresError``; with ``PostgresError/Code/cancelled`` if the task was cancelled.
    public func query(_ statement: SQL) async throws(PostgresError) -> PostgresRows {
        let request = try Request(statement, prepares: self.configuration.preparesStatements)
        guard !Self.sessionCommands.contains(request.firstWord) else {
            throw PostgresError(
                .misuse,
                "\(request.firstWord) changes or needs a session; use transaction(…) or withConnection(…)",
                statement: statement.text
            )
        }
        var attempts = 0
        while true {
            let connection = try await self.pool.sharedConnection(for: statement.text)
            do throws(PostgresError) {
                return try await connection.perform(request)
            } catch {
                // The connection broke before anything was sent; another one serves as well.
                guard error.code == .connectionLost, !error.mayHaveBeenExecuted, attempts < 3 else { throw error }
                attempts += 1
            }
        }
    }

    /// Runs one short statement as ``query(_:)`` does.
    ///
    /// - Parameter statement: The statement and its parameters.
    /// - Returns: How many rows it touched.
    /// - Throws: ``PostgresError``; with ``PostgresError/Code/cancelled`` if the task was cancelled.
    @discardableResult
    public func execute(_ statement: SQL) async throws(PostgresError) -> Int {
        try await self.query(statement).affectedRows
    }

    private static let sessionCommands: Set<String> = [
        "ABORT", "BEGIN", "CLOSE", "COMMIT", "COPY", "DEALLOCATE", "DECLARE", "DISCARD", "END", "FETCH", "LISTEN",
        "LOCK",
        "MOVE", "PREPARE", "RELEASE", "RESET", "ROLLBACK", "SAVEPOINT", "SET", "START", "UNLISTEN",
    ]

    // MARK: Leases

    /// Lends a connection of its own to a body of code.
    ///
    /// Whatever the body leaves behind in the session (settings, temporary tables, cursors, advisory locks) is discarded.
    /// A connection with a statement or transaction still under way is closed, and the server undoes the transaction.
    ///
    /// - Parameters:
    ///   - statementTimeout: How long the server works on each statement instead of the configured time.
    ///   - body: What to do with the connection, which is of no use afterwards.
    /// - Returns: What the body returns.
    /// - Throws: ``PostgresError`` if none becomes free in time, or what the body throws.
    @discardableResult
    public func withConnection<R>(
        statementTimeout: Duration? = nil,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await self.lending(discardingSession: true) { connection in
            if let statementTimeout { try await connection.setStatementTimeout(statementTimeout) }
            return try await body(connection)
        }
    }

    /// Runs a transaction on a connection of its own: COMMIT when the body returns, ROLLBACK when it throws.
    ///
    /// - Parameters:
    ///   - isolation: How much it sees of others.
    ///   - readOnly: Whether it may not write.
    ///   - settings: Settings of the server for this transaction alone, by name, such as `lock_timeout`.
    ///   - statementTimeout: How long the server works on each statement instead of the configured time.
    ///   - body: The statements.
    /// - Returns: What the body returns, once it is durable.
    /// - Throws: ``PostgresError``, or what the body throws. An error of a deferred constraint comes from the COMMIT.
    ///   ``PostgresError/Code/commitOutcomeUnknown`` if the COMMIT was sent and not answered;
    ///   ``PostgresError/Code/transactionRolledBack`` if the body hid the failure of a statement.
    @discardableResult
    public func transaction<R>(
        isolation: Isolation = .readCommitted,
        readOnly: Bool = false,
        settings: [String: String] = [:],
        statementTimeout: Duration? = nil,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try await self.lending(discardingSession: false) { connection in
            try await connection.transaction(
                isolation: isolation,
                readOnly: readOnly,
                settings: settings,
                statementTimeout: statementTimeout,
                body
            )
        }
    }

    private func lending<R>(
        discardingSession: Bool,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        var lent = try await self.pool.lease()
        // One that broke while nobody used it, without our having been told yet.
        while await lent.connection.hasEnded {
            self.pool.release(lent, isFit: false)
            lent = try await self.pool.lease()
        }
        let handle = PostgresConnection(lent.connection, prepares: self.configuration.preparesStatements)
        do {
            let result = try await body(handle)
            await self.giveBack(lent, handle, discardingSession: discardingSession)
            return result
        } catch {
            await self.giveBack(lent, handle, discardingSession: discardingSession)
            throw error
        }
    }

    private func giveBack(_ lent: Pool.Lent, _ handle: PostgresConnection, discardingSession: Bool) async {
        handle.end()
        let isFit = await lent.connection.settle(discardingSession: discardingSession)
        self.pool.release(lent, isFit: isFit)
    }

    // MARK: Notifications

    /// Listens to channels on a connection of its own, for as long as the sequence is iterated.
    ///
    /// - Parameter channels: The channels' names.
    /// - Returns: A sequence that reconnects by itself and ends when the client shuts down or the task is cancelled.
    public func notifications(on channels: [String]) -> PostgresNotifications {
        PostgresNotifications(client: self, channels: channels)
    }
}
