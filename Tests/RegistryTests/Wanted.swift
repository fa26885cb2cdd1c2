import FoundationEssentials
import JSON
import Registry

/// A query of models at random, and what it means, said once more in memory.
struct Wanted {
    private struct Condition {
        let column: Column
        let comparison: RowFilter.Comparison
        let operands: [String]
    }

    private var conditions: [Condition] = []
    private var order: [RowQuery.Order] = []

    private static let columns = [
        "id", "provider", "model_name", "description", "pricing_prompt", "pricing_image", "context_length",
        "supports_vision", "tags", "deprecation_date", "is_active", "size_b", "sort_order", "health_status",
    ].compactMap { RegistryTable.models.column($0) }

    /// Makes a query of values that are there, and of some that are not.
    static func random(over rows: [JSONObject], _ random: inout Randomness) -> Wanted {
        var wanted = Wanted()
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            guard let column = Self.columns.randomElement(using: &random),
                let comparison = RowFilter.comparisons(of: column.type).randomElement(using: &random)
            else { continue }
            let count = comparison == .oneOf ? Int.random(in: 1...4, using: &random) : 1
            let operands = (0..<count).compactMap { _ -> String? in
                if comparison == .state { return ["null", "notnull"].randomElement(using: &random) }
                let value = rows.randomElement(using: &random)?[column.name] ?? .null
                let element = value.arrayValue.map { $0.randomElement(using: &random) ?? "none" } ?? value
                guard let text = Self.text(element) else { return nil }
                return comparison == .contains && column.name != "tags" ? String(text.prefix(3)) : text
            }
            if operands.count == count {
                wanted.conditions.append(Condition(column: column, comparison: comparison, operands: operands))
            }
        }
        let sortable = Self.columns.filter(\.isSortable).shuffled(using: &random)
        for column in sortable.prefix(Int.random(in: 0...3, using: &random)) {
            wanted.order.append(RowQuery.Order(column, isDescending: Bool.random(using: &random)))
        }
        return wanted
    }

    /// As a query string has it.
    var parameters: [(name: String, value: String)] {
        var parameters = self.conditions.map { condition in
            let isList = condition.comparison == .oneOf
            let operands = condition.operands.map {
                isList ? $0.replacing("\\", with: "\\\\").replacing(",", with: "\\,") : $0
            }
            return (
                name: RowFilter.name(condition.column, condition.comparison), value: operands.joined(separator: ",")
            )
        }
        if !self.order.isEmpty {
            let sort = self.order.map { "\($0.isDescending ? "-" : "")\($0.column.name)" }.joined(separator: ",")
            parameters.append((name: "sort", value: sort))
        }
        return parameters
    }

    /// What it finds among rows that are in the order of their ids.
    func apply(to rows: [JSONObject]) -> [JSONObject] {
        rows.filter { row in self.conditions.allSatisfy { Self.holds($0, row[$0.column.name] ?? .null) } }
            .sorted(by: self.precedes)
    }

    private static func holds(_ condition: Condition, _ value: JSONValue) -> Bool {
        if let elements = value.arrayValue {
            let isAny = elements.contains { condition.operands.contains($0.stringValue ?? "") }
            return switch condition.comparison {
            case .state: elements.isEmpty == (condition.operands == ["null"])
            case .unequal: !isAny
            default: isAny
            }
        }
        let isNull = value.isNull
        if condition.comparison == .state { return isNull == (condition.operands == ["null"]) }
        guard !isNull, let first = condition.operands.first else { return condition.comparison == .unequal }
        let text = Self.text(value) ?? ""
        return switch condition.comparison {
        case .equal: text == first
        case .unequal: text != first
        case .oneOf: condition.operands.contains(text)
        case .contains: text.lowercased().contains(first.lowercased())
        case .less: Self.compare(text, first, condition.column) < 0
        case .lessOrEqual: Self.compare(text, first, condition.column) <= 0
        case .greater: Self.compare(text, first, condition.column) > 0
        case .greaterOrEqual: Self.compare(text, first, condition.column) >= 0
        case .state: false
        }
    }

    private func precedes(_ left: JSONObject, _ right: JSONObject) -> Bool {
        for order in self.order {
            switch (Self.text(left[order.column.name] ?? .null), Self.text(right[order.column.name] ?? .null)) {
            case (nil, nil): continue
            case (nil, _): return false
            case (_, nil): return true
            case (let left?, let right?):
                let difference = Self.compare(left, right, order.column)
                if difference != 0 { return order.isDescending ? difference > 0 : difference < 0 }
            }
        }
        return (left["id"]?.int64Value ?? 0) < (right["id"]?.int64Value ?? 0)
    }

    private static func compare(_ left: String, _ right: String, _ column: Column) -> Int {
        switch column.type {
        case .integer, .decimal:
            let numbers = (JSONNumber(spelling: left)?.decimal ?? 0, JSONNumber(spelling: right)?.decimal ?? 0)
            return numbers.0 < numbers.1 ? -1 : numbers.0 == numbers.1 ? 0 : 1
        default:
            let texts = (Self.folded(left), Self.folded(right))
            return texts.0 == texts.1 ? 0 : texts.0.lexicographicallyPrecedes(texts.1) ? -1 : 1
        }
    }

    /// Bytes, with the capitals of ASCII made small.
    private static func folded(_ text: String) -> [UInt8] { text.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 } }

    private static func text(_ value: JSONValue) -> String? {
        switch value {
        case .null, .array, .object: nil
        case .bool(let bool): String(bool)
        case .number(let number): number.spelling
        case .string(let text): text
        }
    }
}
