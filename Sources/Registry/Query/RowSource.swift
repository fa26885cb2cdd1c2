import JSON
import Postgres

/// Where the rows of a table come from, and what in SQL stands for the columns that rows are found and sorted by.
///
/// Names reach SQL only from the tables' descriptions, values only as parameters.
struct RowSource {
    let table: RegistryTable
    /// What stands for the registry's tables, now or as of a revision.
    let relation: Relations

    /// The rows as `t`; of models, their providers as `p`.
    var relations: SQL {
        switch self.table.name {
        case "models": "\(self.relation("models")) t JOIN \(self.relation("providers")) p ON p.id = t.provider_id"
        default: "\(self.relation(self.table.name)) t"
        }
    }

    /// What gives `id` and `cells` of every row.
    var contents: SQL { self.table.reading { self.relation($0) } }

    /// What stands for a column.
    func expression(_ column: Column) -> SQL {
        switch (self.table.name, column.name) {
        case ("models", "provider"): "p.slug"
        // Most rows have no pin, or no provider said anything of them: they need not be looked at closely.
        case ("models", "drifted"):
            "CASE WHEN t.pinned = '{}' OR t.discovered = '{}' THEN '{}' ELSE drifted_columns(t) END"
        default: "t.\(SQL.identifier(column.name))"
        }
    }

    /// What rows are sorted by for a column.
    func key(_ column: Column) -> SQL {
        let value = self.expression(column)
        return switch column.type {
        // The same on every server, whatever its locale.
        case .text, .longText, .choice: "lower(\(value) COLLATE \"C\")"
        case .integer, .decimal, .boolean, .date, .moment, .interval, .list, .json, .routeMembers: value
        }
    }

    /// What a row must satisfy; `true` for nothing.
    func condition(_ filters: [RowFilter], search: String) -> SQL {
        var conditions = filters.map(self.condition)
        let texts = SQL.joined(
            self.table.searched.compactMap { self.table.column($0) }.map(self.expression),
            separator: ", "
        )
        for word in search.split(separator: " ") {
            conditions.append("strpos(lower(concat_ws(' ', \(texts))), lower(\(String(word))::text)) > 0")
        }
        guard !conditions.isEmpty else { return "true" }
        return .joined(conditions.map { "(\($0))" }, separator: " AND ")
    }

    private func condition(_ filter: RowFilter) -> SQL {
        switch filter.column.type {
        case .list: self.listCondition(filter)
        case .routeMembers: self.memberCondition(filter)
        case .text, .longText, .integer, .decimal, .boolean, .date, .moment, .interval, .choice, .json:
            self.scalarCondition(filter)
        }
    }

    private func scalarCondition(_ filter: RowFilter) -> SQL {
        let value = self.expression(filter.column)
        let operand = SQL.joined(filter.operands.prefix(1).map { Self.cast($0, filter.column) }, separator: "")
        func compared(_ sign: String) -> SQL {
            let right: SQL = filter.column.isTextual ? "lower(\(operand) COLLATE \"C\")" : operand
            return "\(self.key(filter.column)) \(unescaped: sign) \(right)"
        }
        return switch filter.comparison {
        case .equal: "\(value) = \(operand)"
        case .unequal: "\(value) IS DISTINCT FROM \(operand)"
        case .less: compared("<")
        case .lessOrEqual: compared("<=")
        case .greater: compared(">")
        case .greaterOrEqual: compared(">=")
        case .contains: "strpos(lower(\(value)), lower(\(operand))) > 0"
        case .oneOf:
            "\(value) IN (\(SQL.joined(filter.operands.map { Self.cast($0, filter.column) }, separator: ", ")))"
        case .state: filter.operands == ["null"] ? "\(value) IS NULL" : "\(value) IS NOT NULL"
        }
    }

    private func listCondition(_ filter: RowFilter) -> SQL {
        let list = self.expression(filter.column)
        // Of provenance one asks first whether there is any.
        if ["pinned", "drifted"].contains(filter.column.name), [.equal, .unequal].contains(filter.comparison),
            let operand = filter.operands.first, ["true", "false"].contains(operand)
        {
            let isAny = (operand == "true") == (filter.comparison == .equal)
            return isAny ? "cardinality(\(list)) > 0" : "cardinality(\(list)) = 0"
        }
        return switch filter.comparison {
        case .unequal: "NOT \(list) && \(filter.operands)::text[]"
        case .state: filter.operands == ["null"] ? "cardinality(\(list)) = 0" : "cardinality(\(list)) > 0"
        case .equal, .contains, .oneOf, .less, .lessOrEqual, .greater, .greaterOrEqual:
            "\(list) && \(filter.operands)::text[]"
        }
    }

    private func memberCondition(_ filter: RowFilter) -> SQL {
        let members = self.relation("route_members")
        func exists(_ condition: SQL) -> SQL {
            "EXISTS (SELECT FROM \(members) r WHERE r.route_id = t.id AND \(condition))"
        }
        return switch filter.comparison {
        case .unequal: "NOT \(exists("r.model = ANY (\(filter.operands)::text[])"))"
        case .state: filter.operands == ["null"] ? "NOT \(exists("true"))" : exists("true")
        case .equal, .contains, .oneOf, .less, .lessOrEqual, .greater, .greaterOrEqual:
            exists("r.model = ANY (\(filter.operands)::text[])")
        }
    }

    /// A parameter of a column's type.
    static func cast(_ text: String?, _ column: Column) -> SQL {
        "\(text)::\(unescaped: Self.typeName(column.type))"
    }

    private static func typeName(_ type: ColumnType) -> String {
        switch type {
        case .text, .longText, .choice: "text"
        case .integer: "bigint"
        case .decimal: "numeric"
        case .boolean: "boolean"
        case .date: "date"
        case .moment: "timestamptz"
        case .interval: "interval"
        case .list: "text[]"
        case .json, .routeMembers: "jsonb"
        }
    }
}

extension Column {
    /// Whether its values are compared as text.
    var isTextual: Bool {
        switch self.type {
        case .text, .longText, .choice: true
        case .integer, .decimal, .boolean, .date, .moment, .interval, .list, .json, .routeMembers: false
        }
    }

    /// Whether its values have an order.
    package var isSortable: Bool {
        switch self.type {
        case .text, .longText, .choice, .integer, .decimal, .boolean, .date, .moment, .interval: true
        case .list, .json, .routeMembers: false
        }
    }
}
