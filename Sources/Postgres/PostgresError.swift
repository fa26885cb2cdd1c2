/// Why something asked of PostgreSQL did not happen.
///
/// It names the thing and what to do, and holds the statement's text but never the values of its parameters, nor the
/// password.
public struct PostgresError: Error, Sendable {
    /// What kind of failure it is; callers do something different for each. The list may grow.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Kind: String {
            case connectionLost = "connection lost"
            case serverRefused = "refused by the server"
            case timedOut = "timed out"
            case cancelled
            case closed
            case tooManyWaiting = "too many waiting"
            case configuration
            case encoding
            case decoding
            case misuse
            case transactionRolledBack = "transaction rolled back"
            case commitOutcomeUnknown = "outcome of the commit unknown"
        }

        private let kind: Kind

        /// There is no connection, or it broke: the server is away, restarting or unreachable. Try again later.
        public static let connectionLost = Code(kind: .connectionLost)
        /// The server answered with an error, of a statement or of the log-in; see ``PostgresError/sqlState``.
        public static let serverRefused = Code(kind: .serverRefused)
        /// No connection became free, or no answer came, within the time allowed.
        public static let timedOut = Code(kind: .timedOut)
        /// The task that asked was cancelled.
        public static let cancelled = Code(kind: .cancelled)
        /// The client, or the lease of the connection, has ended.
        public static let closed = Code(kind: .closed)
        /// A limit on waiting callers is reached, and this one was refused at once.
        public static let tooManyWaiting = Code(kind: .tooManyWaiting)
        /// The connection string or an option is wrong.
        public static let configuration = Code(kind: .configuration)
        /// A parameter cannot be represented in PostgreSQL.
        public static let encoding = Code(kind: .encoding)
        /// A column of a result is missing, or does not hold what was asked for.
        public static let decoding = Code(kind: .decoding)
        /// A call that this kind of connection cannot serve, such as `COPY` through ``PostgresClient/query(_:)``.
        public static let misuse = Code(kind: .misuse)
        /// `COMMIT` was answered with `ROLLBACK`, because a statement of the transaction had failed before.
        public static let transactionRolledBack = Code(kind: .transactionRolledBack)
        /// `COMMIT` was sent and its answer never came: the transaction may be durable or undone.
        public static let commitOutcomeUnknown = Code(kind: .commitOutcomeUnknown)

        /// The kind in words.
        public var description: String { self.kind.rawValue }
    }

    /// What kind of failure it is.
    public var code: Code
    /// What happened, to which thing, and what to do about it; for a server's error, the server's own words.
    public var message: String
    /// The five characters of the server's error code (PostgreSQL documentation, appendix A), if the server answered.
    public var sqlState: String?
    /// The server's detail. It can quote values of the row that was refused.
    public var detail: String?
    /// The server's advice.
    public var hint: String?
    /// The constraint that was violated.
    public var constraint: String?
    /// The table the error belongs to.
    public var table: String?
    /// The column the error belongs to; of a decoding error, the result's column.
    public var column: String?
    /// The statement's text with `$1` in place of its parameters.
    public var statement: String?
    /// Whether the server may have carried the statement out although no success was reported. Only the caller knows
    /// whether it may be repeated then.
    public var mayHaveBeenExecuted: Bool

    /// Creates an error; clients and their stand-ins in tests do.
    public init(_ code: Code, _ message: String, statement: String? = nil, mayHaveBeenExecuted: Bool = false) {
        self.code = code
        self.message = message
        self.statement = statement
        self.mayHaveBeenExecuted = mayHaveBeenExecuted
    }
}

extension PostgresError: CustomStringConvertible {
    /// The kind, the message and the server's advice, on one line. The detail is left out: it can quote a whole row, and
    /// descriptions end in logs.
    public var description: String {
        var text = "PostgreSQL, \(self.code)"
        if let sqlState = self.sqlState { text += " (\(sqlState))" }
        text += ": \(self.message)"
        if let hint = self.hint { text += "; hint: \(hint)" }
        if self.mayHaveBeenExecuted { text += "; the statement may have been executed" }
        if let statement = self.statement { text += "; statement: \(Self.shortened(statement))" }
        return text
    }

    /// A statement on one line and of bounded length; logs are read by people.
    private static func shortened(_ statement: String) -> String {
        let line = statement.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count <= 300 ? line : line.prefix(300) + "…"
    }
}
