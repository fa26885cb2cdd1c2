package import Registry
import SystemPackage

/// Brings a `models.yaml` on disk up to the registry: what people wrote in it stays, and whoever reads it meanwhile finds
/// the old file or the new one.
///
/// A value; it may be used from any task. Reading and writing the file block for as long as a local disk takes.
package struct ModelsFileUpdate: Sendable {
    /// What an update did, or would have done.
    package struct Outcome: Sendable {
        /// What is different.
        package let changes: ModelsFile.Changes
        /// Whether there was no such file.
        package let isNew: Bool
        /// Whether the file was written; false for a dry run, and where it is as it should be.
        package let isWritten: Bool
        /// How many models the file has now, or would have.
        package let modelCount: Int
        /// The revision of the registry that it shows.
        package let revision: Int64
    }

    /// Somebody else writes the file faster than it can be brought up to the registry.
    package struct KeepsChanging: Error, CustomStringConvertible {
        let path: String

        package var description: String {
            "\(self.path) was changed by somebody else each time it was to be written; it is as they left it"
        }
    }

    /// Where the file is, unless somebody says.
    package static let usualPath = "config/models.yaml"

    /// How often the file is read anew because somebody else has written it.
    private static let attempts = 10

    private let contents: RegistryContents

    /// - Parameter contents: The registry, as the file shall show it.
    package init(contents: RegistryContents) {
        self.contents = contents
    }

    /// Reads the registry that a file shall show.
    ///
    /// - Parameter store: The registry.
    /// - Throws: `PostgresError`.
    package init(reading store: RegistryStore) async throws {
        self.init(contents: try await store.contents(of: [.providers, .models, .routes]))
    }

    /// Updates the file.
    ///
    /// - Parameters:
    ///   - path: The file; it and its folder are made if they are missing.
    ///   - isDryRun: Whether to find out what would change, and change nothing.
    /// - Returns: What changed.
    /// - Throws: ``YAMLError`` or ``ModelsFileError`` where the file is not what it must be, with the place; then it is as
    ///   it was. `FileReplacement.Failure`, ``KeepsChanging``, `CancellationError`.
    package func run(at path: String, isDryRun: Bool = false) async throws -> Outcome {
        for _ in 0..<Self.attempts {
            let replacement = try FileReplacement(FilePath(path), makingFolders: !isDryRun)
            let before = try replacement.read(limit: YAMLLimits().bytes)
            var file = try before.map { try ModelsFile(parsing: $0) } ?? ModelsFile()
            let changes = file.update(from: self.contents)
            let needsWriting = before == nil || !changes.isEmpty
            if !isDryRun, needsWriting {
                guard try await replacement.replace(with: Array(file.text.utf8), ifStill: before) else { continue }
            }
            return Outcome(
                changes: changes,
                isNew: before == nil,
                isWritten: !isDryRun && needsWriting,
                modelCount: file.models.count,
                revision: self.contents.revision
            )
        }
        throw KeepsChanging(path: path)
    }
}
