import FoundationEssentials
import NIOPosix

/// The recorded lists of a folder: one folder per provider, one file per list.
///
/// Only files whose names begin as the provider says (`models-`, `tags-`) are lists; others are left alone.
enum Recordings {
    /// The largest file that is read, in bytes.
    static let largestFile = 64 << 20

    /// The most lists of one provider.
    static let mostFiles = 256

    /// Reads all lists of a folder, on a thread that may wait.
    ///
    /// - Parameter folder: holds one folder per provider.
    /// - Returns: the lists by slug and file name.
    /// - Throws: a ``RecordingError`` for a folder or a file that cannot be used.
    static func read(folder: String) async throws -> [String: [String: ModelList]] {
        try await NIOThreadPool.singleton.runIfActive { try Self.readWaiting(folder) }
    }

    private static func readWaiting(_ folder: String) throws(RecordingError) -> [String: [String: ModelList]] {
        guard Self.isFolder(folder) else {
            throw RecordingError(description: "The folder of recordings “\(folder)” does not exist or is not a folder.")
        }
        var lists: [String: [String: ModelList]] = [:]
        for provider in SimulatedProviders.all {
            guard !provider.recordingPrefixes.isEmpty else { continue }
            let path = "\(folder)/\(provider.slug)"
            guard Self.isFolder(path) else { continue }
            for name in try Self.names(in: path)
            where name.hasSuffix(".json") && provider.recordingPrefixes.contains(where: name.hasPrefix) {
                guard lists[provider.slug, default: [:]].count < Self.mostFiles else {
                    throw RecordingError(description: "“\(path)” holds more than \(Self.mostFiles) lists.")
                }
                lists[provider.slug, default: [:]][name] = try Self.list("\(path)/\(name)", provider)
            }
        }
        guard !lists.isEmpty else {
            let slugs = SimulatedProviders.all.filter { !$0.recordingPrefixes.isEmpty }.map(\.slug).joined(
                separator: ", "
            )
            throw RecordingError(
                description: """
                    The folder “\(folder)” holds no recording. Expected folders named after providers (\(slugs)) with files \
                    such as models-2026-05-15.json (Ollama: tags-….json).
                    """
            )
        }
        return lists
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
    }

    private static func names(in folder: String) throws(RecordingError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        } catch {
            throw RecordingError(description: "“\(folder)” cannot be read: \(error)")
        }
    }

    private static func list(
        _ path: String,
        _ provider: any SimulatedProvider
    ) throws(RecordingError) -> ModelList {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            let size = (attributes[.size] as? Int) ?? 0
            guard size <= Self.largestFile else {
                throw RecordingError(description: "it is larger than \(Self.largestFile >> 20) MiB")
            }
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            return try ModelList(bytes, layouts: provider.layouts)
        } catch {
            throw RecordingError(description: "“\(path)” cannot be used: \(error)")
        }
    }
}

/// A folder of recordings, or a file in it, cannot be used.
package struct RecordingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Names the folder or file, and says what is wrong with it.
    package let description: String
}
