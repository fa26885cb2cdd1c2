import JSON

/// A condition on one column: `pricing_prompt.lte=0.000001`.
package struct RowFilter: Sendable, Hashable {
    /// How a cell is compared, as it is written after the column's name.
    package enum Comparison: String, Sendable, Hashable, CaseIterable {
        /// Equal; of a list, that it holds the value. Written without a word.
        case equal = ""
        /// Not equal, empty cells included.
        case unequal = "ne"
        case less = "lt"
        case lessOrEqual = "lte"
        case greater = "gt"
        case greaterOrEqual = "gte"
        /// Holds the text, without regard to capitals; of a list, holds the value.
        case contains
        /// Equal to one of a list of values; of a list, that it holds one of them.
        case oneOf = "in"
        /// `null` or `notnull`; a list is null when it is empty.
        case state = "is"
    }

    /// The column.
    package let column: Column
    /// How it is compared.
    package let comparison: Comparison
    /// With what: values in the database's text form, or for ``Comparison/state`` one of `null`, `notnull`.
    let operands: [String]

    /// Checks a condition.
    ///
    /// - Parameters:
    ///   - column: The column.
    ///   - comparison: How it is compared.
    ///   - text: With what, as it stands in a query string.
    ///   - parameter: What the condition is called in a refusal.
    /// - Throws: What is wrong, in words.
    package init(
        _ column: Column,
        _ comparison: Comparison,
        _ text: String,
        parameter: String? = nil
    ) throws(RowQueryProblem) {
        let parameter = parameter ?? Self.name(column, comparison)
        let possible = Self.comparisons(of: column.type)
        guard possible.contains(comparison) else {
            let ways = possible.map { Self.name(column, $0) }.joined(separator: ", ")
            throw RowQueryProblem(
                parameter,
                "\(column.title) cannot be compared by “\(comparison.rawValue)”. "
                    + (ways.isEmpty ? "It cannot be filtered by." : "There is \(ways).")
            )
        }
        self.column = column
        self.comparison = comparison
        switch comparison {
        case .state:
            guard ["null", "notnull"].contains(text) else {
                throw RowQueryProblem(
                    parameter,
                    "“\(parameter)” must be null or notnull, and it is “\(text.prefix(40))”."
                )
            }
            self.operands = [text]
        case .oneOf:
            let parts = Self.parts(text)
            guard parts.count <= RowQuery.mostOperands else {
                throw RowQueryProblem(
                    parameter,
                    "“\(parameter)” has \(parts.count) values, and at most \(RowQuery.mostOperands) are possible."
                )
            }
            var operands: [String] = []
            for part in parts { operands.append(try Self.operand(part, column, parameter)) }
            self.operands = operands
        case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual, .contains:
            self.operands = [try Self.operand(text, column, parameter)]
        }
    }

    /// What can be asked of columns of a type.
    package static func comparisons(of type: ColumnType) -> [Comparison] {
        switch type {
        case .text, .longText: Comparison.allCases
        case .integer, .decimal, .date, .moment, .interval:
            [.equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual, .oneOf, .state]
        case .choice: [.equal, .unequal, .oneOf, .state]
        case .boolean: [.equal, .unequal, .state]
        case .list, .routeMembers: [.equal, .unequal, .contains, .oneOf, .state]
        case .json: [.state]
        }
    }

    /// As a query string has it: `pricing_prompt.lte`.
    package static func name(_ column: Column, _ comparison: Comparison) -> String {
        comparison == .equal ? column.name : "\(column.name).\(comparison.rawValue)"
    }

    /// The elements between commas; `\,` is a comma within one, `\\` a backslash.
    private static func parts(_ text: String) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in text {
            if isEscaped || (character != "," && character != "\\") {
                parts[parts.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                parts.append("")
            }
        }
        return parts
    }

    /// One value in the database's text form.
    private static func operand(
        _ text: String,
        _ column: Column,
        _ parameter: String
    ) throws(RowQueryProblem) -> String {
        let isTextual =
            switch column.type {
            case .text, .longText, .list, .routeMembers: true
            case .integer, .decimal, .boolean, .date, .moment, .interval, .choice, .json: false
            }
        if isTextual {
            guard !text.utf8.contains(0) else {
                throw RowQueryProblem(parameter, "“\(parameter)” must be a text without zero bytes.")
            }
            return text
        }
        guard !text.isEmpty else {
            throw RowQueryProblem(
                parameter,
                "“\(parameter)” is empty. To find empty cells, write \(Self.name(column, .state))=null."
            )
        }
        let value: JSONValue =
            switch (column.type, text) {
            case (.boolean, "true"): true
            case (.boolean, "false"): false
            default: .string(text)
            }
        do throws(CellProblem) {
            switch try column.read(value) {
            case .string(let text): return text
            case .number(let number): return number.spelling
            case .bool(let bool): return String(bool)
            case .null, .array, .object: return text
            }
        } catch {
            throw RowQueryProblem(parameter, error.message)
        }
    }
}
