import JSON

/// Names a row of a registry table.
struct RowKey: Hashable, Comparable, CustomStringConvertible {
    let table: String
    let id: Int64

    static func < (left: RowKey, right: RowKey) -> Bool { (left.table, left.id) < (right.table, right.id) }

    var description: String { "\(self.table) \(self.id)" }
}

/// A row as the rules see it: what shows, what is pinned, and what the provider says.
struct RuledRow: Hashable {
    /// The cells that are not empty, as text.
    var cells: [String: String] = [:]
    var pinned: Set<String> = []
    /// What the provider last said of every discoverable column; nil if it never said anything.
    var told: [String: String]?
    var isMissing = false

    /// What the tests look at; other columns are left as they come.
    static let columns: [String: [String]] = [
        "models": [
            "provider_model_id", "model_name", "description", "pricing_prompt", "context_length", "is_active", "notes",
        ],
        "routes": ["name", "description", "is_active"],
        "route_members": ["route_id", "position", "model"],
        "settings": ["name", "description"],
    ]
    static let discoverable = ["model_name", "description", "pricing_prompt", "context_length", "is_active"]

    /// Reads a row as PostgreSQL puts it into JSON.
    init(_ table: String, json: JSONObject) {
        for column in Self.columns[table] ?? [] { self.cells[column] = Self.text(json[column]) }
        guard table == "models" else { return }
        self.pinned = Set(json["pinned"]?.arrayValue?.compactMap(\.stringValue) ?? []).intersection(Self.discoverable)
        self.isMissing = json["missing_since"]?.isNull == false
        if let discovered = json["discovered"]?.objectValue, !discovered.isEmpty {
            self.told = Dictionary(
                uniqueKeysWithValues: Self.discoverable.compactMap { column in
                    Self.text(discovered[column]).map { (column, $0) }
                }
            )
        }
    }

    init() {}

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case nil, .null: nil
        case .string(let text): text
        case .number(let number): number.spelling
        case .bool(let bool): "\(bool)"
        case .array, .object: value?.serializedString()
        }
    }

    /// A cell that nobody has pinned shows what the provider says.
    var keepsTheRule: Bool {
        guard let told = self.told else { return true }
        return Self.discoverable.allSatisfy { self.pinned.contains($0) || self.cells[$0] == told[$0] }
    }

    /// What a person's write makes of it.
    mutating func write(_ values: [String: String?], pin: Set<String> = [], giveBack: Set<String> = []) {
        var changed: Set<String> = []
        for (column, value) in values where self.cells[column] != value {
            self.cells[column] = value
            changed.insert(column)
        }
        guard !self.isOfOtherTable else { return }
        for column in giveBack.intersection(self.pinned).subtracting(changed) {
            self.pinned.remove(column)
            if let told = self.told { self.cells[column] = told[column] }
        }
        self.pinned.formUnion(pin)
        self.pinned.formUnion(changed.intersection(Self.discoverable))
    }

    /// What a refresh makes of it.
    mutating func hear(_ told: [String: String]) {
        self.told = told
        self.isMissing = false
        for column in Self.discoverable where !self.pinned.contains(column) { self.cells[column] = told[column] }
    }

    private var isOfOtherTable: Bool { self.cells["provider_model_id"] == nil }
}

/// The registry as the rules have it, written down without a look at the database's functions.
struct RuledState: Equatable {
    var rows: [RowKey: RuledRow] = [:]

    /// A row that a person adds.
    mutating func insert(_ key: RowKey, _ cells: [String: String]) {
        var row = RuledRow()
        row.cells = cells
        if key.table == "models" { row.pinned = Set(cells.keys).intersection(RuledRow.discoverable) }
        self.rows[key] = row
    }

    /// Removes a row, and with a route its members.
    mutating func delete(_ key: RowKey) {
        self.rows[key] = nil
        guard key.table == "routes" else { return }
        for (part, row) in self.rows where part.table == "route_members" && row.cells["route_id"] == String(key.id) {
            self.rows[part] = nil
        }
    }

    /// What a complete list of the provider makes of its models; those that are new are returned, for they have no number.
    mutating func refresh(_ list: [String: [String: String]]) -> Set<String> {
        var new = Set(list.keys)
        for (key, row) in self.rows where key.table == "models" {
            guard let apiName = row.cells["provider_model_id"] else { continue }
            new.remove(apiName)
            if let told = list[apiName] {
                self.rows[key]?.hear(told)
            } else if row.told != nil {
                self.rows[key]?.isMissing = true
            }
        }
        return new
    }

    func keys(of table: String) -> [RowKey] { self.rows.keys.filter { $0.table == table }.sorted() }

    /// Whether names are unique, and every member has a route.
    var isConsistent: Bool {
        var names: Set<[String]> = []
        for (key, row) in self.rows {
            let name: [String?] =
                switch key.table {
                case "models": [row.cells["provider_model_id"]]
                case "route_members": [row.cells["route_id"], row.cells["position"]]
                default: [row.cells["name"]]
                }
            guard names.insert([key.table] + name.map { $0 ?? "" }).inserted else { return false }
            if key.table == "route_members" {
                guard let route = row.cells["route_id"].flatMap({ Int64($0) }),
                    self.rows[RowKey(table: "routes", id: route)] != nil
                else { return false }
            }
        }
        return true
    }
}
