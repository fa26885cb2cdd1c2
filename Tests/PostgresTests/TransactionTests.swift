import Glibc
import Postgres
import Testing

@Suite struct TransactionTests {
    private struct Unwanted: Error {}

    @Test func `isolation, access and settings are those asked for, and end with the transaction`() async throws {
        try await withSharedClient({ $0.maximumLeases = 1 }) { client in
            let question: SQL = """
                SELECT current_setting('transaction_isolation') AS isolation, current_setting('transaction_read_only') AS ro,
                       current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
                       current_setting('roster.actor', true) AS actor
                """
            for (isolation, name) in [
                (PostgresClient.Isolation.readCommitted, "read committed"), (.repeatableRead, "repeatable read"),
                (.serializable, "serializable"),
            ] {
                let row = try await client.transaction(
                    isolation: isolation,
                    readOnly: true,
                    settings: ["lock_timeout": "123ms", "roster.actor": "O'Neil"],
                    statementTimeout: .milliseconds(4_567)
                ) { try await $0.query(question).only() }
                #expect(try row.decode(String.self, "isolation") == name)
                #expect(try row.decode(String.self, "ro") == "on")
                #expect(try row.decode(String.self, "lock") == "123ms")
                #expect(try row.decode(String.self, "statement") == "4567ms")
                #expect(try row.decode(String.self, "actor") == "O'Neil")
            }
            let after = try await client.transaction { try await $0.query(question).only() }
            #expect(try after.decode(String.self, "isolation") == "read committed")
            #expect(try after.decode(String.self, "ro") == "off")
            #expect(try after.decode(String.self, "lock") == "0")
            #expect(try after.decode(String.self, "statement") == "30s")
            #expect(try after.decode(String?.self, "actor") ?? "" == "")
            let unknown = try await failure {
                try await client.transaction(settings: ["no_such_setting": "1"]) { _ in }
            }
            #expect(unknown.code == .serverRefused)
            #expect(client.status.leasedConnections == 1)
        }
    }

    @Test func `a deferred constraint fails at COMMIT with the server's reason`() async throws {
        try await withSharedClient { client in
            try await client.execute(
                "CREATE TABLE deferred (n bigint CONSTRAINT n_is_unique UNIQUE DEFERRABLE INITIALLY DEFERRED)"
            )
            let error = try await failure {
                try await client.transaction { transaction in
                    try await transaction.execute("INSERT INTO deferred VALUES (1), (1)")
                }
            }
            #expect(error.code == .serverRefused)
            #expect(error.sqlState == "23505")
            #expect(error.constraint == "n_is_unique")
            #expect(!error.mayHaveBeenExecuted)
            #expect(try await client.query("SELECT 1 FROM deferred").isEmpty)
        }
    }

    @Test func `a failure that the body hides is not taken for a commit`() async throws {
        try await withSharedClient { client in
            try await client.execute("CREATE TABLE hidden (n bigint)")
            let error = try await failure {
                try await client.transaction { transaction in
                    try await transaction.execute("INSERT INTO hidden VALUES (1)")
                    _ = try await failure { try await transaction.query("SELECT 1/0") }
                }
            }
            #expect(error.code == .transactionRolledBack)
            #expect(try await client.query("SELECT 1 FROM hidden").isEmpty)
        }
    }

    @Test func `a cancelled transaction is undone, and the server stops working for it`() async throws {
        try await withSharedClient({ $0.maximumLeases = 1 }) { client in
            try await client.execute("CREATE TABLE cancelled (n bigint)")
            let task = Task {
                try await client.transaction { transaction in
                    try await transaction.execute("INSERT INTO cancelled VALUES (1)")
                    try await transaction.execute("SELECT pg_sleep(25), 'cancelled transaction'")
                }
            }
            let question: SQL =
                "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%''cancelled transaction''' AND state = 'active'"
            try await eventually("it sleeps") { try await client.query(question).count == 1 }
            task.cancel()
            let error = try await failure { try await task.value }
            #expect(error.code == .cancelled)
            #expect(error.mayHaveBeenExecuted)
            // The only lease is free again at once, although the server is still asleep.
            #expect(try await client.transaction { try await $0.query("SELECT 1 FROM cancelled").count } == 0)
            try await eventually("the server has noticed") { try await client.query(question).isEmpty }
        }
    }

    @Test func `COMMIT is waited for, also by a task that is cancelled meanwhile`() async throws {
        try await withSharedClient { client in
            try await client.withConnection { try await $0.script(Self.slowCommit(table: "slow_commit")) }
            let task = Task {
                try await client.transaction { try await $0.execute("INSERT INTO slow_commit VALUES (0.5)") }
            }
            try await eventually("COMMIT is under way") {
                try await client.query(
                    "SELECT 1 FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'PgSleep'"
                ).count == 1
            }
            task.cancel()
            #expect(try await task.value == 1)
            #expect(try await client.query("SELECT 1 FROM slow_commit").count == 1)
        }
    }

    @Test func `a COMMIT without an answer is an error of its own`() async throws {
        try await PostgresServerProcess.withServer { server in
            try await withClient(server.url()) { client in
                try await client.withConnection { try await $0.script(Self.slowCommit(table: "slow_commit")) }
                async let outcome = failure {
                    try await client.transaction { try await $0.execute("INSERT INTO slow_commit VALUES (60)") }
                }
                try await eventually("COMMIT is under way") {
                    try await client.query("SELECT 1 FROM pg_stat_activity WHERE query = 'COMMIT'").count == 1
                }
                try await server.stop(SIGKILL)
                let error = try await outcome
                #expect(error.code == .commitOutcomeUnknown)
                #expect(error.mayHaveBeenExecuted)
            }
        }
    }

    /// A table whose rows make COMMIT sleep as many seconds as they say.
    private static func slowCommit(table: String) -> String {
        """
        CREATE TABLE \(table) (seconds double precision);
        CREATE FUNCTION \(table)_sleep() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_sleep(NEW.seconds); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER sleep AFTER INSERT ON \(table) DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION \(table)_sleep();
        """
    }

    @Test func `the next lessee finds nothing of the last one's session`() async throws {
        try await withSharedClient({ $0.maximumLeases = 1 }) { client in
            let first = try await client.withConnection { connection in
                try await connection.script(
                    "SET lock_timeout = '7s'; CREATE TEMPORARY TABLE left_behind (n int); SELECT pg_advisory_lock(77)"
                )
                return try await connection.query("SELECT pg_backend_pid() AS pid").only().decode(Int32.self, "pid")
            }
            try await client.withConnection { connection in
                let row = try await connection.query(
                    """
                    SELECT pg_backend_pid() AS pid, current_setting('lock_timeout') AS lock,
                           to_regclass('left_behind') IS NULL AS is_gone,
                           (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks
                    """
                ).only()
                #expect(try row.decode(Int32.self, "pid") == first)
                #expect(try row.decode(String.self, "lock") == "0")
                #expect(try row.decode(Bool.self, "is_gone"))
                #expect(try row.decode(Int.self, "locks") == 0)
            }
        }
    }

    @Test func `a transaction that a lessee leaves open is undone`() async throws {
        try await withSharedClient({ $0.maximumLeases = 1 }) { client in
            try await client.execute("CREATE TABLE left_open (n bigint)")
            try await client.withConnection { connection in
                try await connection.execute("BEGIN")
                try await connection.execute("INSERT INTO left_open VALUES (1)")
            }
            #expect(try await client.withConnection { try await $0.query("SELECT 1 FROM left_open").count } == 0)
        }
    }

    @Test func `what a connection cannot do is refused`() async throws {
        try await withSharedClient { client in
            var kept: PostgresConnection?
            try await client.withConnection { connection in
                kept = connection
                let nested = try await failure {
                    try await connection.transaction { try await $0.transaction { _ in } }
                }
                #expect(nested.code == .misuse)
            }
            let connection = try #require(kept)
            #expect(try await failure { try await connection.query("SELECT 1") }.code == .closed)
            #expect(try await failure { try await connection.script("SELECT 1") }.code == .closed)
            #expect(try await failure { try await connection.transaction { _ in } }.code == .closed)
            for statement: SQL in ["BEGIN", " set lock_timeout = 1", "listen x", "\nCOPY t FROM STDIN"] {
                #expect(try await failure { try await client.query(statement) }.code == .misuse)
            }
            // Hidden behind a comment, it is found out afterwards: nobody else's statement may become part of it.
            try await client.execute("/* */ BEGIN")
            #expect(try await client.query("SELECT 1 AS one").only().decode(Int.self, "one") == 1)
        }
    }

    @Test func `a statement of its own time-out ends when it says`() async throws {
        try await withSharedClient { client in
            let error = try await failure {
                try await client.transaction(statementTimeout: .milliseconds(100)) {
                    try await $0.query("SELECT pg_sleep(20)")
                }
            }
            #expect(error.code == .timedOut)
            #expect(error.sqlState == "57014")
            #expect(!error.mayHaveBeenExecuted)
            let long = try await withSharedClient({ $0.statementTimeout = .milliseconds(100) }) { client in
                try await client.withConnection(statementTimeout: .seconds(20)) {
                    try await $0.query("SELECT pg_sleep(0.3)").count
                }
            }
            #expect(long == 1)
        }
    }

    @Test func `whoever cannot get a lease is told why`() async throws {
        func configure(_ configuration: inout PostgresConfiguration) {
            configuration.maximumLeases = 1
            configuration.maximumWaiters = 1
            configuration.acquireTimeout = .seconds(2)
        }
        try await withSharedClient(configure) { client in
            try await client.withConnection { _ in
                async let waiting = failure { try await client.withConnection { _ in } }
                try await eventually("one waits") { client.status.waiting == 1 }
                let refused = try await failure { try await client.withConnection { _ in } }
                #expect(refused.code == .tooManyWaiting)
                let timedOut = try await waiting
                #expect(timedOut.code == .timedOut)
                #expect(timedOut.message.contains("maximumLeases"))
            }
            try await client.withConnection { _ in }
            #expect(client.status.waiting == 0)
        }
    }

    @Test func `statements of several child tasks share a leased connection`() async throws {
        try await withSharedClient { client in
            try await client.transaction { transaction in
                try await withThrowingTaskGroup(of: Bool.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            try await transaction.query("SELECT \(number) AS n").only().decode(Int.self, "n") == number
                        }
                    }
                    for try await isRight in group { #expect(isRight) }
                }
            }
        }
    }
}
