import Exchange
import FoundationEssentials
import JSON
import Registry

/// What somebody wants to have as a file.
struct ExportRequest: Sendable {
    let table: RegistryTable
    /// Only this provider's models, by its slug.
    let provider: String?
    /// Titles or names of the columns that are wanted; nil for the usual ones.
    let columns: [String]?
    /// The state to look at; nil for the latest.
    let point: RevisionPoint?
    let dialect: CSVDialect
    let hasByteOrderMark: Bool

    /// The columns that are wanted.
    fileprivate func chosenColumns(_ names: [String]?) throws(CommandFailure) -> [Column] {
        do throws(CellRefusal) {
            return try SheetExport.columns(named: names, of: self.table)
        } catch {
            throw CommandFailure(error.message)
        }
    }

    /// The rows that are wanted, in the order in which people read them.
    ///
    /// - Parameter store: The registry.
    /// - Returns: The rows and the revision that they are of.
    /// - Throws: `CommandFailure` for a provider that is not there; `PostgresError`.
    func rows(_ store: RegistryStore) async throws -> (rows: [JSONObject], revision: Int64) {
        var parameters: [(name: String, value: String)] = [("sort", self.table.identity.joined(separator: ","))]
        if let provider = self.provider {
            guard let column = self.table.providerColumn else {
                throw CommandFailure("\(self.table.name) have no provider: leave --provider out.")
            }
            let snapshot = try await store.snapshot()
            _ = try ModelsCommand.provider(provider, in: snapshot)
            parameters.append((column, provider))
        }
        var query = try RowQuery(self.table, parameters: parameters)
        query.asOf = self.point
        query.limit = RowEdit.mostAtOnce
        let page = try await store.rows(query)
        guard page.next == nil else {
            throw CommandFailure(
                "there are \(page.total) \(self.table.name), and a file holds at most \(query.limit): export one --provider "
                    + "after the other."
            )
        }
        return (page.rows, page.revision)
    }
}

/// A kind of file that the registry can be written as. Adding one is a value and its line in ``all``.
struct ExportFormat: Sendable {
    /// As `--format` names it.
    let name: String
    /// What it is for, for people.
    let purpose: String
    /// Writes the file.
    let write: @Sendable (ExportRequest, RegistryStore) async throws -> (bytes: [UInt8], summary: String)

    /// Every format, the usual one first.
    static let all: [ExportFormat] = [.csv, .json, .yaml, .catalogue]

    /// The format of a name.
    static func named(_ name: String) -> ExportFormat? {
        let name = name.lowercased() == "yml" ? "yaml" : name.lowercased()
        return self.all.first { $0.name == name }
    }

    private static let csv = ExportFormat(name: "csv", purpose: "for people with a spreadsheet") { request, store in
        let columns = try request.chosenColumns(request.columns)
        let (rows, revision) = try await request.rows(store)
        let export = SheetExport(
            request.table,
            columns: columns,
            dialect: request.dialect,
            hasByteOrderMark: request.hasByteOrderMark
        )
        return (try await export.csv(rows), "\(rows.count) \(request.table.name) at revision \(revision)")
    }

    private static let json = ExportFormat(
        name: "json",
        purpose: "for programs: the rows as the registry API gives them"
    ) { request, store in
        let columns = try request.columns.map { try request.chosenColumns($0) }
        let (rows, revision) = try await request.rows(store)
        let shown = rows.map { row -> JSONValue in
            guard let columns else { return .object(row) }
            return .object(JSONObject(columns.map { ($0.name, row[$0.name] ?? .null) }))
        }
        let document: JSONValue = [
            "table": .string(request.table.name), "revision": JSONValue(revision), "data": .array(shown),
        ]
        return (
            Array((document.serializedString(.pretty) + "\n").utf8),
            "\(rows.count) \(request.table.name) at revision \(revision)"
        )
    }
}

extension RegistryTable {
    /// The column that says whose a row is.
    fileprivate var providerColumn: String? {
        switch self {
        case .models: "provider"
        case .providers: "slug"
        default: nil
        }
    }
}
