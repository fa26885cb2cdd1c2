import JSON
package import Registry

extension Catalogue {
    /// What edits would make of rows, as a catalogue of these rows and cells only: the way in which other kinds of files
    /// (`models.yaml`, CSV) are planned.
    ///
    /// - Parameters:
    ///   - edits: Edits that make and change rows.
    ///   - contents: The registry that the edits are for.
    ///   - source: What they come from, for people.
    package init(_ edits: [RowEdit], for contents: RegistryContents, source: String) {
        var rows: [String: [JSONObject]] = [:]
        for table in Self.tables {
            let present = Dictionary(
                contents.rows(of: table).compactMap { row in row["id"]?.int64Value.map { ($0, row) } },
                uniquingKeysWith: { first, _ in first }
            )
            for edit in edits where edit.table == table {
                var row = edit.set
                if let id = edit.id {
                    guard let before = present[id] else { continue }
                    for column in table.identity where row[column] == nil { row[column] = before[column] }
                }
                rows[table.name, default: []].append(row)
            }
        }
        self.init(source: source, revision: nil, rows: rows)
    }
}
