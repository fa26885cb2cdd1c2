/// A table of the registry as people and programs see it.
///
/// Adding a column to a table is a migration and a line here.
package struct RegistryTable: Sendable {
    /// As the database has it: `models`.
    package let name: String
    /// One row of it, in words: `model`.
    package let noun: String
    /// What it is, in a sentence.
    package let meaning: String
    /// In the order in which people see them.
    package let columns: [Column]
    /// The columns that together name a row to a person.
    package let identity: [String]
    /// The columns that a free search looks into.
    package let searched: [String]

    private let byName: [String: Column]

    init(_ name: String, noun: String, identity: [String], searched: [String], _ meaning: String, columns: [Column]) {
        self.name = name
        self.noun = noun
        self.meaning = meaning
        self.columns = columns
        self.identity = identity
        self.searched = searched
        self.byName = Dictionary(columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The column of a name.
    package func column(_ name: String) -> Column? { self.byName[name] }

    /// The columns that a refresh fills and a person's edit pins.
    package var discoverable: [Column] { self.columns.filter(\.isDiscoverable) }

    /// Every table that people edit, in the order in which they depend on each other.
    package static let all: [RegistryTable] = [.providers, .models, .routes, .settings]

    /// The table of a name.
    package static func named(_ name: String) -> RegistryTable? { Self.all.first { $0.name == name } }
}

extension RegistryTable: Hashable {
    package static func == (left: RegistryTable, right: RegistryTable) -> Bool { left.name == right.name }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.name) }
}

extension Column {
    static let id = Column("id", "Id", .integer, .readOnly, isNullable: false, meaning: "The row's number.")

    /// What every table keeps of each row, at its end.
    static let kept: [Column] = [
        Column(
            "row_revision",
            "Row revision",
            .integer,
            .readOnly,
            isNullable: false,
            meaning: "Counts the changes of this row; an edit names the number it saw."
        ),
        Column("created_at", "Made", .moment, .readOnly, isNullable: false, meaning: "When the row was made."),
        Column(
            "updated_at",
            "Changed",
            .moment,
            .readOnly,
            isNullable: false,
            meaning: "When the row was last changed."
        ),
    ]
}
