internal import Glibc
internal import SystemPackage

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The few things done to files and folders here, each with its owner and mode, each failing in one sentence.
///
/// They wait for a local disk, for less than a millisecond each, and only while servers are being started or ended.
enum Files {
    /// Makes a folder, also its parents, unless it is there, and gives it to `account` with `mode`.
    ///
    /// A link in its place is refused unless `followingLink`: in a folder that an account may write to, the account
    /// could have put one there.
    static func makeFolder(
        _ path: FilePath,
        mode: FilePermissions,
        owner account: ServerAccount?,
        followingLink: Bool = false
    ) throws(LocalClusterError) {
        try self.attempting("created", path) {
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
            var options: FileDescriptor.OpenOptions = [.directory, .closeOnExec]
            if !followingLink { options.insert(.noFollow) }
            let descriptor = try FileDescriptor.open(path, .readOnly, options: options)
            try descriptor.closeAfter {
                try descriptor.give(to: account)
                try descriptor.setMode(mode)
            }
        }
    }

    /// Writes a file anew, with its owner and `mode` from before its first byte on.
    static func write(
        _ text: String,
        to path: FilePath,
        mode: FilePermissions = .ownerReadWrite,
        owner account: ServerAccount?
    ) throws(LocalClusterError) {
        try self.remove(path)
        try self.attempting("written", path) {
            let descriptor = try FileDescriptor.open(
                path,
                .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: mode
            )
            try descriptor.closeAfter {
                try descriptor.give(to: account)
                try descriptor.writeAll(text.utf8)
            }
        }
    }

    /// Opens an empty log, which a server inherits as its standard error.
    static func openLog(_ path: FilePath) throws(LocalClusterError) -> FileDescriptor {
        try self.remove(path)
        return try self.attempting("written", path) {
            try FileDescriptor.open(
                path,
                .writeOnly,
                options: [.create, .exclusiveCreate, .append, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite
            )
        }
    }

    /// The last `limit` bytes of a file as text; `nil` when there is none.
    static func read(_ path: FilePath, last limit: Int = 65536) throws(LocalClusterError) -> String? {
        guard self.exists(path) else { return nil }
        return try self.attempting("read", path) {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            return try descriptor.closeAfter {
                let size = try descriptor.seek(offset: 0, from: .end)
                try descriptor.seek(offset: max(0, size - Int64(limit)), from: .start)
                return try descriptor.readText(limit: limit)
            }
        }
    }

    /// Whether something is there, be it a link that leads nowhere.
    static func exists(_ path: FilePath) -> Bool {
        do throws(Errno) {
            _ = try path.stat(followTargetSymlink: false)
            return true
        } catch {
            return error != .noSuchFileOrDirectory && error != .notDirectory
        }
    }

    /// The names in a folder; none when it cannot be read.
    static func names(in folder: FilePath) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder.string) } catch { return [] }
    }

    /// Where a link leads; `nil` when it is none.
    static func destination(of link: FilePath) -> String? {
        do { return try FileManager.default.destinationOfSymbolicLink(atPath: link.string) } catch { return nil }
    }

    /// Removes a file, or a folder with all that it holds; that there is nothing is fine.
    static func remove(_ path: FilePath) throws(LocalClusterError) {
        guard self.exists(path) else { return }
        try self.attempting("removed", path) { try FileManager.default.removeItem(atPath: path.string) }
    }

    /// Moves a file or folder to a name that is free.
    static func move(_ source: FilePath, to destination: FilePath) throws(LocalClusterError) {
        try self.attempting("moved", source) {
            try FileManager.default.moveItem(atPath: source.string, toPath: destination.string)
        }
    }

    /// Makes a link that leads to `target`, unless there is one.
    static func link(_ path: FilePath, to target: FilePath) throws(LocalClusterError) {
        guard self.destination(of: path) != target.string else { return }
        try self.remove(path)
        try self.attempting("created", path) {
            try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: target.string)
        }
    }

    /// Whether less than one block of PostgreSQL's log segments (8 KiB) is left on the disk that holds `path`.
    static func isDiskFull(at path: FilePath) -> Bool {
        do {
            let attributes = try FileManager.default.attributesOfFileSystem(forPath: path.string)
            guard let free = attributes[.systemFreeSize] as? any BinaryInteger else { return false }
            return UInt64(clamping: free) < 8192
        } catch {
            return false
        }
    }

    /// Does what may fail, and says of a failure what was to be done and where.
    static func attempting<Value>(
        _ deed: String,
        _ path: FilePath,
        _ body: () throws -> Value
    ) throws(LocalClusterError) -> Value {
        do {
            return try body()
        } catch let error as LocalClusterError {
            throw error
        } catch let error as Errno {
            throw LocalClusterError(error, doing: deed, at: path)
        } catch let error as CocoaError where error.code == .fileWriteOutOfSpace {
            throw LocalClusterError(.noSpace, doing: deed, at: path)
        } catch let error as CocoaError where error.code == .fileWriteNoPermission {
            throw LocalClusterError(.permissionDenied, doing: deed, at: path)
        } catch {
            throw LocalClusterError(.folderUnusable, "\(path.shown) cannot be \(deed): \(error).")
        }
    }
}

extension FileDescriptor {
    /// Gives what is open to `account`; `nil` leaves it with its owner.
    func give(to account: ServerAccount?) throws(Errno) {
        guard let account else { return }
        guard fchown(self.rawValue, account.userID, account.groupID) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Sets the permissions of what is open, whatever the umask says.
    func setMode(_ mode: FilePermissions) throws(Errno) {
        guard fchmod(self.rawValue, mode.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Reads until the end, or until there are `limit` bytes.
    func readText(limit: Int) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let count = unsafe try buffer.withUnsafeMutableBytes { unsafe try self.read(into: $0) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
