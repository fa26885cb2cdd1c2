import Exchange
import FoundationEssentials
import JSON
import Logging
import Registry
import RosterServer
import Secrets
import SystemPackage

/// Where a plan takes its catalogue from.
struct PlanSource: Sendable {
    let settings: Settings
    let logger: Logger
    let folder: FilePath

    /// The longest file or answer, in bytes.
    private static let limit = 512 << 20

    /// Another registry, by its database.
    func database(_ url: String) async throws -> Catalogue {
        let settings = try self.settings.replacing(["database-url": url], by: "--from-database")
        let contents = try await RegistrySession.run(settings, logger: self.logger) { session in
            try await session.store.contents(of: Catalogue.tables)
        }
        // An address may hold a password; the plan is kept and shown.
        return Catalogue(contents, source: "another database")
    }

    /// Another registry, by a replica of it.
    func replica(_ url: String, key: Secret) async throws -> Catalogue {
        let address = url.hasSuffix("/") ? String(url.dropLast()) : url
        let path = "\(address)/api/v1/registry/catalogue"
        let answer = try await ReplicaQuestion.run(self.settings, logger: self.logger) { question in
            try await question.ask(path, key: key, limit: Self.limit, patience: .seconds(60))
        }
        guard answer.status == 200 else {
            let reason = answer.json["error"]?["message"]?.stringValue ?? "status \(answer.status)"
            throw CommandFailure("\(path): \(reason)")
        }
        return try Catalogue(answer.json, named: address)
    }

    /// A file: JSON by its content, else by its name.
    func file(_ name: String, of table: RegistryTable, for contents: RegistryContents) async throws -> Catalogue {
        let path = self.folder.pushing(FilePath(name))
        guard let bytes = try FileReplacement(path, makingFolders: false).read(limit: Self.limit) else {
            throw CommandFailure("there is no file \(name).")
        }
        switch path.extension?.lowercased() {
        case "yaml", "yml":
            do {
                let file = try ModelsFile(parsing: bytes)
                return Catalogue(try file.importing(into: contents).edits, for: contents, source: name)
            } catch let error as YAMLError {
                throw CommandFailure("\(name): \(error).")
            } catch let error as ModelsFileError {
                throw CommandFailure(error.problems.map { "\(name): \($0)." }.joined(separator: "\n"))
            }
        case "csv", "tsv", "txt":
            let sheet = try await Sheet(csv: bytes, of: table)
            let preview = try await RegistrySession.run(self.settings, logger: self.logger) { session in
                try await SheetImport(store: session.store).preview(sheet, as: .commandLine("roster plan \(name)"))
            }
            guard preview.errors.isEmpty else {
                throw CommandFailure(
                    preview.errors.map { "\(name), \($0.location): \($0.message)" }.joined(separator: "\n")
                )
            }
            guard preview.revision == contents.revision else {
                throw CommandFailure("the registry was changed while \(name) was compared with it. Try again.")
            }
            return Catalogue(preview.edits, for: contents, source: name)
        default:
            return try Catalogue(parsing: bytes, named: name)
        }
    }
}
