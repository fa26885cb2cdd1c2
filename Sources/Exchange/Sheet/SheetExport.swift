package import JSON
package import Registry

/// Writes rows of a table as a CSV file for people.
///
/// Every file names its rows (Id and the columns that name a row to a person) and ends with the row revision, which is
/// never empty: Excel drops separators of cells that are empty at the end of rows (Microsoft KB 77295).
package struct SheetExport: Sendable {
    package let table: RegistryTable
    /// In the order in which they are written.
    package let columns: [Column]
    package let dialect: CSVDialect
    /// Whether the file begins with a byte order mark, by which Excel knows that it is UTF-8.
    package let hasByteOrderMark: Bool

    /// - Parameters:
    ///   - table: The table.
    ///   - columns: What ``columns(named:of:)`` gave.
    ///   - dialect: What separates cells and begins decimals.
    ///   - hasByteOrderMark: Whether the file begins with a byte order mark.
    package init(_ table: RegistryTable, columns: [Column], dialect: CSVDialect, hasByteOrderMark: Bool) {
        self.table = table
        self.columns = columns
        self.dialect = dialect
        self.hasByteOrderMark = hasByteOrderMark
    }

    /// The columns of a file.
    ///
    /// - Parameters:
    ///   - names: Titles, headings or names in the database of what is wanted beside the columns that every file has; nil
    ///     for everything but the objects that only discovery reads.
    ///   - table: Whose columns they are.
    /// - Returns: The columns in the order of the table, the row revision last.
    /// - Throws: `CellRefusal` for a name that is none, with the nearest one that is.
    package static func columns(named names: [String]?, of table: RegistryTable) throws(CellRefusal) -> [Column] {
        var wanted: Set<String>
        if let names {
            wanted = []
            for name in names {
                let text = name.trimmed
                // What a price is in does not matter here: files have one unit.
                let titled = table.columns.first { $0.title.lowercased() == text.lowercased() }
                if let titled {
                    wanted.insert(titled.name)
                } else {
                    wanted.insert(try SheetHeading.read(text, of: table).0.name)
                }
            }
        } else {
            wanted = Set(table.columns.filter { $0.type != .json || $0.access != .readOnly }.map(\.name))
        }
        wanted.formUnion(["id"] + table.identity)
        let revision = table.columns.filter { $0.name == "row_revision" }
        return table.columns.filter { wanted.contains($0.name) && $0.name != "row_revision" } + revision
    }

    /// Writes the file.
    ///
    /// - Parameter rows: Rows as the registry gives them out.
    /// - Returns: All its bytes.
    /// - Throws: `CancellationError`.
    package func csv(_ rows: [JSONObject]) async throws -> [UInt8] {
        var writer = CSVWriter(separator: self.dialect.separator, hasByteOrderMark: self.hasByteOrderMark)
        let format = CellFormat(self.table, decimalMark: self.dialect.decimalMark)
        writer.add(self.columns.map(SheetHeading.written))
        for (index, row) in rows.enumerated() {
            if index.isMultiple(of: 250) {
                try Task.checkCancellation()
                await Task.yield()
            }
            writer.add(self.columns.map { format.written(row[$0.name] ?? .null, of: $0) })
        }
        return writer.bytes
    }
}
