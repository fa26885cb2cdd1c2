import NIOConcurrencyHelpers

/// A connection that is lent to one body of code, for transactions, COPY and anything slow.
///
/// Statements may be sent from several child tasks at once; they are pipelined. It ends with the body: later use is an
/// error. A statement whose task is cancelled makes the connection unfit for the next lessee, and it is closed.
public final class PostgresConnection: Sendable {
    private struct State {
        var isEnded = false
        var isInTransaction = false
    }

    private let connection: Connection
    private let prepares: Bool
    private let state = NIOLockedValueBox(State())

    init(_ connection: Connection, prepares: Bool) {
        self.connection = connection
        self.prepares = prepares
    }

    /// Runs one statement.
    ///
    /// - Parameter statement: The statement and its parameters.
    /// - Returns: The rows.
    /// - Throws: ``PostgresError``; with ``PostgresError/Code/cancelled`` if the task was cancelled.
    public func query(_ statement: SQL) async throws(PostgresError) -> PostgresRows {
        try self.checkIsLent(statement.text)
        return try await self.connection.perform(Request(statement, prepares: self.prepares))
    }

    /// Runs one statement.
    ///
    /// - Parameter statement: The statement and its parameters.
    /// - Returns: How many rows it touched.
    /// - Throws: ``PostgresError``; with ``PostgresError/Code/cancelled`` if the task was cancelled.
    @discardableResult
    public func execute(_ statement: SQL) async throws(PostgresError) -> Int {
        try await self.query(statement).affectedRows
    }

    /// Runs several statements, separated by semicolons and without parameters, such as a migration.
    ///
    /// Outside a transaction they are one of their own, unless they contain commands for transactions.
    ///
    /// - Parameter sql: Text of the program itself, never input.
    /// - Throws: ``PostgresError`` of the first statement that fails; those behind it are not run.
    public func script(_ sql: String) async throws(PostgresError) {
        try self.checkIsLent(sql)
        try await self.connection.script(sql)
    }

    /// Sets how long the server works on each statement, until the end of the lease.
    ///
    /// - Parameter timeout: A time to the millisecond.
    /// - Throws: ``PostgresError`` if the server refuses it.
    public func setStatementTimeout(_ timeout: Duration) async throws(PostgresError) {
        try await self.execute("SELECT set_config('statement_timeout', \(String(timeout.wholeMilliseconds)), false)")
        await self.connection.allow(timeout)
    }

    // MARK: Transactions

    /// Runs a transaction, see ``PostgresClient/transaction(isolation:readOnly:settings:statementTimeout:_:)``.
    ///
    /// - Parameters:
    ///   - isolation: How much it sees of others.
    ///   - readOnly: Whether it may not write.
    ///   - settings: Settings of the server for this transaction alone, by name.
    ///   - statementTimeout: How long the server works on each statement instead of the configured time.
    ///   - body: The statements; it gets this connection.
    /// - Returns: What the body returns, once it is durable.
    /// - Throws: ``PostgresError``, or what the body throws.
    @discardableResult
    public func transaction<R>(
        isolation: PostgresClient.Isolation = .readCommitted,
        readOnly: Bool = false,
        settings: [String: String] = [:],
        statementTimeout: Duration? = nil,
        _ body: (PostgresConnection) async throws -> R
    ) async throws -> R {
        try self.checkIsLent("BEGIN")
        let mayBegin = self.state.withLockedValue { state in
            guard !state.isInTransaction else { return false }
            state.isInTransaction = true
            return true
        }
        guard mayBegin else {
            throw PostgresError(.misuse, "a transaction is under way on this connection; use SAVEPOINT inside it")
        }
        defer { self.state.withLockedValue { $0.isInTransaction = false } }
        let opening = try self.opening(isolation, readOnly, settings, statementTimeout)
        let previous = await self.connection.timeout
        if let statementTimeout { await self.connection.allow(statementTimeout) }
        let result: R
        do {
            try await self.connection.perform(opening)
            result = try await body(self)
            // Nothing has been promised yet: who no longer wants it shall not get it.
            if Task.isCancelled { throw PostgresError(.cancelled, "the task was cancelled before COMMIT") }
        } catch {
            await self.rollBack()
            if statementTimeout != nil { await self.connection.allow(previous) }
            throw error
        }
        try await self.commit()
        if statementTimeout != nil { await self.connection.allow(previous) }
        return result
    }

    private func opening(
        _ isolation: PostgresClient.Isolation,
        _ readOnly: Bool,
        _ settings: [String: String],
        _ statementTimeout: Duration?
    ) throws(PostgresError) -> [Request] {
        guard settings["statement_timeout"] == nil else {
            throw PostgresError(
                .misuse,
                "pass the statement time-out as statementTimeout: the client has to know it too"
            )
        }
        var settings = settings
        if let statementTimeout { settings["statement_timeout"] = String(statementTimeout.wholeMilliseconds) }
        let begin = SQL(unescaped: "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : "")")
        var requests = [try Request(begin, prepares: self.prepares)]
        if !settings.isEmpty {
            let calls = settings.sorted { $0.key < $1.key }.map { "set_config(\($0.key), \($0.value), true)" as SQL }
            requests.append(try Request("SELECT \(SQL.joined(calls, separator: ", "))", prepares: self.prepares))
        }
        return requests
    }

    private func commit() async throws(PostgresError) {
        do throws(PostgresError) {
            let answer = try await self.connection.perform(
                Request("COMMIT", prepares: self.prepares),
                despiteCancellation: true
            )
            // How the server answers COMMIT in a transaction that has failed: with success.
            guard answer.result.commandTag == "COMMIT" else {
                throw PostgresError(
                    .transactionRolledBack,
                    "the transaction was undone, because one of its statements had failed and the failure was hidden"
                )
            }
        } catch {
            guard error.mayHaveBeenExecuted else { throw error }
            var unknown = error
            unknown.code = .commitOutcomeUnknown
            unknown.message = "COMMIT was sent and not answered, look whether it took effect: \(error.message)"
            throw unknown
        }
    }

    /// Undoes the transaction. If that cannot be said, or a statement is still under way, the connection is closed at the
    /// end of the lease, which undoes it too.
    private func rollBack() async {
        guard await self.connection.isAtRest else { return }
        do throws(PostgresError) {
            _ = try await self.connection.perform(
                Request("ROLLBACK", prepares: self.prepares),
                despiteCancellation: true
            )
        } catch {
            await self.connection.close(error)
        }
    }

    // MARK: COPY

    /// Copies rows into a table, as fast as the server takes them.
    ///
    /// - Parameters:
    ///   - table: The table's name, with its schema before a point if need be; each part is quoted.
    ///   - columns: The columns that the rows have, in their order.
    ///   - body: Writes the rows. If it throws, all of them are undone.
    /// - Returns: How many rows were copied.
    /// - Throws: ``PostgresError`` with the server's reason, or what the body throws.
    @discardableResult
    public func copyIn(
        table: String,
        columns: [String],
        _ body: (PostgresCopyWriter) async throws -> Void
    ) async throws -> Int {
        let names = table.split(separator: ".", omittingEmptySubsequences: false).map { SQL.identifier(String($0)) }
        let list = SQL.joined(columns.map { SQL.identifier($0) }, separator: ", ")
        let statement: SQL = "COPY \(SQL.joined(names, separator: ".")) (\(list)) FROM STDIN"
        return try await self.copyIn(statement, columnCount: columns.count, body)
    }

    /// Copies rows with a `COPY … FROM STDIN` of its own, in the text format.
    ///
    /// - Parameters:
    ///   - statement: The statement, without parameters.
    ///   - body: Writes the rows. If it throws, all of them are undone.
    /// - Returns: How many rows were copied.
    /// - Throws: ``PostgresError`` with the server's reason, or what the body throws.
    @discardableResult
    public func copyIn(_ statement: SQL, _ body: (PostgresCopyWriter) async throws -> Void) async throws -> Int {
        try await self.copyIn(statement, columnCount: nil, body)
    }

    private func copyIn(
        _ statement: SQL,
        columnCount: Int?,
        _ body: (PostgresCopyWriter) async throws -> Void
    ) async throws -> Int {
        try self.checkIsLent(statement.text)
        if let failure = statement.failure { throw failure }
        guard statement.parameters.isEmpty else {
            throw PostgresError(.misuse, "COPY has no parameters", statement: statement.text)
        }
        try await self.connection.beginCopy(statement.text)
        let writer = PostgresCopyWriter(to: self.connection, columnCount: columnCount)
        do {
            try await body(writer)
            try await writer.flush()
        } catch {
            writer.end()
            await self.undoCopy()
            throw error
        }
        writer.end()
        return try await self.connection.endCopy(undoing: nil)
    }

    /// Has the server undo the rows; its answer is the reason that it was given. If it gives none, closing the connection
    /// undoes them too.
    private func undoCopy() async {
        do throws(PostgresError) {
            _ = try await self.connection.endCopy(undoing: "the client gave up")
        } catch {
            if error.code != .serverRefused { await self.connection.close(error) }
        }
    }

    // MARK: The lease

    /// Ends the lease.
    func end() {
        self.state.withLockedValue { $0.isEnded = true }
    }

    private func checkIsLent(_ statement: String) throws(PostgresError) {
        guard self.state.withLockedValue({ !$0.isEnded }) else {
            throw PostgresError(.closed, "the connection was used after the end of its lease", statement: statement)
        }
    }
}
