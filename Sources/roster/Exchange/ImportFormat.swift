import ArgumentParser
import Exchange
import JSON
import Registry
import SystemPackage

/// A file that somebody wants to import, and how.
struct ImportRequest: Sendable {
    /// As it was named.
    let name: String
    let bytes: [UInt8]
    let table: RegistryTable
    let separator: CSVDialect.Separator?
    let decimalMark: CSVDialect.DecimalMark?
    /// Whether it shall be done; otherwise only what would be done is said.
    let applies: Bool
    /// What names the preview that was seen; nil for whatever would be done now.
    let preview: String?
    let author: Authorship
    /// Whether programs read the answer.
    let isJSON: Bool
    /// Whether lists are given whole.
    let isWhole: Bool
}

/// A kind of file that can be imported. Adding one is a value and its line in ``all``.
struct ImportFormat: Sendable {
    /// As `--format` names it.
    let name: String
    /// Endings of files' names.
    let endings: [String]
    /// Previews or imports the file, and says what came of it.
    let run: @Sendable (ImportRequest, RegistryStore) async throws -> ExitCode

    /// Every format, the usual one first.
    static let all: [ImportFormat] = [.csv, .yaml]

    /// The format of a name, or of a file's ending.
    static func named(_ name: String) -> ImportFormat? {
        self.all.first { $0.name == name.lowercased() || $0.endings.contains(name.lowercased()) }
    }

    private static let csv = ImportFormat(name: "csv", endings: ["csv", "tsv", "txt"]) { request, store in
        let sheet = try await Sheet(
            csv: request.bytes,
            of: request.table,
            separator: request.separator,
            decimalMark: request.decimalMark
        )
        let importer = SheetImport(store: store)
        let report = ImportReport(request)
        guard request.applies else {
            return report.say(previewed: try await importer.preview(sheet, as: request.author))
        }
        switch try await importer.apply(sheet, seen: request.preview, as: request.author) {
        case .refused(let preview): return report.say(refused: preview)
        case .stale(let preview): return report.say(stale: preview)
        case .applied(let preview, let revision): return report.say(applied: preview, revision: revision)
        }
    }
}
