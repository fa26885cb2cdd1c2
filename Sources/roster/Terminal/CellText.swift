import FoundationEssentials
import JSON
import Registry

/// Cells of the registry as a person reads them: prices per million tokens, lists by commas, – for empty.
enum CellText {
    /// A value in the unit that people see.
    ///
    /// - Parameters:
    ///   - value: As the database has it.
    ///   - column: Its column.
    ///   - table: Its table.
    /// - Returns: One line.
    static func value(_ value: JSONValue, of column: String, in table: String) -> String {
        let described = RegistryTable.named(table)?.column(column)
        let text: String =
            switch value {
            case .null: "–"
            case .bool(let bool): bool ? "yes" : "no"
            case .string(let text) where described?.unit == nil: "“\(text)”"
            case .string, .number: self.quantity(value, described?.unit)
            case .array(let elements) where elements.allSatisfy { $0.stringValue != nil }:
                elements.isEmpty ? "none" : elements.compactMap(\.stringValue).joined(separator: ", ")
            case .array, .object: value.serializedString()
            }
        let line = TextTable.printable(text)
        return line.count > 80 ? line.prefix(79) + "…" : line
    }

    /// What people call a column, with its unit.
    static func heading(_ column: String, in table: String) -> String {
        RegistryTable.named(table)?.column(column)?.heading ?? column
    }

    private static func quantity(_ value: JSONValue, _ unit: Unit?) -> String {
        guard let unit, unit.shownShift > 0, let decimal = value.decimalReadingStrings() else {
            return value.numberValue?.spelling ?? value.stringValue ?? "–"
        }
        return "\((0..<unit.shownShift).reduce(decimal) { shifted, _ in shifted * 10 })"
    }
}

/// A line of what happened to cells.
struct CellLines {
    private(set) var lines: [String] = []

    /// Says what became of the cells of a row; a row that came or went is one line.
    mutating func add(table: String, title: String, cells: [(column: String, old: JSONValue, new: JSONValue)]) {
        let name = TextTable.printable(title)
        if let id = cells.first(where: { $0.column == "id" }) {
            let fate = id.old.isNull ? "is there" : "is gone"
            self.lines.append("  \(name) (\(table)) \(fate)")
            return
        }
        for cell in cells where !Self.bookkeeping.contains(cell.column) {
            let old = CellText.value(cell.old, of: cell.column, in: table)
            let new = CellText.value(cell.new, of: cell.column, in: table)
            self.lines.append("  \(name)  \(CellText.heading(cell.column, in: table)): \(old) → \(new)")
        }
    }

    /// Columns that say nothing to a person that the others do not.
    private static let bookkeeping: Set<String> = [
        "row_revision", "members_revision", "discovered", "last_verified_at", "updated_at", "created_at",
    ]
}
