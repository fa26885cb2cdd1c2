package import FoundationEssentials
import JSON
package import Registry

extension Plan {
    /// What a plan is drawn up by.
    package struct Rules: Sendable, Hashable {
        /// The rise of a price, in percent, from which it is critical.
        package var criticalIncrease: Decimal = 10
        /// Whether what the catalogue lacks is switched off. Rows are never removed.
        package var prunes = false

        package init() {}
    }

    /// Compares a catalogue with a registry.
    ///
    /// A row that the registry lacks is made; pinned in it is what is pinned in the catalogue. Of a row that is there, cells
    /// that differ are set, and so are this registry's own from then on; what is pinned in the catalogue is pinned here, and
    /// what is pinned here stays so. With ``Rules/prunes``, rows of the catalogue's tables that it lacks are switched off
    /// (discovered ones too: being off is then pinned, and a refresh leaves them so); otherwise they stay as they are.
    ///
    /// - Parameters:
    ///   - catalogue: What the registry is to be like.
    ///   - contents: What it is like.
    ///   - rules: What is dangerous, and what happens to the rest.
    package init(from catalogue: Catalogue, to contents: RegistryContents, rules: Rules = Rules()) {
        var drawing = PlanDrawing(contents, rules)
        for table in Catalogue.tables {
            guard let rows = catalogue.rows[table.name] else { continue }
            drawing.compare(rows, of: table)
            if rules.prunes { drawing.prune(to: rows, of: table) }
        }
        drawing.judgeRoutes()
        self.init(
            source: catalogue.source,
            baseRevision: contents.revision,
            differences: drawing.differences.enumerated().sorted {
                ($0.element.danger, $0.offset) < ($1.element.danger, $1.offset)
            }.map(\.element),
            edits: drawing.edits
        )
    }
}

/// Draws up a plan, table by table. Used by one task.
struct PlanDrawing {
    private let rules: Plan.Rules
    private(set) var edits: [Plan.Edit] = []
    private(set) var differences: [Plan.Difference] = []
    /// Rows as they are and as they would be, by table and name.
    private var before: [RegistryTable: [String: JSONObject]] = [:]
    private var after: [RegistryTable: [String: JSONObject]] = [:]

    init(_ contents: RegistryContents, _ rules: Plan.Rules) {
        self.rules = rules
        for table in Catalogue.tables {
            self.before[table] = Dictionary(
                contents.rows(of: table).map { (RowName.of($0, in: table), $0) },
                uniquingKeysWith: { first, _ in first }
            )
        }
        self.after = self.before
    }

    // MARK: Comparing

    mutating func compare(_ rows: [JSONObject], of table: RegistryTable) {
        for row in rows {
            let name = RowName.of(row, in: table)
            if let present = self.before[table]?[name] {
                self.change(present, to: row, name, of: table)
            } else {
                self.make(row, name, of: table)
            }
        }
    }

    private mutating func make(_ row: JSONObject, _ name: String, of table: RegistryTable) {
        var set = JSONObject(row.filter { $0.key != "pinned" && !$0.value.isNull })
        if table == .models, set["model_name"] == nil { set["model_name"] = row["provider_model_id"] }
        if table == .providers, set["name"] == nil { set["name"] = row["slug"] }
        let pinned = row["pinned"]?.arrayValue?.compactMap(\.stringValue)
        // A catalogue that says what is pinned says also what is not.
        let free = pinned.map { pinned in
            table.discoverable.map(\.name).filter { set[$0] != nil && !pinned.contains($0) }
        }
        self.edits.append(
            Plan.Edit(
                table: table,
                key: Self.key(of: row, in: table),
                rowRevision: nil,
                set: set,
                pin: (pinned ?? []).filter { set[$0] == nil },
                free: free ?? []
            )
        )
        self.after[table]?[name] = set
        self.add(.notable, table, name, message: "\(name): a new \(table.noun)")
    }

    private mutating func change(_ present: JSONObject, to row: JSONObject, _ name: String, of table: RegistryTable) {
        var set: JSONObject = [:]
        for (columnName, value) in row {
            guard let column = table.column(columnName), column.access == .editable,
                !table.identity.contains(columnName)
            else { continue }
            let old = Self.canonical(present[columnName] ?? .null, column)
            let new = Self.canonical(value, column)
            guard old != new, !column.means(new, the: old) else { continue }
            set[columnName] = new
            self.judge(column, from: old, to: new, name, of: table)
        }
        let pinnedHere = Set(present["pinned"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        let pin = (row["pinned"]?.arrayValue ?? []).compactMap(\.stringValue)
            .filter { !pinnedHere.contains($0) && set[$0] == nil }.sorted()
        guard !set.isEmpty || !pin.isEmpty else { return }
        if !pin.isEmpty {
            let names = pin.joined(separator: ", ")
            self.add(.harmless, table, name, message: "\(name): a refresh will leave \(names) alone")
        }
        self.edit(present, set, pin, name, of: table)
    }

    private mutating func edit(
        _ present: JSONObject,
        _ set: JSONObject,
        _ pin: [String],
        _ name: String,
        of table: RegistryTable
    ) {
        self.edits.append(
            Plan.Edit(
                table: table,
                key: Self.key(of: present, in: table),
                rowRevision: present["row_revision"]?.int64Value,
                set: set,
                pin: pin,
                free: []
            )
        )
        self.after[table]?[name]?.merge(set)
    }

    mutating func prune(to rows: [JSONObject], of table: RegistryTable) {
        let kept = Set(rows.map { RowName.of($0, in: table) })
        let gone = (self.before[table] ?? [:]).filter { !kept.contains($0.key) && $0.value["is_active"] == true }
        for (name, present) in gone.sorted(by: { NaturalOrder.precedes($0.key, $1.key) }) {
            self.add(
                .critical,
                table,
                name,
                column: "is_active",
                old: true,
                new: false,
                message: "\(name): the \(table.noun) is not in the catalogue and is switched off"
            )
            self.edit(present, ["is_active": false], [], name, of: table)
        }
    }

    private static func key(of row: JSONObject, in table: RegistryTable) -> JSONObject {
        JSONObject(table.identity.map { ($0, row[$0] ?? .null) })
    }

    private static func canonical(_ value: JSONValue, _ column: Column) -> JSONValue {
        do throws(CellProblem) {
            return try column.read(value)
        } catch {
            // The database has a value of an older kind; then any other is different.
            return value
        }
    }

    // MARK: Judging

    private mutating func judge(
        _ column: Column,
        from old: JSONValue,
        to new: JSONValue,
        _ name: String,
        of table: RegistryTable
    ) {
        let verdict = PlanVerdict(column, from: old, to: new, of: table, criticalIncrease: self.rules.criticalIncrease)
        self.add(
            verdict.danger,
            table,
            name,
            column: column.name,
            old: old,
            new: new,
            percent: verdict.percent,
            message: "\(name): \(verdict.words)"
        )
    }

    /// Names members of active routes that stand for no model any more, and routes that are left without any.
    mutating func judgeRoutes() {
        let (offered, willBeOffered) = (Self.names(in: self.before), Self.names(in: self.after))
        for (name, route) in (self.after[.routes] ?? [:]).sorted(by: { NaturalOrder.precedes($0.key, $1.key) }) {
            guard route["is_active"] != false else { continue }
            let before = self.before[.routes]?[name]
            let members = Self.members(of: route)
            let isChanged = before.map { Self.members(of: $0) != members } ?? true
            for member in Set(members).sorted() where !willBeOffered.contains(member) {
                guard isChanged || offered.contains(member) else { continue }
                self.add(
                    .critical,
                    .routes,
                    name,
                    column: "members",
                    new: .string(member),
                    message: "\(name): its member \(member) stands for no active model"
                )
            }
            let worked = before.map {
                $0["is_active"] != false && Self.members(of: $0).contains(where: offered.contains)
            }
            if worked != false, !members.contains(where: willBeOffered.contains) {
                self.add(.critical, .routes, name, message: "\(name): no model is left that the route could use")
            }
        }
    }

    private static func members(of route: JSONObject) -> [String] {
        (route["members"]?.arrayValue ?? []).compactMap { RouteMemberName.model(of: $0) }
    }

    /// Every name by which a request or a route may reach an active offer.
    private static func names(in tables: [RegistryTable: [String: JSONObject]]) -> Set<String> {
        let providers = tables[.providers] ?? [:]
        var names: Set<String> = []
        for (name, model) in tables[.models] ?? [:] where model["is_active"] != false {
            guard let provider = model["provider"]?.stringValue, providers[provider]?["is_active"] != false else {
                continue
            }
            names.insert(name)
            if let apiName = model["provider_model_id"]?.stringValue { names.insert(apiName) }
        }
        return names
    }

    private mutating func add(
        _ danger: Plan.Danger,
        _ table: RegistryTable,
        _ row: String,
        column: String? = nil,
        old: JSONValue = .null,
        new: JSONValue = .null,
        percent: Decimal? = nil,
        message: String
    ) {
        self.differences.append(
            Plan.Difference(
                danger: danger,
                table: table,
                row: row,
                column: column,
                old: old,
                new: new,
                percent: percent,
                message: message
            )
        )
    }
}
