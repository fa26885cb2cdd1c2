internal import Subprocess
internal import SystemPackage

/// Where the servers of a kept cluster live.
///
/// Usually that is the folder itself. Root's servers run as another account, which may be unable to reach it, as below
/// `/root` or a home of mode 0700: then they live in `/var/lib/roster`, and a link in the folder leads there.
enum ClusterFolder {
    /// Makes `folder` and returns the place for the servers in it.
    static func prepare(
        _ folder: FilePath,
        account: ServerAccount?,
        progress: @Sendable (LocalCluster.Progress) -> Void
    ) async throws -> FilePath {
        guard let account else {
            try Files.makeFolder(folder, mode: .ownerReadWriteExecute, owner: nil, followingLink: true)
            return folder
        }
        // The account passes through without being able to list.
        try Files.makeFolder(
            folder,
            mode: [.ownerReadWriteExecute, .groupExecute, .otherExecute],
            owner: nil,
            followingLink: true
        )
        guard try await !self.canEnter(folder, account) else { return folder }
        let name = (folder.absolute.lastComponent?.string ?? "").drop { $0 == "." }
        let place = FilePath("/var/lib/roster/\(name)-\(String(self.hash(of: folder.absolute.string), radix: 16))")
        try Files.makeFolder(place, mode: [.ownerReadWriteExecute, .groupExecute, .otherExecute], owner: nil)
        guard try await self.canEnter(place, account) else {
            throw LocalClusterError(
                .folderUnusable,
                """
                Servers started by root run as \(account.name), who can enter neither \(folder.shown) nor \
                \(place.string): use a folder that \(account.name) can reach.
                """
            )
        }
        try Files.link(folder.appending("servers"), to: place)
        progress(.dataElsewhere(place.string, account: account.name))
        return place
    }

    /// Whether the account can reach a folder, asked of the kernel: access lists and mounts have their say too.
    static func canEnter(_ folder: FilePath, _ account: ServerAccount) async throws -> Bool {
        let result = try await Subprocess.run(
            .server("/bin/sh", ["-c", "cd \"$1\"", "sh", folder.absolute.string], as: account, in: "/"),
            output: .discarded
        )
        return result.terminationStatus.isSuccess
    }

    /// FNV-1a, 64 bits: the same folder gets the same place at every start.
    private static func hash(of text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
