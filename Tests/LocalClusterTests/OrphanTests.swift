import Foundation
import Glibc
import LocalCluster
import SystemPackage
import TestSupport
import Testing

extension LocalClusterSuite {
    /// No process stays when its parent is killed, in whatever state it was.
    @Suite struct OrphanTests {
        @Test func servingServersGoWithTheirParent() async throws {
            try await ThrowawayFolder.use { parent in
                let path = parent.string
                await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                    try await LocalCluster.run(.init(.throwaway(in: FilePath(path)))) { servers in
                        try await record(servers, in: path)
                        kill(getpid(), SIGKILL)
                        try await Task.sleep(for: .seconds(60))
                    }
                }
                try await expectNothingLeft(in: parent)
            }
        }

        @Test func pausedServersGoWithTheirParent() async throws {
            try await ThrowawayFolder.use { parent in
                let path = parent.string
                await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                    try await LocalCluster.run(.init(.throwaway(in: FilePath(path)))) { servers in
                        try await record(servers, in: path)
                        try await servers.postgres.pause()
                        try await servers.redis.pause()
                        kill(getpid(), SIGKILL)
                        try await Task.sleep(for: .seconds(60))
                    }
                }
                try await expectNothingLeft(in: parent)
            }
        }

        /// The next start in the same folder waits for the earlier server's end, and finds what it had committed.
        @Test func aKeptClusterStartsRightAfterItsParentWasKilled() async throws {
            try await ThrowawayFolder.use { parent in
                let path = parent.string
                await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                    try await LocalCluster.run(.init(.kept(in: FilePath(path).appending("kept")))) { servers in
                        try await execute("CREATE TABLE t AS SELECT 7 AS n", on: servers.databaseURL)
                        kill(getpid(), SIGKILL)
                        try await Task.sleep(for: .seconds(60))
                    }
                }
                try await LocalCluster.run(.init(.kept(in: parent.appending("kept")))) { servers in
                    try await expect(["7"], from: "SELECT n FROM t", on: servers.databaseURL)
                }
            }
        }

        private func expectNothingLeft(in parent: FilePath) async throws {
            let record = parent.appending("processes")
            let processes = try text(record).split(separator: " ").compactMap { Int32($0) }
            #expect(processes.count > 4)
            try await eventually(within: .seconds(45), "all of \(processes) are gone") {
                !processes.contains(where: ProcessTable.isAlive)
            }
            try FileManager.default.removeItem(atPath: record.string)
            try await eventually(within: .seconds(45), "the folder is gone") { try contents(parent) == [] }
        }
    }
}

private func record(_ servers: LocalCluster.Servers, in parent: String) async throws {
    let processes = try await processIDs(of: servers).map(String.init).joined(separator: " ")
    try write(processes, to: FilePath(parent).appending("processes"))
}
