package import Registry

/// A CSV file of rows of one table, read as far as it can be without the registry: which columns it has, in which unit, and
/// what stands in its rows.
package struct Sheet: Sendable {
    /// A column of the file.
    struct Heading: Sendable, Hashable {
        let column: Column
        let scale: CellScale
        /// Counted from 0.
        let place: Int
        /// As it stands in the file.
        let text: String
    }

    /// A row of the file that is not blank.
    struct Row: Sendable, Hashable {
        /// Counted from 1, which is the header.
        let number: Int
        /// As they stand in the file; a row may end before the last heading.
        let cells: [String]
    }

    /// The table that the rows belong to.
    package let table: RegistryTable
    /// What separates cells and begins decimals.
    package let dialect: CSVDialect
    let headings: [Heading]
    let rows: [Row]
    /// What is wrong with the file itself.
    let problems: [SheetRemark]

    /// Reads a file. What is wrong with it is found by a preview, so that a person gets all of it at once.
    ///
    /// - Parameters:
    ///   - file: All its bytes.
    ///   - table: The table that its rows belong to.
    ///   - separator: What separates cells; nil for what the file looks like.
    ///   - decimalMark: What begins decimals; nil for what goes with the separator.
    ///   - limits: How much the file may hold.
    /// - Throws: `CancellationError`.
    package init(
        csv file: [UInt8],
        of table: RegistryTable,
        separator: CSVDialect.Separator? = nil,
        decimalMark: CSVDialect.DecimalMark? = nil,
        limits: CSVLimits = .standard
    ) async throws(CancellationError) {
        self.table = table
        var headings: [Heading] = []
        var rows: [Row] = []
        var problems: [SheetRemark] = []
        var dialect = CSVDialect()
        do throws(CSVError) {
            var reader = try CSVReader(file, separator: separator, decimalMark: decimalMark, limits: limits)
            dialect = reader.dialect
            guard let header = try Self.header(&reader) else {
                throw CSVError(.empty, "The file is empty. Its first row names the columns.")
            }
            headings = Self.headings(header, of: table, &problems)
            let named = Set(headings.map(\.place))
            while let row = try reader.next() {
                if row.number.isMultiple(of: 500) { await Task.yield() }
                // What has been read so far is thrown away by whoever is cancelled.
                if Task.isCancelled { break }
                guard !row.isBlank else { continue }
                if let problem = Self.overhang(of: row, header.cells, named) { problems.append(problem) }
                rows.append(Row(number: row.number, cells: row.cells))
            }
        } catch {
            problems.append(SheetRemark(error))
        }
        guard !Task.isCancelled else { throw CancellationError() }
        self.dialect = dialect
        self.headings = headings
        self.rows = rows
        self.problems = problems
    }

    /// The first row that is not blank.
    private static func header(_ reader: inout CSVReader) throws(CSVError) -> CSVReader.Row? {
        while let row = try reader.next() {
            if !row.isBlank { return row }
        }
        return nil
    }

    private static func headings(
        _ header: CSVReader.Row,
        of table: RegistryTable,
        _ problems: inout [SheetRemark]
    ) -> [Heading] {
        var headings: [Heading] = []
        for (place, text) in header.cells.enumerated() where !text.trimmed.isEmpty {
            func refuse(_ code: String, _ message: String) {
                problems.append(SheetRemark(.error, code, row: header.number, place: place, heading: text, message))
            }
            do throws(CellRefusal) {
                let (column, scale) = try SheetHeading.read(text, of: table)
                if let first = headings.first(where: { $0.column == column }) {
                    refuse(
                        "duplicate_column",
                        "Column \(CSVColumn.letters(first.place)) is \(column.title) already. Remove one of the two."
                    )
                } else {
                    headings.append(Heading(column: column, scale: scale, place: place, text: text))
                }
            } catch {
                refuse("unknown_column", error.message)
            }
        }
        let names = Set(headings.map(\.column.name))
        guard !names.contains("id"), !names.isSuperset(of: table.identity), problems.isEmpty else { return headings }
        problems.append(
            SheetRemark(
                .error,
                "missing_column",
                row: header.number,
                "Nothing says which \(table.noun) a row is: there must be a column Id, or \(Self.identity(of: table))."
            )
        )
        return headings
    }

    /// Values without a heading would be lost without a word.
    private static func overhang(of row: CSVReader.Row, _ header: [String], _ named: Set<Int>) -> SheetRemark? {
        for (place, cell) in row.cells.enumerated() where !cell.trimmed.isEmpty {
            guard place >= header.count else {
                guard !named.contains(place), header[place].trimmed.isEmpty else { continue }
                return SheetRemark(
                    .error,
                    "ragged_row",
                    row: row.number,
                    place: place,
                    "The cell has a value and its column has no heading. Name the column, or empty it."
                )
            }
            return SheetRemark(
                .error,
                "ragged_row",
                row: row.number,
                place: place,
                "The row has \(row.cells.count) cells and the header \(header.count): a value with a separator in it "
                    + "probably lacks its quotes."
            )
        }
        return nil
    }

    /// The columns that name a row, for people: `Provider and API name`.
    static func identity(of table: RegistryTable) -> String {
        table.identity.map { table.column($0)?.title ?? $0 }.joined(separator: " and ")
    }
}
