import Glibc
import Postgres
import Testing

/// What happens when the server, the network or the caller goes away. Each test has a server of its own.
@Suite(.serialized) struct FaultTests {
    private static func patient(_ configuration: inout PostgresConfiguration) {
        configuration.maximumBackoff = .milliseconds(200)
        configuration.acquireTimeout = .seconds(20)
    }

    @Test func `a server that dies under a statement says what may have happened, and comes back`() async throws {
        try await PostgresServerProcess.withServer { server in
            try await withTwoClients(server.url(), Self.patient) { client, observer in
                for signal in [SIGKILL, SIGQUIT] {
                    async let shared = failure { try await client.query("SELECT pg_sleep(60), 'shared'") }
                    async let leased = failure {
                        try await client.withConnection { try await $0.query("SELECT pg_sleep(60), 'leased'") }
                    }
                    try await eventually("both sleep") {
                        try await observer.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").count
                            == 2
                    }
                    try await server.stop(signal)
                    for error in [try await shared, try await leased] {
                        #expect(error.code == .connectionLost)
                        #expect(error.mayHaveBeenExecuted)
                        #expect(error.statement?.contains("pg_sleep") == true)
                    }
                    try await server.start()
                    #expect(try await client.query("SELECT 1").count == 1)
                    #expect(try await client.withConnection { try await $0.query("SELECT 1").count } == 1)
                }
            }
        }
    }

    @Test func `a server that is away is waited for, and then the reason is given`() async throws {
        try await PostgresServerProcess.withServer { server in
            func configure(_ configuration: inout PostgresConfiguration) {
                configuration.acquireTimeout = .milliseconds(500)
                configuration.maximumBackoff = .milliseconds(100)
            }
            try await withClient(server.url(), configure) { client in
                #expect(try await client.query("SELECT 1").count == 1)
                try await server.stop()
                try await eventually("the loss is noticed") { client.status.lastFailure != nil }
                let error = try await failure { try await client.query("SELECT 1") }
                #expect(error.code == .connectionLost)
                #expect(!error.mayHaveBeenExecuted)
                #expect(error.message.contains("127.0.0.1:\(server.port)"))
                try await server.start()
                try await eventually("it is found again") { client.status.lastFailure == nil }
                #expect(try await client.query("SELECT 1").count == 1)
            }
        }
    }

    @Test func `a server that hangs leads to time-outs, and is used again when it goes on`() async throws {
        try await PostgresServerProcess.withServer { server in
            func configure(_ configuration: inout PostgresConfiguration) {
                configuration.poolSize = 1
                configuration.statementTimeout = .milliseconds(300)
                configuration.answerGrace = .milliseconds(200)
                configuration.connectTimeout = .milliseconds(300)
                configuration.acquireTimeout = .milliseconds(300)
                configuration.maximumBackoff = .milliseconds(100)
            }
            try await withClient(server.url(), configure) { client in
                #expect(try await client.query("SELECT 1").count == 1)
                #expect(try await client.withConnection { try await $0.query("SELECT 1").count } == 1)
                server.pause()
                async let leased = failure { try await client.transaction { try await $0.query("SELECT 1") } }
                let sent = try await failure { try await client.query("SELECT 1") }
                #expect(sent.code == .timedOut)
                #expect(sent.mayHaveBeenExecuted)
                #expect(try await leased.code == .timedOut)
                let unsent = try await failure { try await client.query("SELECT 1") }
                #expect(unsent.code == .timedOut)
                #expect(!unsent.mayHaveBeenExecuted)
                server.resume()
                try await eventually("it answers again") {
                    do { return try await client.query("SELECT 1").count == 1 } catch let error as PostgresError {
                        #expect(error.code == .timedOut)
                        return false
                    }
                }
                #expect(try await client.transaction { try await $0.query("SELECT 1").count } == 1)
            }
        }
    }

    @Test func `terminated connections are replaced`() async throws {
        try await PostgresServerProcess.withServer { server in
            try await withClient(server.url("&application_name=victim"), Self.patient) { client in
                try await withClient(server.url(), Self.patient) { admin in
                    func pids() async throws -> Set<Int32> {
                        let rows = try await admin.query(
                            "SELECT pid FROM pg_stat_activity WHERE application_name = 'victim'"
                        )
                        return Set(try rows.map { row throws(PostgresError) in try row.decode(Int32.self, "pid") })
                    }
                    try await client.withConnection { _ = try await $0.query("SELECT 1") }
                    let before = try await pids()
                    #expect(before.count == 2)
                    try await admin.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'"
                    )
                    try await eventually("a new connection") {

                        let now = try await pids()
                        return !now.isEmpty && now.isDisjoint(with: before)

                    }
                    // Nobody notices: nothing was under way.
                    #expect(try await client.query("SELECT 1").count == 1)
                    #expect(try await client.withConnection { try await $0.query("SELECT 1").count } == 1)

                    async let lost = failure { try await client.query("SELECT pg_sleep(60)") }
                    try await eventually("it sleeps") {
                        try await admin.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").count == 1
                    }
                    try await admin.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
                    )
                    let error = try await lost
                    #expect(error.code == .connectionLost)
                    #expect(error.sqlState == "57P01", "\(error)")
                    #expect(error.mayHaveBeenExecuted)
                    #expect(try await client.query("SELECT 1").count == 1)
                }
            }
        }
    }

    @Test func `a cancelled statement is answered at once and its connection goes on`() async throws {
        let url = try await PostgresServerProcess.sharedServer().url()
        try await withTwoClients(url, { $0.poolSize = 1 }) { client, observer in
            let pid = try await client.query("SELECT pg_backend_pid() AS pid").only().decode(Int32.self, "pid")
            let task = Task { try await client.query("SELECT pg_sleep(1), 'cancelled statement'") }
            try await eventually("it is under way") {
                try await observer.query("SELECT 1 FROM pg_stat_activity WHERE pid = \(pid) AND wait_event = 'PgSleep'")
                    .count == 1
            }
            task.cancel()
            let error = try await failure { try await task.value }
            #expect(error.code == .cancelled)
            #expect(error.mayHaveBeenExecuted)
            #expect(client.status.statementsUnderWay == 1)
            let row = try await client.query("SELECT pg_backend_pid() AS pid").only()
            #expect(try row.decode(Int32.self, "pid") == pid)
            #expect(client.status.statementsUnderWay == 0)
        }
    }

    @Test func `a statement that takes too long is ended by the server, and its connection goes on`() async throws {
        try await withSharedClient({
            $0.poolSize = 1
            $0.statementTimeout = .milliseconds(100)
        }) { client in
            let pid = try await client.query("SELECT pg_backend_pid() AS pid").only().decode(Int32.self, "pid")
            let error = try await failure { try await client.query("SELECT pg_sleep(20)") }
            #expect(error.code == .timedOut)
            #expect(error.sqlState == "57014")
            let row = try await client.query("SELECT pg_backend_pid() AS pid").only()
            #expect(try row.decode(Int32.self, "pid") == pid)
        }
    }

    @Test func `past its limits the client refuses at once`() async throws {
        try await withSharedClient({
            $0.poolSize = 1
            $0.maximumStatementsPerConnection = 3
        }) { client in
            #expect(try await client.query("SELECT 1").count == 1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 { group.addTask { _ = try await client.query("SELECT pg_sleep(0.3)") } }
                try await eventually("all are under way") { client.status.statementsUnderWay == 3 }
                let error = try await failure { try await client.query("SELECT 1") }
                #expect(error.code == .tooManyWaiting)
                #expect(error.message.contains("3 statements"))
                try await group.waitForAll()
            }
            #expect(try await client.query("SELECT 1").count == 1)
        }
    }
}
