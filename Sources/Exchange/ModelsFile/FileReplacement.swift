import FoundationEssentials
import Glibc
package import SystemPackage

/// Replaces a file with a new content, whole or not at all, also if the process is killed or the power goes.
///
/// The new content is written beside the file and takes its name in one step. Several at once take turns, by a lock on the
/// folder that the system takes back when a process ends. Whoever read the file before finds out if somebody else has
/// written it since, and decides anew.
package struct FileReplacement: Sendable {
    /// What may go wrong, in a sentence.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String

        init(_ description: String) {
            self.description = description
        }

        init(_ deed: String, _ path: FilePath, _ error: Errno) {
            self.init("\(path) cannot be \(deed): \(error.description)")
        }
    }

    /// The file itself, where the path is a link.
    private let file: FilePath
    private let folder: FilePath

    /// What names of files that are being written begin with, before the file's own name and a number.
    private static let prefix = ".roster-new-"

    /// Names the file.
    ///
    /// - Parameters:
    ///   - path: The file, or a link to it.
    ///   - makingFolders: Whether to make the folders that lead to it, where they are missing.
    /// - Throws: ``Failure``.
    package init(_ path: FilePath, makingFolders: Bool = true) throws(Failure) {
        var file = path
        // A link stays a link; what it leads to is replaced. Forty links in a row are a circle, as the kernel counts.
        for _ in 0..<40 {
            let target: String
            do { target = try FileManager.default.destinationOfSymbolicLink(atPath: file.string) } catch { break }
            file = file.removingLastComponent().pushing(FilePath(target))
        }
        let folder = file.removingLastComponent()
        self.file = file
        self.folder = folder.isEmpty ? "." : folder
        guard makingFolders else { return }
        do {
            try FileManager.default.createDirectory(atPath: self.folder.string, withIntermediateDirectories: true)
        } catch {
            throw Failure("the folder \(self.folder) cannot be made: \(error)")
        }
    }

    /// The content as it is now.
    ///
    /// - Parameter limit: The longest content that is read, in bytes.
    /// - Returns: The bytes; nil if there is no such file.
    /// - Throws: ``Failure``.
    package func read(limit: Int) throws(Failure) -> [UInt8]? {
        let bytes = try self.beginning(limit + 1)
        guard bytes?.count ?? 0 <= limit else { throw Failure("\(self.file) is longer than \(limit) bytes") }
        return bytes
    }

    /// Puts a new content in the place of the file, if it still has the content that the new one was made from.
    ///
    /// - Parameters:
    ///   - bytes: The new content.
    ///   - before: What ``read(limit:)`` gave.
    ///   - patience: How long to wait while others replace files in the folder.
    /// - Returns: Whether it was done; false if the file is not as it was before, which is left as it is.
    /// - Throws: ``Failure``; `CancellationError`.
    package func replace(
        with bytes: [UInt8],
        ifStill before: [UInt8]?,
        patience: Duration = .seconds(30)
    ) async throws -> Bool {
        let lock = try await self.lock(patience)
        defer { lock?.closeQuietly() }
        // Whoever was killed while writing has left something behind, and nobody else is writing now.
        if lock != nil { try self.removeLeftovers() }
        guard try self.beginning((before?.count ?? 0) + 1) == before else { return false }
        let new = self.folder.appending(
            "\(Self.prefix)\(self.name)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        )
        do {
            try self.write(bytes, to: new)
            guard unsafe rename(new.string, self.file.string) == 0 else {
                throw Failure("replaced", self.file, Errno(rawValue: errno))
            }
        } catch {
            // Nothing has happened to the file; that the attempt cannot be cleared away is not worth another word.
            _ = unsafe unlink(new.string)
            throw error
        }
        try self.synchroniseFolder()
        return true
    }

    private var name: String { self.file.lastComponent?.string ?? "" }

    /// The first bytes of the file, all of them if there are fewer; nil if there is no such file.
    private func beginning(_ most: Int) throws(Failure) -> [UInt8]? {
        let descriptor: FileDescriptor
        do throws(Errno) {
            descriptor = try FileDescriptor.opening(self.file, .readOnly, [.closeOnExec])
        } catch {
            if error == .noSuchFileOrDirectory { return nil }
            throw Failure("read", self.file, error)
        }
        defer { descriptor.closeQuietly() }
        do {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while bytes.count < most {
                let count = unsafe try buffer.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) }
                guard count > 0 else { break }
                bytes += buffer[..<min(count, most - bytes.count)]
            }
            return bytes
        } catch let error as Errno {
            throw Failure("read", self.file, error)
        } catch {
            throw Failure("\(self.file) cannot be read: \(error)")
        }
    }

    /// Waits until nobody else replaces a file in this folder; nil where the file system knows no locks.
    private func lock(_ patience: Duration) async throws -> FileDescriptor? {
        let descriptor: FileDescriptor
        do throws(Errno) {
            descriptor = try FileDescriptor.opening(self.folder, .readOnly, [.directory, .closeOnExec])
        } catch {
            throw Failure("opened", self.folder, error)
        }
        let deadline = ContinuousClock.now + patience
        while flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let error = Errno(rawValue: errno)
            do {
                switch error {
                case .wouldBlock, .resourceTemporarilyUnavailable, .interrupted:
                    guard ContinuousClock.now < deadline else {
                        throw Failure("somebody else has been writing in \(self.folder) for \(patience)")
                    }
                    try await Task.sleep(for: .milliseconds(5))
                case .badFileDescriptor, .noLocks, .notSupported, .invalidArgument:
                    // Some network file systems. A file is still whole there; whoever is last wins.
                    descriptor.closeQuietly()
                    return nil
                default:
                    throw Failure("locked", self.folder, error)
                }
            } catch {
                descriptor.closeQuietly()
                throw error
            }
        }
        return descriptor
    }

    private func removeLeftovers() throws(Failure) {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: self.folder.string)
        } catch {
            throw Failure("the folder \(self.folder) cannot be read: \(error)")
        }
        for name in names where name.hasPrefix("\(Self.prefix)\(self.name)-") {
            let path = self.folder.appending(name)
            guard unsafe unlink(path.string) != 0, Errno(rawValue: errno) != .noSuchFileOrDirectory else { continue }
            throw Failure("removed", path, Errno(rawValue: errno))
        }
    }

    /// Writes a file that is not there yet, with the permissions and the owner of the one it is to replace.
    private func write(_ bytes: [UInt8], to path: FilePath) throws {
        do {
            let descriptor = try FileDescriptor.open(
                path,
                .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead]
            )
            try descriptor.closeAfter {
                var status = stat()
                if unsafe stat(self.file.string, &status) == 0 {
                    // Only the superuser may give files away; for anybody else the owner is who writes.
                    _ = fchown(descriptor.rawValue, status.st_uid, status.st_gid)
                    guard fchmod(descriptor.rawValue, status.st_mode & 0o7777) == 0 else {
                        throw Errno(rawValue: errno)
                    }
                }
                try descriptor.writeAll(bytes)
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
        } catch let error as Errno {
            throw Failure("written", path, error)
        }
    }

    /// Makes the new name outlive a loss of power.
    private func synchroniseFolder() throws(Failure) {
        do throws(Errno) {
            let descriptor = try FileDescriptor.opening(self.folder, .readOnly, [.directory, .closeOnExec])
            defer { descriptor.closeQuietly() }
            guard fsync(descriptor.rawValue) == 0 || errno == EINVAL else { throw Errno(rawValue: errno) }
        } catch {
            throw Failure("written out", self.folder, error)
        }
    }
}

extension FileDescriptor {
    fileprivate static func opening(
        _ path: FilePath,
        _ mode: AccessMode,
        _ options: OpenOptions
    ) throws(Errno) -> FileDescriptor {
        do {
            return try FileDescriptor.open(path, mode, options: options)
        } catch let error as Errno {
            throw error
        } catch {
            // `open` throws nothing else.
            throw Errno.ioError
        }
    }

    /// Closes what was only read or locked, so that there is nothing to be lost.
    fileprivate func closeQuietly() {
        _ = Glibc.close(self.rawValue)
    }
}
