public import Secrets

/// Where PostgreSQL is, and the limits and time-outs that a ``PostgresClient`` keeps.
///
/// The connection string has libpq's two forms (PostgreSQL documentation, 34.1.1): `postgresql://user:password@h1:5432,
/// h2/database?target_session_attrs=read-write&sslmode=verify-full` or `host=/run/postgresql dbname=roster`. Whatever it
/// leaves out comes from libpq's environment variables and defaults. Several hosts are tried in order, each address of
/// each with ``connectTimeout``. PostgreSQL 14 or later is required.
///
/// Behind PgBouncer in transaction mode: set ``preparesStatements`` to false, have it ignore the start-up parameter
/// `options` (`ignore_startup_parameters`), set the statement time-out with `ALTER ROLE`, and give
/// ``PostgresClient/notifications(on:)`` a client of its own that goes to the server directly.
public struct PostgresConfiguration: Sendable {
    /// What `pg_stat_activity` shows, unless the connection string names it.
    public var applicationName = "roster"
    /// How long one address may take from the first packet to the end of the log-in. The connection string's
    /// `connect_timeout`, in seconds, sets it too.
    public var connectTimeout: Duration = .seconds(5)
    /// How long the server works on one statement before it gives up; `nil` for no limit of this client. Kept by the
    /// server, to the millisecond.
    public var statementTimeout: Duration? = .seconds(30)
    /// How much longer than ``statementTimeout`` an answer is waited for before the connection counts as dead.
    public var answerGrace: Duration = .seconds(2)
    /// How long a caller waits for a connection, because none is open or all that may be leased are.
    public var acquireTimeout: Duration = .seconds(5)
    /// How many connections short statements share, each pipelined. They are opened as load asks for them.
    public var poolSize = 4
    /// How many connections may be leased at once, for transactions, COPY and anything slow.
    public var maximumLeases = 8
    /// How many callers may wait for a connection; the next is refused at once.
    public var maximumWaiters = 4_096
    /// How many statements one shared connection has under way; the next is refused at once.
    public var maximumStatementsPerConnection = 4_096
    /// How long a leased connection stays open unused; at most half as long again.
    public var idleTimeout: Duration = .seconds(60)
    /// Whether statements are kept prepared by name on each connection.
    public var preparesStatements = true
    /// How many prepared statements a connection keeps; the least recently used is dropped for a new one.
    public var maximumPreparedStatements = 256
    /// How long the first pause between attempts to connect is; each failure in a row doubles it, up to
    /// ``maximumBackoff``, and each pause is shortened by a random part of up to a half.
    public var minimumBackoff: Duration = .milliseconds(100)
    /// The longest pause between attempts to connect.
    public var maximumBackoff: Duration = .seconds(5)
    /// How long statements and leases may go on after a graceful shutdown was asked for.
    public var shutdownTimeout: Duration = .seconds(10)
    /// How many notifications wait for their reader before the oldest is dropped and the reader told.
    public var maximumNotifications = 1_024
    /// How often an idle listening connection is asked for a sign of life.
    public var listenerHeartbeat: Duration = .seconds(15)

    /// The hosts in the order in which they are tried.
    let hosts: [PostgresHost]
    /// Which sessions are acceptable.
    let targetSession: TargetSession
    /// What is passed on to libpq, by its keywords; hosts and time-outs are ours.
    let keywords: [String: Secret]

    /// Reads a connection string.
    ///
    /// - Parameter url: A URI or keywords and values, in libpq's forms.
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/configuration`` that names the unknown keyword or the value
    ///   that is out of range, and quotes nothing that could be part of a password.
    public init(url: Secret) throws(PostgresError) {
        let connectionString = try ConnectionString(url.exposed)
        self.hosts = connectionString.hosts
        self.targetSession = connectionString.targetSession
        self.keywords = connectionString.keywords.mapValues { Secret($0) }
        if let timeout = connectionString.connectTimeout { self.connectTimeout = timeout }
    }

    /// The hosts and the database, without user and password; for logs.
    public var endpoint: String {
        let hosts = self.hosts.map(\.description).joined(separator: ",")
        return "\(hosts)/\(self.keywords["dbname"]?.exposed ?? "")"
    }

    /// Checks limits that the type system cannot.
    func validate() throws(PostgresError) {
        let counts = [
            ("poolSize", self.poolSize), ("maximumLeases", self.maximumLeases),
            ("maximumWaiters", self.maximumWaiters),
            ("maximumStatementsPerConnection", self.maximumStatementsPerConnection),
            ("maximumPreparedStatements", self.maximumPreparedStatements),
            ("maximumNotifications", self.maximumNotifications),
        ]
        for (name, value) in counts where value < 1 {
            throw PostgresError(.configuration, "\(name) is \(value); it has to be at least 1")
        }
        let durations: [(String, Duration?)] = [
            ("connectTimeout", self.connectTimeout), ("statementTimeout", self.statementTimeout),
            ("answerGrace", self.answerGrace), ("acquireTimeout", self.acquireTimeout),
            ("idleTimeout", self.idleTimeout), ("minimumBackoff", self.minimumBackoff),
            ("maximumBackoff", self.maximumBackoff), ("shutdownTimeout", self.shutdownTimeout),
            ("listenerHeartbeat", self.listenerHeartbeat),
        ]
        for case (let name, let value?) in durations where value < .milliseconds(1) || value > .seconds(86_400 * 20) {
            throw PostgresError(.configuration, "\(name) is \(value); it has to be between 1 ms and 20 days")
        }
        guard self.keywords["password"]?.exposed.utf8.contains(0) != true else {
            throw PostgresError(.configuration, "the password contains a NUL character")
        }
    }

    /// The pause after a number of failures in a row.
    func backoff(afterFailures failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let longest = min(self.maximumBackoff, self.minimumBackoff * (1 << min(max(failures - 1, 0), 20)))
        return longest * Double.random(in: 0.5...1, using: &generator)
    }
}

/// One host of a connection string.
struct PostgresHost: Sendable, Equatable, CustomStringConvertible {
    /// A name, an address, a directory of Unix sockets, or nothing for libpq's default directory.
    let name: String?
    /// A numeric address that saves looking the name up.
    let address: String?
    /// A port, or nothing for libpq's default.
    let port: String?

    var isSocketDirectory: Bool {
        guard self.address == nil, let first = self.name?.first else { return self.address == nil }
        return first == "/" || first == "@"
    }

    var description: String {
        let name = self.name ?? self.address ?? "local socket"
        return self.port.map { "\(name):\($0)" } ?? name
    }
}

/// Which sessions are acceptable (PostgreSQL documentation, 34.1.2, `target_session_attrs`).
enum TargetSession: String, Sendable, CaseIterable {
    case any
    case readWrite = "read-write"
    case readOnly = "read-only"
    case primary
    case standby
    case preferStandby = "prefer-standby"

    /// What each round over the hosts asks libpq for. libpq sees one address at a time, so the second round that
    /// `prefer-standby` means is ours.
    var rounds: [TargetSession] {
        self == .preferStandby ? [.standby, .any] : [self]
    }

    /// The same for a connection that is to LISTEN, which a standby refuses.
    var roundsForListening: [TargetSession] {
        switch self {
        case .any, .preferStandby: [.primary]
        case .readWrite, .readOnly, .primary, .standby: [self]
        }
    }
}
