import Glibc
import LocalCluster
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension LocalClusterSuite {
    /// What cannot work is said in one sentence that names the thing.
    @Suite struct RefusalTests {
        @Test func aMissingProgramNamesThePackage() async throws {
            try await ThrowawayFolder.use { empty in
                var options = LocalCluster.Options(.throwaway())
                options.binaryFolders = [empty]
                for message in [
                    try await refusal(.missingBinary) { try await LocalCluster.runPostgres(options) { _ in } },
                    try await refusal(.missingBinary) { try await LocalCluster.runRedis(options) { _ in } },
                ] {
                    #expect(message.contains("apt-get install postgresql redis-server"))
                }
            }
        }

        @Test func aTakenPortNamesItsHolder() async throws {
            try await withRedis { holder in
                let process = try #require(await holder.processID)
                var options = LocalCluster.Options(.throwaway())
                options.postgresPort = holder.port
                let message = try await refusal(.portTaken) { try await LocalCluster.runPostgres(options) { _ in } }
                #expect(message.contains("Port \(holder.port)"))
                #expect(message.contains("process \(process) (redis-server)"))
                options = LocalCluster.Options(.throwaway())
                options.redisPort = holder.port
                _ = try await refusal(.portTaken) { try await LocalCluster.runRedis(options) { _ in } }
            }
        }

        @Test func aWishedPortIsUsed() async throws {
            var options = LocalCluster.Options(.throwaway())
            let port = try FreePort.any()
            options.redisPort = port
            try await LocalCluster.runRedis(options) { #expect($0.port == port) }
            try FreePort.check(port, for: "anybody")
        }

        /// One refusal while the other server starts well: that one must not stay.
        @Test func aFailureEndsTheServerThatDidStart() async throws {
            try await ThrowawayFolder.use { parent in
                try await withRedis { holder in
                    var options = LocalCluster.Options(.throwaway(in: parent))
                    options.postgresPort = holder.port
                    _ = try await refusal(.portTaken) { try await LocalCluster.run(options) { _ in } }
                }
                #expect(try contents(parent) == [])
                let survivors = ProcessTable.all().filter { process in
                    ["postgres", "redis-server"].contains(ProcessTable.name(of: process) ?? "")
                        && (arguments(of: process) ?? "").contains(parent.string)
                }
                #expect(survivors == [])
            }
        }

        @Test(.enabled(if: geteuid() == 0, "only root may mount a small disk"), arguments: ["4m", "45m"])
        func aFullDiskIsCalledSo(size: String) async throws {
            try await ThrowawayFolder.use { parent in
                let mount = try await run(
                    .name("mount"),
                    arguments: ["-t", "tmpfs", "-o", "size=\(size),mode=755", "tmpfs", parent.string],
                    output: .string(limit: 4096),
                    error: .combinedWithOutput
                )
                guard mount.terminationStatus.isSuccess else {
                    try Test.cancel("no disk can be mounted here: \(mount.standardOutput)")
                }
                let folder = parent.appending("kept")
                let failure: Result<Void, any Error>
                do {
                    let message = try await refusal(.diskFull) {
                        try await LocalCluster.run(.init(.kept(in: folder))) { servers in
                            // With 45 MB the database can be made; what fills the disk comes later.
                            try await fill(parent)
                            try await servers.postgres.restart()
                        }
                    }
                    #expect(message.contains("is full (no space left on device)"))
                    failure = .success(())
                } catch {
                    failure = .failure(error)
                }
                let unmount = try await run(
                    .name("umount"),
                    arguments: [parent.string],
                    output: .discarded,
                    error: .string(limit: 4096)
                )
                #expect(unmount.terminationStatus.isSuccess, "\(unmount.standardError)")
                try failure.get()
            }
        }

        private func fill(_ folder: FilePath) async throws {
            let result = try await run(
                .name("dd"),
                arguments: ["if=/dev/zero", "of=\(folder.appending("filling"))", "bs=4k"],
                output: .discarded,
                error: .discarded
            )
            #expect(!result.terminationStatus.isSuccess, "the disk was to be full")
        }
    }
}
