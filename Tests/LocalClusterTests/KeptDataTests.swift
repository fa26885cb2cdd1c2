import Foundation
import Glibc
import LocalCluster
import Secrets
import SystemPackage
import TestSupport
import Testing

extension LocalClusterSuite {
    /// What a folder keeps from one start to the next, and what it refuses.
    @Suite struct KeptDataTests {
        @Test func aSecondStartKeepsTheDataAndMakesNoDatabase() async throws {
            try await ThrowawayFolder.use { parent in
                let options = LocalCluster.Options(.kept(in: parent.appending("kept")))
                let (first, second) = (Steps(), Steps())
                let url = try await LocalCluster.run(options, progress: first.note) { servers in
                    try await execute("CREATE TABLE t AS SELECT 7 AS n", on: servers.databaseURL)
                    return servers.databaseURL
                }
                let secondURL = try await LocalCluster.run(options, progress: second.note) { servers in
                    try await expect(["7"], from: "SELECT n FROM t", on: servers.databaseURL)
                    try await expect(["on"], from: "SHOW fsync", on: servers.databaseURL)
                    try await expect(["on"], from: "SHOW data_checksums", on: servers.databaseURL)
                    return servers.databaseURL
                }
                #expect(first.createdADatabase)
                #expect(!second.createdADatabase)
                #expect(url.exposed.split(separator: "@").first == secondURL.exposed.split(separator: "@").first)
                #expect(second.all.suffix(3) == [.ready, .stopping, .stopped])
            }
        }

        @Test func passwordsAreReadableByTheirOwnerAlone() async throws {
            try await LocalCluster.run(.init(.throwaway())) { servers in
                for file in ["postgres/password", "redis/redis.conf", "postgres/log", "redis/log"] {
                    let mode = try servers.folder.appending(file).stat().permissions
                    #expect(mode == .ownerReadWrite, "\(file)")
                }
                #expect(!exists(servers.folder.appending("postgres/password.unfinished")))
            }
        }

        @Test func theFolderBelongsToOneAtATime() async throws {
            try await ThrowawayFolder.use { parent in
                let options = LocalCluster.Options(.kept(in: parent.appending("kept")))
                try await LocalCluster.run(options) { _ in
                    let message = try await refusal(.alreadyRunning) { try await LocalCluster.run(options) { _ in } }
                    #expect(message.contains("started by process \(getpid())"))
                }
            }
        }

        /// A process file is left behind by SIGKILL; its number may belong to anybody by now.
        @Test func aStaleProcessFileIsNoObstacle() async throws {
            try await ThrowawayFolder.use { parent in
                let options = LocalCluster.Options(.kept(in: parent.appending("kept")))
                let data = try await LocalCluster.run(options) { $0.postgres.data }
                // A living PostgreSQL of the same account, which works in another folder.
                let other = try await TestCluster.postgres
                for process in [try #require(await other.processID), getpid(), Int32.max] {
                    let file = data.appending("postmaster.pid")
                    try write("\(process)\n\(data)\n0\n1\n\n127.0.0.1\n0\nready\n", to: file)
                    if geteuid() == 0 { try run(chown: file, like: data) }
                    try await LocalCluster.run(options) { servers in
                        try await expect(["1"], from: "SELECT 1", on: servers.databaseURL)
                    }
                }
            }
        }

        @Test func anUnfinishedDatabaseIsMadeAnew() async throws {
            try await ThrowawayFolder.use { parent in
                let folder = parent.appending("kept")
                let unfinished = folder.appending("postgres/data.unfinished")
                try FileManager.default.createDirectory(atPath: unfinished.string, withIntermediateDirectories: true)
                try write("15\n", to: unfinished.appending("PG_VERSION"))
                let steps = Steps()
                try await LocalCluster.run(.init(.kept(in: folder)), progress: steps.note) { servers in
                    try await expect(["1"], from: "SELECT 1", on: servers.databaseURL)
                }
                #expect(steps.createdADatabase)
                #expect(!exists(unfinished))
            }
        }

        @Test func dataOfAnotherMajorVersionIsRefused() async throws {
            try await ThrowawayFolder.use { parent in
                let folder = parent.appending("kept")
                try FileManager.default.createDirectory(
                    atPath: folder.appending("postgres/data").string,
                    withIntermediateDirectories: true
                )
                try write("9\n", to: folder.appending("postgres/data/PG_VERSION"))
                let message = try await refusal(.otherVersion) {
                    try await LocalCluster.run(.init(.kept(in: folder))) { _ in }
                }
                #expect(message.contains("was written by PostgreSQL 9, but the one installed is"))
                #expect(message.contains("postgresql-9"))
            }
        }

        @Test func dataWithoutItsPasswordIsRefusedNotReplaced() async throws {
            try await ThrowawayFolder.use { parent in
                let options = LocalCluster.Options(.kept(in: parent.appending("kept")))
                let data = try await LocalCluster.run(options) { $0.postgres.data }
                try FileManager.default.removeItem(atPath: data.removingLastComponent().appending("password").string)
                let message = try await refusal(.folderUnusable) { try await LocalCluster.run(options) { _ in } }
                #expect(message.contains("password is missing"))
                #expect(exists(data.appending("PG_VERSION")))
            }
        }

        /// A socket's path has a limit of 107 bytes, a folder's has not.
        @Test func aLongFolderHasNoSocketForClientsButServes() async throws {
            try await ThrowawayFolder.use { parent in
                let long = parent.appending(String(repeating: "x", count: 120))
                for (folder, hasSocket) in [(long, false), (parent.appending("short"), true)] {
                    try await LocalCluster.run(.init(.kept(in: folder))) { servers in
                        try await expect(["1"], from: "SELECT 1", on: servers.databaseURL)
                        #expect((servers.databaseSocketURL != nil) == hasSocket)
                        guard let socket = servers.databaseSocketURL else { return }
                        try await expect(["t"], from: "SELECT inet_server_addr() IS NULL", on: socket)
                    }
                }
            }
        }

        /// As below `/root`: the account that root's servers run as cannot pass.
        @Test(.enabled(if: geteuid() == 0, "only root's servers run as another account"))
        func aFolderThatTheServersCannotEnterIsReplaced() async throws {
            try await ThrowawayFolder.use { parent in
                let closed = parent.appending("closed")
                let folder = closed.appending("kept")
                try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
                try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: closed.string)
                let steps = Steps()
                for run in 1...2 {
                    try await LocalCluster.run(.init(.kept(in: folder)), progress: steps.note) { servers in
                        if run == 1 { try await execute("CREATE TABLE t AS SELECT 7 AS n", on: servers.databaseURL) }
                        try await expect(["7"], from: "SELECT n FROM t", on: servers.databaseURL)
                        #expect(servers.folder.starts(with: "/var/lib/roster"))
                        let link = try FileManager.default.destinationOfSymbolicLink(
                            atPath: folder.appending("servers").string
                        )
                        #expect(link == servers.folder.string)
                    }
                }
                #expect(steps.all.filter { if case .dataElsewhere = $0 { true } else { false } }.count == 2)
                let place = try FileManager.default.destinationOfSymbolicLink(
                    atPath: folder.appending("servers").string
                )
                try FileManager.default.removeItem(atPath: place)
            }
        }

        private func run(chown file: FilePath, like other: FilePath) throws {
            let attributes = try FileManager.default.attributesOfItem(atPath: other.string)
            try FileManager.default.setAttributes(
                [
                    .ownerAccountID: attributes[.ownerAccountID] as Any,
                    .groupOwnerAccountID: attributes[.groupOwnerAccountID] as Any,
                ],
                ofItemAtPath: file.string
            )
        }
    }
}
