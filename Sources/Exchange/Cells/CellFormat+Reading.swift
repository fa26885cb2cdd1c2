package import JSON
package import Registry

extension CellFormat {
    /// Reads what a person has put into a cell.
    ///
    /// - Parameters:
    ///   - cell: What stands in the file.
    ///   - column: Its column.
    ///   - scale: The unit that the column's numbers are in.
    /// - Returns: The value in the registry's own spelling and unit; `null` for an empty cell of a column that may be
    ///   unknown.
    /// - Throws: `CellRefusal` for what cannot be in this column, for what could mean two things, and for what a spreadsheet
    ///   has put there because it could not show a value.
    package func value(
        _ cell: String,
        of column: Column,
        in scale: CellScale = .shown
    ) throws(CellRefusal) -> JSONValue {
        let text = column.isNumeric ? cell : FormulaGuard.read(cell)
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { return try Self.checked(.null, column) }
        if let damage = SpreadsheetDamage.sentence(trimmed) { throw CellRefusal(damage) }
        let value: JSONValue =
            switch column.type {
            case .text: .string(trimmed)
            case .longText: .string(text)
            case .integer, .decimal: try self.number(trimmed, of: column, in: scale)
            case .boolean: .bool(try Self.truth(trimmed))
            case .date: .string(try DayText.read(trimmed))
            case .moment, .interval: .string(trimmed)
            case .choice(let words): .string(words.first { $0.lowercased() == trimmed.lowercased() } ?? trimmed)
            case .list: .array(try ListText.read(text).map { .string(self.name($0, in: column)) })
            case .json: try Self.json(trimmed)
            case .routeMembers: try Self.members(text)
            }
        return try Self.checked(value, column)
    }

    private static func checked(_ value: JSONValue, _ column: Column) throws(CellRefusal) -> JSONValue {
        do {
            return try column.read(value)
        } catch {
            throw CellRefusal(error)
        }
    }

    private func number(_ text: String, of column: Column, in scale: CellScale) throws(CellRefusal) -> JSONValue {
        let digits = try Self.withoutCurrency(text, column)
        let exact: ExactDecimal
        do {
            exact = try NumberText.read(digits, mark: self.decimalMark, isWhole: column.type == .integer)
        } catch {
            guard (try? DayText.read(text)) != nil || SpreadsheetDamage.looksLikeDay(text) else { throw error }
            throw CellRefusal(
                "“\(text.prefix(80))” is a date: a spreadsheet has probably made it of a number such as 2.5. "
                    + "Put the number back; in a German Excel decimals begin with a comma."
            )
        }
        guard let plain = exact.plain(shiftedBy: -scale.shift(of: column), mostPlaces: ColumnType.mostPlaces) else {
            throw CellRefusal("“\(text.prefix(80))” has more digits than the \(ColumnType.mostPlaces) that are kept.")
        }
        guard column.type != .integer || exact.int64 != nil else {
            throw CellRefusal("\(column.title) must be a whole number, and it is “\(text.prefix(80))”.")
        }
        return .string(plain)
    }

    /// A price may have its currency beside it, where that is the dollar.
    private static func withoutCurrency(_ text: String, _ column: Column) throws(CellRefusal) -> String {
        guard [.usdPerToken, .usdPerImage, .usdPerRequest].contains(column.unit) else { return text }
        var rest = text[...]
        for sign in ["US$", "USD", "$"] {
            if rest.hasPrefix(sign) {
                rest = rest.dropFirst(sign.count)
                break
            }
            if rest.hasSuffix(sign) {
                rest = rest.dropLast(sign.count)
                break
            }
        }
        for sign in ["€", "EUR", "£", "GBP", "¥", "JPY", "CHF", "CNY"] where rest.contains(sign) {
            throw CellRefusal("“\(text.prefix(80))” is not in US dollars, and all prices here are.")
        }
        return String(rest).trimmed
    }

    private static func truth(_ text: String) throws(CellRefusal) -> Bool {
        switch text.lowercased() {
        case "true", "yes", "y", "1", "x", "on", "✓", "wahr", "ja": return true
        case "false", "no", "n", "0", "off", "falsch", "nein": return false
        default: throw CellRefusal("“\(text.prefix(80))” is neither TRUE nor FALSE; leave the cell empty for unknown.")
        }
    }

    /// The name in the database of a column that people name by its title.
    private func name(_ text: String, in column: Column) -> String {
        guard column.namesColumns else { return text }
        return self.table.columns.first { $0.title == text }?.name ?? text
    }

    private static func json(_ text: String) throws(CellRefusal) -> JSONValue {
        do {
            return try JSONValue(parsing: text.utf8)
        } catch {
            throw CellRefusal("This is not JSON: \(error).")
        }
    }

    private static func members(_ text: String) throws(CellRefusal) -> JSONValue {
        if text.trimmed.hasPrefix("[") { return try self.json(text) }
        return .array(try ListText.read(text).map { .string($0) })
    }
}

extension String {
    /// Without white space at its ends, whichever kind it is.
    var trimmed: String {
        let scalars = self.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
