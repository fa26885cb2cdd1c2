import Glibc
import LocalCluster
import Secrets
import SystemPackage
import TestSupport
import Testing

extension LocalClusterSuite {
    /// Servers live as long as the closure, whichever way it ends, and leave nothing behind.
    @Suite struct LifecycleTests {
        struct Expected: Error {}

        @Test func bothServersServeAndAreGoneAfterwards() async throws {
            let (processes, folder) = try await LocalCluster.run(.init(.throwaway())) { servers in
                try await expect(
                    [
                        "roster|roster"
                    ],
                    from: "SELECT current_user, current_database()",
                    on: servers.databaseURL
                )
                let processes = try await processIDs(of: servers)
                #expect(processes.count > 2, "PostgreSQL has children")
                return (processes, servers.folder)
            }
            #expect(processes.filter(ProcessTable.isAlive) == [])
            #expect(!exists(folder))
        }

        @Test func anErrorEndsTheServersToo() async throws {
            let seen = Seen<[Int32]>()
            await #expect(throws: Expected.self) {
                try await LocalCluster.run(.init(.throwaway())) { servers in
                    seen.set(try await processIDs(of: servers))
                    throw Expected()
                }
            }
            let processes = try #require(seen.value)
            #expect(processes.filter(ProcessTable.isAlive) == [])
        }

        @Test func aCancelledBodyHasItsServersUntilItReturns() async throws {
            let isRunning = Seen<Bool>()
            let answer = Seen<[String]>()
            let processes = Seen<[Int32]>()
            let running = Task {
                try await LocalCluster.run(.init(.throwaway())) { servers in
                    processes.set(try await processIDs(of: servers))
                    isRunning.set(true)
                    do { try await Task.sleep(for: .seconds(3600)) } catch {
                        // What winds up, as a replica does when it writes its last usage, is not cancelled itself.
                        answer.set(try await Task { try await execute("SELECT 42", on: servers.databaseURL) }.value)
                    }
                }
            }
            try await eventually("the servers run") { isRunning.value == true }
            running.cancel()
            try await running.value
            #expect(answer.value == ["42"])
            #expect(processes.value?.filter(ProcessTable.isAlive) == [])
        }

        @Test func aCancelledStartLeavesNothing() async throws {
            let parent = try await ThrowawayFolder.use { parent in
                let starting = Task {
                    try await LocalCluster.run(.init(.throwaway(in: parent))) { _ in
                        try await Task.sleep(for: .seconds(3600))
                    }
                }
                try await eventually("a folder has been made") { try contents(parent) != [] }
                starting.cancel()
                await #expect(throws: (any Error).self) { try await starting.value }
                #expect(try contents(parent) == [])
                return parent
            }
            #expect(!exists(parent))
        }

        @Test func aTerminalsSignalsDoNotReachTheServers() async throws {
            try await LocalCluster.run(.init(.throwaway())) { servers in
                for process in try await processIDs(of: servers) {
                    #expect(getsid(process) != getsid(0), "process \(process) is in our session")
                    #expect(getpgid(process) != getpgid(0), "process \(process) is in our process group")
                }
            }
        }

        @Test func passwordsAreNotAmongTheArguments() async throws {
            try await LocalCluster.run(.init(.throwaway())) { servers in
                let passwords = try [servers.databaseURL, servers.redisURL].map { url in
                    try #require(url.exposed.split(separator: "@").first?.split(separator: ":").last)
                }
                var hasSeenPostgres = false
                for process in try await processIDs(of: servers) {
                    guard let arguments = arguments(of: process) else { continue }
                    hasSeenPostgres = hasSeenPostgres || arguments.contains("postgres/data")
                    for password in passwords { #expect(!arguments.contains(password)) }
                }
                #expect(hasSeenPostgres)
                #expect("\(servers)".contains(passwords[0]) == false)
            }
        }

        @Test func descriptorsAreGivenBack() async throws {
            // Other tests open and close theirs meanwhile: what is looked for is a count that never comes back down.
            let before = try openDescriptorCount()
            for _ in 0..<5 { try await withRedis { _ in } }
            try await eventually(within: .seconds(60), "at most \(before) descriptors are open") {
                try openDescriptorCount() <= before
            }
        }
    }
}
