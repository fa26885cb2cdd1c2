package import Registry

/// What heads a column in a file: `Input price (USD per 1M tokens)`, `Row revision (read only)`.
package enum SheetHeading {
    /// The heading of a column as it is written: title, unit, and whether an import may change it.
    package static func written(_ column: Column) -> String {
        switch column.access {
        case .readOnly: "\(column.heading) (read only)"
        case .onCreate: "\(column.heading) (set once)"
        case .editable: column.heading
        }
    }

    /// Finds the column that a heading names.
    ///
    /// - Parameters:
    ///   - heading: A title with its unit, a title, or the name of the column in the database, in capitals or not. What a
    ///     price is in must be said: in the heading, or by using the database's name, which means the database's unit.
    ///   - table: The table whose columns these are.
    /// - Returns: The column and the unit of its cells.
    /// - Throws: `CellRefusal` for a heading that names no column, or a price without its unit.
    package static func read(_ heading: String, of table: RegistryTable) throws(CellRefusal) -> (Column, CellScale) {
        var text = FormulaGuard.read(heading).trimmed
        for mark in ["(read only)", "(set once)"] where text.lowercased().hasSuffix(mark) {
            text = String(text.dropLast(mark.count)).trimmed
        }
        if let column = table.columns.first(where: { $0.name == self.folded(text).replacing(" ", with: "_") }) {
            // A title that is spelled as the name is meant as a title by most.
            return (column, column.title.lowercased() == text.lowercased() ? .shown : .stored)
        }
        if let column = self.column(text, of: table) {
            guard let unit = column.unit, unit.shownShift != 0 else { return (column, .shown) }
            throw CellRefusal(
                "The heading does not say what the price is in: write “\(column.title) (\(unit.shown))” or "
                    + "“\(column.title) (\(unit.stored))”."
            )
        }
        guard text.hasSuffix(")"), let open = text.lastIndex(of: "("),
            let column = self.column(String(text[..<open]).trimmed, of: table), let unit = column.unit
        else { throw self.unknown(text, of: table) }
        let said = self.unit(String(text[text.index(after: open)...].dropLast()))
        if self.unit(unit.shown) == said || self.short(unit.shown).contains(said) { return (column, .shown) }
        if self.unit(unit.stored) == said || self.short(unit.stored).contains(said) { return (column, .stored) }
        let accepted = Set([unit.shown, unit.stored]).sorted().map { "“\(column.title) (\($0))”" }
        throw CellRefusal("This unit is not known for \(column.title): write \(accepted.joined(separator: " or ")).")
    }

    private static func column(_ text: String, of table: RegistryTable) -> Column? {
        let text = self.folded(text)
        return table.columns.first { self.folded($0.title) == text || self.folded($0.name) == text }
    }

    private static func unknown(_ text: String, of table: RegistryTable) -> CellRefusal {
        let nearest = NearestName.of(text, among: table.columns.flatMap { [self.written($0), $0.title, $0.name] })
        return CellRefusal(
            "There is no column “\(text.prefix(80))” in \(table.name)\(nearest.map { "; did you mean “\($0)”?" } ?? ".")"
        )
    }

    /// In small letters, one space between words.
    private static func folded(_ text: String) -> String {
        text.lowercased().split { $0.isWhitespace || $0 == "_" }.joined(separator: " ")
    }

    /// A unit in one spelling: `$/1M tokens` and `USD per million tokens` are `usd per 1m token`.
    private static func unit(_ text: String) -> String {
        var text = text.lowercased()
        for (spelling, one) in [
            ("us$", "usd "), ("$", "usd "), ("/", " per "), ("1,000,000", "1m"), ("1.000.000", "1m"),
            ("1 000 000", "1m"),
            ("1000000", "1m"), ("million", "1m"), ("mtok", "1m token"), ("1 1m", "1m"),
        ] {
            text = text.replacing(spelling, with: one)
        }
        return text.split(whereSeparator: \.isWhitespace)
            .map { $0.count > 3 && $0.hasSuffix("s") ? $0.dropLast() : $0 }.joined(separator: " ")
    }

    /// What is left of a unit when its obvious parts are left out.
    private static func short(_ unit: String) -> Set<String> {
        let full = self.unit(unit)
        let bare = full.hasPrefix("usd ") ? String(full.dropFirst(4)) : full
        guard bare.hasSuffix("1m token") else { return [bare] }
        return [bare, String(full.dropLast(6)), String(bare.dropLast(6))]
    }
}
