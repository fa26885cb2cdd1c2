/// Rows in columns, as wide as what is in them.
struct TextTable {
    /// Where a column's texts stand.
    enum Alignment {
        case left
        case right
    }

    private let titles: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// - Parameter columns: Titles and alignments.
    init(_ columns: [(String, Alignment)]) {
        self.titles = columns.map(\.0)
        self.alignments = columns.map(\.1)
    }

    /// Adds a row, one text a column.
    mutating func add(_ row: [String]) {
        self.rows.append(row.map(Self.printable))
    }

    /// Whether there is no row.
    var isEmpty: Bool { self.rows.isEmpty }

    /// The table, title first.
    var text: String {
        let all = [self.titles] + self.rows
        let widths = self.titles.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for column in row.indices {
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                line += self.alignments[column] == .left ? row[column] + padding : padding + row[column]
                line += "  "
            }
            return line.trimmingEnd()
        }.joined(separator: "\n")
    }

    /// Providers name their models: a control character in a name must not reach the terminal.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
            )
        )
    }
}

extension String {
    /// Without the spaces at its end.
    fileprivate func trimmingEnd() -> String {
        guard let last = self.lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
