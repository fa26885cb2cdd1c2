import HTTP
import JSON
import Registry

extension RegistryTable {
    /// What a row of it is called in the reference: `Model`.
    var shapeName: String { self.noun.prefix(1).uppercased() + self.noun.dropFirst() }

    /// A row as it is answered.
    var rowSchema: Schema {
        Schema.object(self.columns.map { ($0.name, $0.schema) })
            .described(self.meaning).named(self.shapeName)
    }

    /// Some columns of a row, as `fields` asks for them.
    var partialRowSchema: Schema {
        Schema.object(self.columns.map { ($0.name, $0.schema) }, optional: Set(self.columns.map(\.name)))
            .described("The columns that `fields` names, or all of them.").named("Partial\(self.shapeName)")
    }

    /// The values that make a row.
    var newRowSchema: Schema {
        let columns = self.columns.filter { $0.access != .readOnly }
        return Schema.object(
            columns.map { ($0.name, $0.inputSchema) } + [("pin", self.namesSchema), ("reason", Self.reason)],
            optional: Set(columns.filter { !$0.isRequired }.map(\.name)).union(["pin", "reason"]),
            isClosed: true
        ).named("New\(self.shapeName)")
    }

    /// The values that change a row.
    var editSchema: Schema {
        let members = self.editMembers + [("reason", Self.reason)]
        return Schema.object(members, optional: Set(members.map(\.0)), isClosed: true).named("\(self.shapeName)Edit")
    }

    /// Edits of many rows.
    var bulkEditSchema: Schema {
        let set = self.columns.filter { $0.access == .editable }.map { ($0.name, $0.inputSchema) }
        let edit = Schema.object(
            [
                ("id", .integer.described("The row's number.")),
                (
                    "row_revision",
                    Schema.anyOf([.integer, .constant("*")]).described(
                        "The row_revision that was seen; * overwrites knowingly whatever is there now."
                    )
                ),
                ("set", Schema.object(set, optional: Set(set.map(\.0)), isClosed: true)),
                ("give_back", self.namesSchema.described(Self.givingBack)),
                ("pin", self.namesSchema.described(Self.pinning)),
            ],
            optional: ["set", "give_back", "pin"],
            isClosed: true
        ).named("\(self.shapeName)BulkEdit")
        return Schema.object(
            ["reason": Self.reason, "edits": .array(of: edit, atMost: BulkEditRequest.mostEdits)],
            optional: ["reason"],
            isClosed: true
        )
    }

    private var editMembers: [(String, Schema)] {
        self.columns.filter { $0.access == .editable }.map { ($0.name, $0.inputSchema) } + [
            ("give_back", self.namesSchema.described(Self.givingBack)),
            ("pin", self.namesSchema.described(Self.pinning)),
        ]
    }

    /// Names of columns that discovery fills.
    private var namesSchema: Schema {
        let names = self.discoverable.map(\.name)
        return names.isEmpty ? Schema.array(of: .string, atMost: 0) : .array(of: .choice(names))
    }

    static let reason = Schema.string(atMost: EditReason.longest).described("Why; history shows it.").nullable
    private static let givingBack = "Columns whose pin is taken away; the cells show again what the provider says."
    private static let pinning = "Columns that stay as they are from now on, whatever the provider says."

    /// Conditions in a query string, one parameter for each member.
    var filterSchema: Schema {
        var patterns = JSONObject()
        let groups = Dictionary(grouping: self.columns) { RowFilter.comparisons(of: $0.type) }
        for (comparisons, columns) in groups.sorted(by: { $0.key.count > $1.key.count }) {
            let words = comparisons.filter { $0 != .equal }.map(\.rawValue).joined(separator: "|")
            let isBare = comparisons.contains(.equal) ? "?" : ""
            patterns["^(\(columns.map(\.name).joined(separator: "|")))(\\.(\(words)))\(isBare)$"] = ["type": "string"]
        }
        return Schema(["type": "object", "patternProperties": .object(patterns), "additionalProperties": false])
    }
}

extension Column {
    /// Its values as they are answered.
    var schema: Schema {
        var schema = self.isNullable ? self.type.schema.nullable : self.type.schema
        if self.access == .readOnly { schema = schema.with("readOnly", true) }
        return self.explained(schema)
    }

    /// Its values as they are accepted.
    var inputSchema: Schema {
        self.explained(self.isNullable ? self.type.inputSchema.nullable : self.type.inputSchema)
    }

    private func explained(_ schema: Schema) -> Schema {
        let schema = schema.with("title", .string(self.title))
        guard let unit = self.unit else { return schema.described(self.meaning) }
        return schema.described("\(self.meaning) In \(unit.stored).").with("x-unit", .string(unit.stored))
    }
}

extension ColumnType {
    fileprivate var schema: Schema {
        switch self {
        case .text, .longText: .string
        case .integer: .integer
        case .decimal: .decimal
        case .boolean: .boolean
        case .date: .date
        case .moment: .moment
        case .interval: .string.example("01:00:00")
        case .choice(let words): .choice(words)
        case .list(let element): .array(of: element.schema)
        case .json: .map(of: .any)
        case .routeMembers: .array(of: Self.routeMember)
        }
    }

    fileprivate var inputSchema: Schema {
        switch self {
        case .integer: .anyOf([.integer, Schema(["type": "string", "pattern": "^[+-]?[0-9]+$"])])
        case .decimal:
            .anyOf([
                Schema(["type": "string", "pattern": "^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$"]),
                Schema(["type": "number"]),
            ])
        case .interval: .string.example("1 hour")
        case .list(let element): .array(of: element.inputSchema)
        case .routeMembers: .array(of: .anyOf([.string, Self.newRouteMember]))
        case .text, .longText, .boolean, .date, .moment, .choice, .json: self.schema
        }
    }

    private static let memberModel = Schema.string.described(
        "provider/api-name for one offer, an API name for every active offer of it."
    )

    private static let routeMember = Schema.object([
        "model": Self.memberModel,
        "weight": .count.described("Its share, where the route chooses by weight."),
        "requires": .array(of: .choice(RouteMember.abilities)).described("What an offer must be known to do."),
        "max_price": .decimal.nullable.described("USD per input token; offers that cost more are passed over."),
    ]).named("RouteMember")

    private static let newRouteMember = Schema.object(
        [
            "model": Self.memberModel, "weight": .count.nullable,
            "requires": Schema.array(of: .choice(RouteMember.abilities)).nullable,
            "max_price": ColumnType.decimal.inputSchema.nullable,
        ],
        optional: ["weight", "requires", "max_price"],
        isClosed: true
    ).named("NewRouteMember")
}

extension Schema {
    /// A cell that an edit changed, ``EditedRow/CellChange``.
    static let cellChange = Schema.object([
        "column": .string, "old": .any.described("Before."), "new": .any.described("After."),
    ]).named("CellChange")
}
