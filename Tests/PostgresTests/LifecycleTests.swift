import Logging
import NIOConcurrencyHelpers
import Reactor
import ServiceLifecycle
import Testing

@testable import Postgres

@Suite(.serialized) struct LifecycleTests {
    @Test func `a client leaves no connection, no descriptor and no thread behind`() async throws {
        try await PostgresServerProcess.withServer { server in
            weak var reactor: Reactor?
            for round in 0..<5 {
                try await withClient(server.url(), { $0.poolSize = 3 }) { client in
                    reactor = client.reactor
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<60 { group.addTask { _ = try await client.query("SELECT pg_sleep(0.01)") } }
                        for _ in 0..<4 {
                            group.addTask { try await client.transaction { _ = try await $0.query("SELECT 1") } }
                        }
                        try await group.waitForAll()
                    }
                    var iterator = client.notifications(on: ["x"]).makeAsyncIterator()
                    #expect(await iterator.next() == .listening)
                    #expect(sockets(connectedTo: server.port) > 3, "round \(round)")
                }
                // The reactor's thread and its own descriptors end with it, which its tests show.
                try await eventually("the reactor is gone") { reactor == nil }
                #expect(sockets(connectedTo: server.port) == 0, "round \(round)")
            }
            try await withClient(server.url(), { $0.poolSize = 1 }) { observer in
                try await eventually("the server has ended them too") {
                    try await observer.query(
                        "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                    ).isEmpty
                }
            }
        }
    }

    @Test func `attempts that fail leave no descriptor behind`() async throws {
        try await PostgresServerProcess.withServer { server in
            func configure(_ configuration: inout PostgresConfiguration) {
                configuration.connectTimeout = .milliseconds(20)
                configuration.minimumBackoff = .milliseconds(1)
                configuration.maximumBackoff = .milliseconds(2)
            }
            server.pause()
            let messages = NIOLockedValueBox<[String]>([])
            let logger = Logger(label: "test") { _ in RecordingLogHandler(messages: messages) }
            try await withClient(server.url(), configure, logger: logger) { client in
                try await eventually("some attempts") { messages.withLockedValue { $0.count } > 10 }
                #expect(sockets(connectedTo: server.port) <= 1)
                #expect(client.status.lastFailure?.code == .timedOut)
            }
            server.resume()
        }
    }

    @Test func `what is under way ends before a graceful shutdown does, and nothing new begins`() async throws {
        let configuration = try PostgresConfiguration(url: await PostgresServerProcess.sharedServer().url())
        let client = try PostgresClient(configuration: configuration, logger: silent)
        let services = ServiceGroup(services: [client], logger: silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            #expect(try await client.query("SELECT 1").count == 1)
            async let shared = client.query("SELECT pg_sleep(0.5)").count
            async let leased = client.withConnection { connection in
                let first = try await connection.query("SELECT pg_sleep(0.5)").count
                return try await first + connection.query("SELECT 1").count
            }
            try await eventually("both are under way") {
                client.status.statementsUnderWay == 1 && client.status.leases == 1
            }
            await services.triggerGracefulShutdown()
            try await eventually("it takes no more") {
                do { return try await client.query("SELECT 1").isEmpty } catch let error as PostgresError {
                    return error.code == .closed
                }
            }
            #expect(try await failure { try await client.withConnection { _ in } }.code == .closed)
            #expect(try await shared == 1)
            #expect(try await leased == 2)
            try await group.waitForAll()
            #expect(client.status.sharedConnections == 0 && client.status.leasedConnections == 0)
        }
        #expect(try await failure { try await client.run() }.code == .closed)
    }

    @Test func `a graceful shutdown has a hard limit`() async throws {
        var configuration = try PostgresConfiguration(url: await PostgresServerProcess.sharedServer().url())
        configuration.shutdownTimeout = .milliseconds(200)
        let client = try PostgresClient(configuration: configuration, logger: silent)
        let services = ServiceGroup(services: [client], logger: silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            async let shared = failure { try await client.query("SELECT pg_sleep(25)") }
            async let leased = failure { try await client.withConnection { try await $0.query("SELECT pg_sleep(25)") } }
            try await eventually("both are under way") {
                client.status.statementsUnderWay == 1 && client.status.leases == 1
            }
            await services.triggerGracefulShutdown()
            for error in [try await shared, try await leased] {
                #expect(error.code == .closed)
                #expect(error.mayHaveBeenExecuted)
            }
            try await group.waitForAll()
        }
    }

    @Test func `a cancelled client closes everything at once`() async throws {
        let configuration = try PostgresConfiguration(url: await PostgresServerProcess.sharedServer().url())
        let client = try PostgresClient(configuration: configuration, logger: silent)
        let run = Task { try await client.run() }
        async let shared = failure { try await client.query("SELECT pg_sleep(25)") }
        try await eventually("it is under way") { client.status.statementsUnderWay == 1 }
        run.cancel()
        try await run.value
        #expect(try await shared.code == .closed)
        #expect(try await failure { try await client.query("SELECT 1") }.code == .closed)
    }

    @Test func `a client that does not run says so`() async throws {
        var configuration = try PostgresConfiguration(url: await PostgresServerProcess.sharedServer().url())
        configuration.acquireTimeout = .milliseconds(50)
        let client = try PostgresClient(configuration: configuration, logger: silent)
        let error = try await failure { try await client.query("SELECT 1") }
        #expect(error.code == .timedOut)
        #expect(error.message.contains("run()"))
        #expect(error.statement == "SELECT 1")
    }

    @Test func `idle leased connections are closed`() async throws {
        try await withSharedClient({ $0.idleTimeout = .milliseconds(100) }) { client in
            try await client.withConnection { _ in }
            #expect(client.status.leasedConnections == 1)
            try await eventually("it is closed") { client.status.leasedConnections == 0 }
            try await client.withConnection { _ in }
        }
    }
}
