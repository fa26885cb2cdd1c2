import FoundationEssentials
package import JSON
package import Registry

/// The rows of a registry as a file that another registry can be brought up to: what promotion carries from one to the next.
///
/// Rows are named as people name them (a model by provider and API name), never by number. What a row does not mention is
/// not compared; null is an empty cell. A model's `pinned` says which of its cells a person has set. Its `metadata` is there
/// only if a person has set it: the rest of it follows from what the provider says.
package struct Catalogue: Sendable {
    /// What the file calls itself.
    package static let format = "roster-catalogue"
    /// The version of the file's shape that this program writes, and the latest that it reads.
    package static let version: Int64 = 1
    /// The tables that it has, in the order in which they depend on each other. Settings are of one installation.
    package static let tables: [RegistryTable] = [.providers, .models, .routes]

    /// What it was made from, for people: `catalogue.json (revision 41)`.
    package let source: String
    /// The revision that it shows; nil where that means nothing.
    package let revision: Int64?
    /// The rows of each table that it has, in the order of their names.
    package let rows: [String: [JSONObject]]

    /// Puts rows together.
    ///
    /// - Parameters:
    ///   - source: What they were made from, for people.
    ///   - revision: The revision that they are of.
    ///   - rows: The rows of each table, each row with the columns that name it.
    package init(source: String, revision: Int64?, rows: [String: [JSONObject]]) {
        self.source = source
        self.revision = revision
        self.rows = rows
    }

    /// Takes the rows of a registry.
    ///
    /// - Parameters:
    ///   - contents: The registry.
    ///   - source: What it is called, for people.
    package init(_ contents: RegistryContents, source: String) {
        var rows: [String: [JSONObject]] = [:]
        for table in Self.tables {
            rows[table.name] = contents.rows(of: table).map { Self.portable($0, of: table) }
                .sorted { NaturalOrder.precedes(RowName.of($0, in: table), RowName.of($1, in: table)) }
        }
        self.init(source: "\(source) (revision \(contents.revision))", revision: contents.revision, rows: rows)
    }

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - bytes: The JSON text.
    ///   - name: What the file is called, for people.
    /// - Throws: ``CatalogueError``.
    package init(parsing bytes: [UInt8], named name: String) throws(CatalogueError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes, limits: Self.limits)
        } catch {
            throw CatalogueError("\(name) is no catalogue: \(error)")
        }
        try self.init(document, named: name)
    }

    /// Reads a document; see ``init(parsing:named:)``.
    ///
    /// - Parameters:
    ///   - document: The document.
    ///   - name: What it is called, for people.
    /// - Throws: ``CatalogueError``.
    package init(_ document: JSONValue, named name: String) throws(CatalogueError) {
        guard document["format"]?.stringValue == Self.format, let version = document["version"]?.int64Value,
            let tables = document["tables"]?.objectValue
        else {
            throw CatalogueError(
                "\(name) is no catalogue: it must be an object with “format”: “\(Self.format)”, “version” and “tables”, as "
                    + "roster export --format catalogue writes it"
            )
        }
        guard version <= Self.version, version >= 1 else {
            throw CatalogueError(
                "\(name) is a catalogue of version \(version), and this roster reads version \(Self.version): use a newer roster"
            )
        }
        var rows: [String: [JSONObject]] = [:]
        for (tableName, value) in tables {
            guard let table = Self.tables.first(where: { $0.name == tableName }) else {
                throw CatalogueError("\(name) has a table “\(tableName)”; a catalogue has providers, models and routes")
            }
            guard let elements = value.arrayValue else {
                throw CatalogueError("\(name): “\(tableName)” must be an array of rows, and it is \(value.kind)")
            }
            rows[tableName] = try Self.read(elements, of: table, in: name)
        }
        let revision = document["revision"]?.int64Value
        self.init(
            source: "\(name)\(revision.map { " (revision \($0))" } ?? "")",
            revision: revision,
            rows: rows
        )
    }

    private static let limits = JSONLimits(bytes: 512 << 20, values: 20_000_000)

    /// The document.
    package var json: JSONValue {
        [
            "format": .string(Self.format),
            "version": JSONValue(Self.version),
            "revision": JSONValue(self.revision),
            "tables": .object(
                JSONObject(
                    Self.tables.compactMap { table in
                        self.rows[table.name].map { (table.name, .array($0.map { .object($0) })) }
                    }
                )
            ),
        ]
    }

    /// How many rows it has.
    package var count: Int { self.rows.values.reduce(0) { $0 + $1.count } }

    private static func read(
        _ elements: [JSONValue],
        of table: RegistryTable,
        in name: String
    ) throws(CatalogueError) -> [JSONObject] {
        var rows: [JSONObject] = []
        var names: Set<String> = []
        for (number, element) in elements.enumerated() {
            guard let row = element.objectValue, table.identity.allSatisfy({ row[$0]?.stringValue?.isEmpty == false })
            else {
                throw CatalogueError(
                    "\(name): row \(number + 1) of \(table.name) does not say which \(table.noun) it is: "
                        + table.identity.joined(separator: " and ")
                )
            }
            let rowName = RowName.of(row, in: table)
            guard names.insert(rowName).inserted else {
                throw CatalogueError("\(name): the \(table.noun) \(rowName) is there twice")
            }
            var read: JSONObject = [:]
            for (columnName, value) in row {
                guard columnName != "pinned" || table != .models else {
                    read["pinned"] = try self.pinned(value, rowName, name)
                    continue
                }
                guard let column = table.column(columnName) else {
                    throw CatalogueError(
                        "\(name): the \(table.noun) \(rowName) has a column “\(columnName)”, which there is not"
                    )
                }
                // What the database keeps of its own rows means nothing to another one.
                guard column.access != .readOnly else { continue }
                do throws(CellProblem) {
                    read[columnName] = try column.read(value)
                } catch {
                    throw CatalogueError("\(name): the \(table.noun) \(rowName): \(error.message)")
                }
            }
            rows.append(read)
        }
        return rows
    }

    private static func pinned(_ value: JSONValue, _ row: String, _ name: String) throws(CatalogueError) -> JSONValue {
        let names = value.arrayValue?.compactMap(\.stringValue) ?? []
        let discoverable = RegistryTable.models.discoverable.map(\.name)
        guard value.arrayValue?.count == names.count, names.allSatisfy({ discoverable.contains($0) }) else {
            throw CatalogueError("\(name): “pinned” of \(row) must be a list of columns that a refresh fills")
        }
        return value
    }

    /// A row without what only its own database can make anything of.
    private static func portable(_ row: JSONObject, of table: RegistryTable) -> JSONObject {
        let pinned = row["pinned"]?.arrayValue ?? []
        var portable = JSONObject(
            table.columns.filter { $0.access != .readOnly }.compactMap { column in
                guard column.name != "metadata" || pinned.contains("metadata") else { return nil }
                return (column.name, row[column.name] ?? .null)
            }
        )
        if table == .models { portable["pinned"] = .array(pinned) }
        return portable
    }
}

/// Why a file is no catalogue, in a sentence.
package struct CatalogueError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// What people call a row.
enum RowName {
    /// `openai/gpt-4o`, `openai`, `cost_optimized`.
    static func of(_ row: JSONObject, in table: RegistryTable) -> String {
        table.identity.map { row[$0]?.stringValue ?? "" }.joined(separator: "/")
    }
}
