internal import Subprocess
internal import SystemPackage

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A folder that goes when this process goes, even by SIGKILL: a janitor removes it (see ``Supervisor/janitor``).
///
/// Whoever makes one calls ``remove()``, after its servers have been stopped.
actor ThrowawayFolder {
    nonisolated let path: FilePath
    private let lifeline: Lifeline
    private let ended: Task<Void, any Error>

    /// Makes a folder below `parent`, `nil` for where temporary files go, and sets the janitor to watch it.
    init(in parent: FilePath?, account: ServerAccount?) async throws {
        let parent = parent ?? FilePath(FileManager.default.temporaryDirectory.path)
        var path = parent.absolute.appending("roster-\(String(UInt64.random(in: 0 ... .max), radix: 36))")
        let mode: FilePermissions =
            account == nil ? .ownerReadWriteExecute : [.ownerReadWriteExecute, .groupExecute, .otherExecute]
        try Files.makeFolder(path, mode: mode, owner: nil)
        if let account, try await !ClusterFolder.canEnter(path, account), let name = path.lastComponent {
            try Files.remove(path)
            path = FilePath("/tmp").appending(name)
            try Files.makeFolder(path, mode: mode, owner: nil)
        }
        self.path = path
        let lifeline = try Lifeline()
        let remoteEnd = lifeline.remoteEnd
        self.lifeline = lifeline
        let folder = path.string
        self.ended = Task {
            _ = try await Subprocess.run(
                .path("/bin/sh"),
                arguments: ["-c", Supervisor.janitor, "janitor", folder, "\(folder)/postgres/data/postmaster.pid"],
                environment: .server,
                workingDirectory: "/",
                platformOptions: .server(as: nil),
                input: .fileDescriptor(remoteEnd, closeAfterSpawningProcess: true),
                output: .discarded
            )
        }
    }

    /// Removes the folder; returns when it is gone.
    func remove() async throws {
        self.lifeline.cut()
        try await self.ended.value
    }
}
