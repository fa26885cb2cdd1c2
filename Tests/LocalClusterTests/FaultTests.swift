import LocalCluster
import Secrets
import SystemPackage
import TestSupport
import Testing

extension LocalClusterSuite {
    /// Servers can be taken away and given back.
    @Suite struct FaultTests {
        @Test func aPausedPostgresAnswersNobodyUntilItIsResumed() async throws {
            try await withPostgres { server in
                try await server.pause()
                let answering = Task { try await execute("SELECT 1", on: server.url) }
                let hasAnswered = Seen<Bool>()
                let watching = Task {
                    _ = try await answering.value
                    hasAnswered.set(true)
                }
                let process = try #require(await server.processID)
                try await eventually("PostgreSQL and its children are stopped") {
                    try ([process] + ProcessTable.children(of: process)).allSatisfy { try state(of: $0) == "T" }
                }
                #expect(hasAnswered.value == nil)
                try await server.resume()
                #expect(try await answering.value == ["1"])
                try await watching.value
            }
        }

        @Test func aKilledPostgresComesBackWithItsDataAndAddress() async throws {
            try await withPostgres { server in
                try await execute("CREATE TABLE t AS SELECT 7 AS n", on: server.url)
                try await execute("CHECKPOINT", on: server.url)
                let url = server.url
                for _ in 0..<3 {
                    let process = try #require(await server.processID)
                    try await server.kill()
                    #expect(!ProcessTable.isAlive(process))
                    #expect(await server.processID == nil)
                    await #expect(throws: StatementError.self) { try await execute("SELECT 1", on: url) }
                    try await server.start()
                    try await expect(["7"], from: "SELECT n FROM t", on: url)
                }
            }
        }

        @Test func aRestartKeepsTheAddressAndChangesTheProcess() async throws {
            try await LocalCluster.run(.init(.throwaway())) { servers in
                for server in [servers.postgres, servers.redis] as [any PrivateServer] {
                    let before = try #require(await server.processID)
                    try await server.restart()
                    let after = try #require(await server.processID)
                    #expect(before != after)
                    #expect(!ProcessTable.isAlive(before))
                }
                try await expect(["1"], from: "SELECT 1", on: servers.databaseURL)
            }
        }

        @Test func pausedServersCanStillBeEnded() async throws {
            let processes = try await LocalCluster.run(.init(.throwaway())) { servers in
                let processes = try await processIDs(of: servers)
                try await servers.postgres.pause()
                try await servers.redis.pause()
                return processes
            }
            #expect(processes.filter(ProcessTable.isAlive) == [])
        }

        @Test func stoppingTwiceAndStartingTwiceChangesNothing() async throws {
            try await withRedis { server in
                let process = await server.processID
                try await server.start()
                #expect(await server.processID == process)
                await server.stop()
                await server.stop()
                #expect(await server.processID == nil)
                try await server.start()
                #expect(await server.processID != nil)
            }
        }

        /// `T` of a process that is stopped by a signal.
        private func state(of process: Int32) throws -> Substring? {
            try text(FilePath("/proc/\(process)/stat")).split(separator: ")").last?.split(separator: " ").first
        }
    }
}
