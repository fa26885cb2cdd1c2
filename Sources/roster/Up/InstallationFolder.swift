import FoundationEssentials
import LocalCluster
import SystemPackage

/// The folder of an installation.
enum InstallationFolder {
    /// What this program puts into it; nothing else is ever removed.
    private static let contents = ["postgres", "redis", "connection.json"]

    /// Removes what earlier starts left, unless somebody uses it.
    ///
    /// - Parameter folder: The folder; that there is none is fine.
    /// - Throws: `LocalClusterError` if it is in use, `CommandFailure` if something cannot be removed.
    static func empty(_ folder: FilePath) async throws {
        guard FileManager.default.fileExists(atPath: folder.string) else { return }
        try await FolderLock.hold(folder) {
            // Root's servers may live elsewhere, where this link leads.
            for place in [folder.appending("servers"), folder] {
                for name in Self.contents {
                    let path = place.appending(name)
                    guard FileManager.default.fileExists(atPath: path.string) else { continue }
                    do {
                        try FileManager.default.removeItem(atPath: path.string)
                    } catch {
                        throw CommandFailure("\(path) cannot be removed: \(error).")
                    }
                }
            }
        }
    }
}
