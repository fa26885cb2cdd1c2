internal import Subprocess
package import SystemPackage

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A folder that goes when this process goes, even by SIGKILL: a janitor process removes it.
package enum ThrowawayFolder {
    /// Runs `body` with a new folder, and removes the folder afterwards with all that it holds.
    ///
    /// When root makes it, the account that servers run as can enter it.
    ///
    /// - Parameters:
    ///   - parent: Where to make it; `nil` for where temporary files go.
    ///   - body: Works with the folder, given as an absolute path.
    /// - Returns: What `body` returns.
    /// - Throws: ``LocalClusterError`` when the folder cannot be made; what `body` throws.
    package static func use<Value>(
        in parent: FilePath? = nil,
        _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        try await self.use(in: parent, for: ServerAccount.current(), body)
    }

    /// The same with a folder that `account` can reach, in `/tmp` if it cannot reach `parent`.
    static func use<Value>(
        in parent: FilePath?,
        for account: ServerAccount?,
        _ body: (FilePath) async throws -> Value
    ) async throws -> Value {
        let folder = try await self.make(in: parent, for: account)
        let lifeline = try Lifeline()
        let remoteEnd = lifeline.remoteEnd
        // Not a child task: the folder stays while `body` winds up after a cancellation.
        let janitor = Task { try await self.runJanitor(of: folder, remoteEnd) }
        let outcome = await Outcome { try await body(folder) }
        lifeline.cut()
        try await janitor.value
        return try outcome.get()
    }

    private static func make(in parent: FilePath?, for account: ServerAccount?) async throws -> FilePath {
        let parent = (parent ?? FilePath(FileManager.default.temporaryDirectory.path)).absolute
        let name = "roster-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        guard let account else {
            try Files.makeFolder(parent.appending(name), mode: .ownerReadWriteExecute, owner: nil)
            return parent.appending(name)
        }
        for parent in [parent, "/tmp"] {
            let folder = parent.appending(name)
            try Files.makeFolder(folder, mode: [.ownerReadWriteExecute, .groupExecute, .otherExecute], owner: nil)
            if try await ClusterFolder.canEnter(folder, account) { return folder }
            try Files.remove(folder)
        }
        throw LocalClusterError(
            .folderUnusable,
            "Servers started by root run as \(account.name), who can enter neither \(parent) nor /tmp: set TMPDIR."
        )
    }

    private static func runJanitor(of folder: FilePath, _ lifeline: FileDescriptor) async throws {
        _ = try await Subprocess.run(
            .server(
                "/bin/sh",
                [
                    "-c", Supervisor.janitor, "janitor", folder.string,
                    folder.appending("postgres/data/postmaster.pid").string,
                ],
                as: nil,
                in: "/"
            ),
            input: .fileDescriptor(lifeline, closeAfterSpawningProcess: true),
            output: .discarded
        )
    }
}
