internal import Glibc
package import SystemPackage

/// The right to run servers in a folder, which one process has at a time (flock(2)).
///
/// The kernel takes it back when this process ends in whatever way, so a lock can never be stale. The file stays behind
/// and says who had it last.
package enum FolderLock {
    /// Runs `body` with the lock of `folder`.
    ///
    /// - Parameters:
    ///   - folder: A folder that exists.
    ///   - body: What needs the folder for itself.
    /// - Returns: What `body` returns.
    /// - Throws: `alreadyRunning` with the process that has the lock; what `body` throws.
    package static func hold<Value>(_ folder: FilePath, _ body: () async throws -> Value) async throws -> Value {
        let lock = try self.take(folder)
        let outcome = await Outcome(body)
        try lock.close()
        return try outcome.get()
    }

    private static func take(_ folder: FilePath) throws(LocalClusterError) -> FileDescriptor {
        let path = folder.appending("lock")
        return try Files.attempting("written", path) {
            let lock = try FileDescriptor.open(
                path,
                .readWrite,
                options: [.create, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite
            )
            do {
                guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                    let reason = Errno(rawValue: errno)
                    throw reason == .wouldBlock ? try self.refusal(folder, by: lock) : reason
                }
                try lock.resize(to: 0)
                try lock.writeAll("\(getpid())\n".utf8)
                return lock
            } catch {
                try lock.close()
                throw error
            }
        }
    }

    private static func refusal(_ folder: FilePath, by lock: FileDescriptor) throws -> any Error {
        let holder = Int32(try lock.readText(limit: 32).filter(\.isNumber)).map { ", started by process \($0)" } ?? ""
        return LocalClusterError(
            .alreadyRunning,
            "Servers already run in \(folder.shown)\(holder): stop them first, or use another folder."
        )
    }
}
