package import JSON
package import Registry

/// How the registry's values stand in the cells of a file for people, and how they are read from them.
///
/// Prices are moved to the unit that people read and keep every digit; no number has an exponent. Lists are `a; b`, truth
/// is `TRUE` and `FALSE`, what is unknown is an empty cell. An empty cell of a text column means unknown as well: a text
/// without characters that somebody wrote by SQL stands as an empty cell too, and is left as it is by an import.
package struct CellFormat: Sendable {
    /// The table whose columns they are; lists of columns show their titles.
    package let table: RegistryTable
    /// What begins decimals.
    package let decimalMark: CSVDialect.DecimalMark

    /// - Parameters:
    ///   - table: The table whose cells they are.
    ///   - decimalMark: What begins decimals.
    package init(_ table: RegistryTable, decimalMark: CSVDialect.DecimalMark = .point) {
        self.table = table
        self.decimalMark = decimalMark
    }

    /// What stands in a cell.
    ///
    /// - Parameters:
    ///   - value: A value as the registry gives it out.
    ///   - column: Its column.
    ///   - scale: The unit that the column's numbers are in.
    /// - Returns: The text, with no apostrophe before what looks like a formula.
    package func text(_ value: JSONValue, of column: Column, in scale: CellScale = .shown) -> String {
        switch (column.type, value) {
        case (_, .null):
            return ""
        case (.decimal, .string(let spelling)):
            return self.number(spelling, of: column, in: scale)
        case (.decimal, .number(let number)):
            return self.number(number.spelling, of: column, in: scale)
        case (_, .bool(let isTrue)):
            return isTrue ? "TRUE" : "FALSE"
        case (.list, .array(let elements)):
            return ListText.written(elements.map { self.element($0, of: column) })
        case (.routeMembers, .array(let members)):
            return Self.members(members)
        case (.json, .object(let object)) where object.isEmpty:
            return ""
        case (_, .string(let text)):
            return text
        case (_, .number), (_, .array), (_, .object):
            return value.serializedString()
        }
    }

    /// What stands in a cell of a file: text that a spreadsheet might run as a formula has its apostrophe.
    func written(_ value: JSONValue, of column: Column) -> String {
        let text = self.text(value, of: column)
        return column.isNumeric ? text : FormulaGuard.written(text)
    }

    private func number(_ spelling: String, of column: Column, in scale: CellScale) -> String {
        let shift = scale.shift(of: column)
        // Far more digits than `numeric` keeps: what is in the database is always written out.
        guard let exact = try? ExactDecimal(spelling), let plain = exact.plain(shiftedBy: shift, mostPlaces: 200_000)
        else { return spelling }
        return self.decimalMark == .point ? plain : plain.replacing(".", with: ",")
    }

    private func element(_ value: JSONValue, of column: Column) -> String {
        guard let text = value.stringValue else { return value.serializedString() }
        return column.namesColumns ? self.table.column(text)?.title ?? text : text
    }

    /// Names alone where nothing else is said of any member, else JSON.
    private static func members(_ members: [JSONValue]) -> String {
        let names = members.compactMap { value -> String? in
            guard let member = RouteMember(json: value), member == RouteMember(model: member.model) else { return nil }
            return member.model
        }
        guard names.count == members.count, names.first?.first != "[" else {
            return JSONValue.array(members).serializedString()
        }
        return ListText.written(names)
    }
}

/// Which of a column's two units its cells are in.
package enum CellScale: Sendable, Hashable {
    /// What people read: USD per 1M tokens.
    case shown
    /// What the database and the API have: USD per token.
    case stored

    /// How many places the point moves to the right from what is stored.
    func shift(of column: Column) -> Int { self == .shown ? column.unit?.shownShift ?? 0 : 0 }
}

extension Column {
    /// Whether its cells are numbers to a spreadsheet.
    var isNumeric: Bool { self.type == .decimal || self.type == .integer }

    /// Whether its elements are names of columns.
    var namesColumns: Bool { self.name == "pinned" || self.name == "drifted" }

    /// Whether it moves without anybody editing the row: what requests and refreshes see.
    var movesByItself: Bool {
        ["health_status", "last_verified_at", "missing_since", "drifted", "updated_at"].contains(self.name)
    }
}
