internal import Glibc
internal import SystemPackage

/// The account that servers run as when root starts them: PostgreSQL refuses to run as root.
struct ServerAccount: Sendable, Equatable {
    let name: String
    let userID: UInt32
    let groupID: UInt32

    /// The account for servers of this process: `nil`, its own, unless it is root.
    ///
    /// Accounts of packages stand in `/etc/passwd` itself, so that no directory service is asked, which could wait.
    static func current() throws(LocalClusterError) -> ServerAccount? {
        guard geteuid() == 0 else { return nil }
        let lines = try (Files.read("/etc/passwd", last: 1 << 20) ?? "").split(separator: "\n")
        for name in ["postgres", "nobody"] {
            for line in lines {
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                guard fields.count >= 4, fields[0] == name, let user = UInt32(fields[2]), let group = UInt32(fields[3]),
                    user != 0
                else { continue }
                return ServerAccount(name: name, userID: user, groupID: group)
            }
        }
        throw LocalClusterError(
            .accountMissing,
            "PostgreSQL refuses to run as root, and there is no account postgres or nobody: start as another user."
        )
    }
}
