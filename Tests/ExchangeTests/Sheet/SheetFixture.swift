import JSON
import Postgres
import Registry

@testable import Exchange

/// A small catalogue, exported and imported as a person with a spreadsheet would.
struct SheetFixture: Sendable {
    let store: RegistryStore
    let client: PostgresClient

    static let anna = Authorship(actor: "anna", reason: "price list")
    static let bo = Authorship(actor: "bo", reason: "call with the provider")

    /// Runs a test on a catalogue of two providers, three models and a route.
    static func with(_ body: @escaping @Sendable (SheetFixture) async throws -> Void) async throws {
        try await MigratedDatabase.with { store, client in
            _ = try await client.query(
                "INSERT INTO providers (id, slug, name) VALUES (1, 'openai', 'OpenAI'), (2, 'acme', 'Acme')"
            )
            _ = try await client.query(
                """
                INSERT INTO models (id, provider_id, provider_model_id, model_name, pricing_prompt, pricing_completion,
                    context_length, supports_tools, tags, notes, deprecation_date)
                VALUES
                    (10, 1, 'gpt-4o', 'GPT-4o', 0.0000025, 0.00001, 128000, true, '{fast,"a;b"}', E'two\\r\\nlines', NULL),
                    (11, 1, 'gpt-4o-mini', '=HYPERLINK("http://x")', 0.00000015, NULL, 128000, NULL, '{}', '', '2026-11-21'),
                    (12, 2, 'large', 'Größe, „groß“', 0.030000000000000002, 0.000001234, NULL, false, '{}', NULL, NULL)
                """
            )
            _ = try await client.query("INSERT INTO routes (id, name) VALUES (5, 'default')")
            _ = try await client.query(
                "INSERT INTO route_members (route_id, position, model) VALUES (5, 1, 'openai/gpt-4o'), (5, 2, 'acme/large')"
            )
            try await body(SheetFixture(store: store, client: client))
        }
    }

    var importer: SheetImport { SheetImport(store: self.store) }

    func export(
        _ table: RegistryTable = .models,
        columns: [String]? = nil,
        dialect: CSVDialect = CSVDialect(),
        hasByteOrderMark: Bool = false
    ) async throws -> [UInt8] {
        let content = try await self.store.content(of: table)
        return try await SheetExport(
            table,
            columns: SheetExport.columns(named: columns, of: table),
            dialect: dialect,
            hasByteOrderMark: hasByteOrderMark
        ).csv(content.rows)
    }

    func preview(_ text: String, of table: RegistryTable = .models) async throws -> ImportPreview {
        try await self.importer.preview(try await Sheet(csv: Array(text.utf8), of: table), as: Self.anna)
    }

    func apply(
        _ text: String,
        of table: RegistryTable = .models,
        seen: String? = nil,
        as author: Authorship = Self.anna
    ) async throws -> SheetImport.Outcome {
        try await self.importer.apply(try await Sheet(csv: Array(text.utf8), of: table), seen: seen, as: author)
    }

    func model(_ id: Int64) async throws -> JSONObject {
        try await self.store.content(of: .models).rows.first { $0["id"]?.int64Value == id } ?? [:]
    }

    var revision: Int64 {
        get async throws { try await self.store.position().revision }
    }
}

/// A file as rows of cells, to be changed as a person would.
struct Cells {
    var rows: [[String]]
    let dialect: CSVDialect

    init(_ bytes: [UInt8]) throws {
        var reader = try CSVReader(bytes)
        self.dialect = reader.dialect
        self.rows = []
        while let row = try reader.next() { self.rows.append(row.cells) }
    }

    func place(_ heading: String) -> Int { self.rows[0].firstIndex { $0.hasPrefix(heading) } ?? 0 }

    /// The cell of a column in the row of a model.
    subscript(_ id: Int, _ heading: String) -> String {
        get { self.rows.first { $0[0] == String(id) }?[self.place(heading)] ?? "" }
        set {
            let place = self.place(heading)
            for index in self.rows.indices where self.rows[index][0] == String(id) {
                self.rows[index][place] = newValue
            }
        }
    }

    var text: String {
        var writer = CSVWriter(separator: self.dialect.separator)
        for row in self.rows { writer.add(row) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension ImportPreview {
    /// Each changed cell: `row column: old -> new`.
    var summary: [String] {
        let format = CellFormat(self.table)
        return self.rows.flatMap { row in
            row.cells.map { cell in
                "\(row.number) \(cell.column.name): \(format.text(cell.old, of: cell.column)) -> "
                    + format.text(cell.new, of: cell.column)
            }
        }
    }
}
