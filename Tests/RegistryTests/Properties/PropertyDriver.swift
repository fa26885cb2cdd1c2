import FoundationEssentials
import Postgres
@testable import Registry
import Testing

/// Does random things to a registry and to the rules at once, and compares the two after each.
///
/// One driver belongs to one test; what it does follows from its seed alone, but for the order in which two writers of its
/// own get through, which it reads from the revisions that they made.
struct PropertyDriver {
    let registry: RegistryUnderTest
    var random: SplitMix
    var history = RuledHistory()
    /// The highest number that each row has had: whoever saw an old one must never be taken at their word.
    private var numbers: [RowKey: Int64] = [:]
    private var rows: [RowKey: RuledRow] = [:]
    private var lastNumber = 0
    /// How often each kind of step was taken, and how often it was refused.
    private(set) var tally: [String: Int] = [:]

    static let models = (0..<8).map { "m\($0)" }
    static let person = Authorship(actor: "person")

    init(registry: RegistryUnderTest, seed: UInt64) async throws {
        self.registry = registry
        self.random = SplitMix(seed: seed)
        _ = try await registry.store.write(as: Self.person) { connection in
            try await connection.query("INSERT INTO providers (id, slug, name) VALUES (1, 'one', 'One')")
        }
        // The provider's row is none that the rules know; its revision is the first state of an empty registry.
        self.history.begin()
    }

    /// Takes a step and compares.
    ///
    /// - Returns: What is wrong; nil if the registry is as the rules say.
    mutating func step() async throws -> String? {
        let what = try await self.take()
        self.tally[what, default: 0] += 1
        if let wrong = try await self.check() { return "after “\(what)”: \(wrong)" }
        // Looking back is compared now and then: at any revision there has been.
        guard self.chance(1, in: 12) else { return nil }
        let revision = Int64.random(in: 1...self.history.revision, using: &self.random)
        let then = try await self.registry.state(asOf: revision)
        guard then != self.history[revision] else { return nil }
        return "as of \(revision): \(Self.difference(self.history[revision], then))"
    }

    private mutating func take() async throws -> String {
        switch Int.random(in: 0..<100, using: &self.random) {
        case 0..<12: try await self.writeRows()
        case 12..<22: try await self.editRow()
        case 22..<30: try await self.writeInOneTransaction()
        case 30..<37: try await self.insertRow()
        case 37..<42: try await self.deleteRow()
        case 42..<43: try await self.truncate()
        case 43..<50: try await self.pinOrGiveBack()
        case 50..<68: try await self.refresh()
        case 68..<88: try await self.revert()
        case 88..<90: try await self.crash()
        case 90..<94: try await self.writeTwice()
        case 94..<96: try await self.refreshWhileWriting()
        case 96..<97: try await self.moveRow()
        default: try await self.beRefused()
        }
    }

    private mutating func check() async throws -> String? {
        let (state, numbers, revision) = try await self.registry.state()
        guard state == self.history.now else { return Self.difference(self.history.now, state) }
        guard revision == self.history.revision else {
            return "the revision is \(revision), and the rules have made \(self.history.revision)"
        }
        if let (key, _) = state.rows.first(where: { !$0.value.keepsTheRule }) {
            return "\(key) has a cell that nobody pinned and that is not what the provider says"
        }
        for (key, number) in numbers {
            let before = self.numbers[key] ?? 0
            guard number > before || (number == before && self.rows[key] == state.rows[key]) else {
                return "\(key) has the number \(number) after \(before)"
            }
            self.numbers[key] = max(before, number)
        }
        self.rows = state.rows
        return nil
    }

    static func difference(_ rules: RuledState, _ registry: RuledState) -> String {
        Set(rules.rows.keys).union(registry.rows.keys).sorted().compactMap { key in
            let ruled = rules.rows[key]
            let held = registry.rows[key]
            return ruled == held
                ? nil
                : "\(key) should be \(ruled.map { "\($0)" } ?? "gone") and is \(held.map { "\($0)" } ?? "gone")"
        }.joined(separator: "; ")
    }

    // MARK: Choosing

    mutating func chance(_ some: Int, in all: Int) -> Bool { Int.random(in: 0..<all, using: &self.random) < some }

    mutating func anyKey(of table: String? = nil) -> RowKey? {
        let tables = ["models", "models", "models", "routes", "route_members", "settings"]
        let table = table ?? tables.randomElement(using: &self.random) ?? "models"
        return self.history.now.keys(of: table).randomElement(using: &self.random)
    }

    /// A number that was not used before, and does not end in 0, so that a decimal has one spelling.
    mutating func newNumber() -> Int {
        self.lastNumber += self.lastNumber % 10 == 9 ? 2 : 1
        return self.lastNumber
    }

    /// A value for a cell, in the words of its column.
    mutating func value(_ column: String, isNew: Bool) -> String? {
        if !isNew, !["model", "model_name", "is_active"].contains(column), self.chance(1, in: 6) { return nil }
        let number = isNew ? 10 + self.newNumber() : Int.random(in: 1...4, using: &self.random)
        return switch column {
        case "pricing_prompt": "0.\(String(1_000_000 + number).dropFirst())"
        case "context_length": "\(number)"
        case "is_active": isNew ? "false" : "\(number > 2)"
        default: "\(column) \(number)"
        }
    }

    /// Values for some cells that people may write.
    mutating func values(for key: RowKey, isNew: Bool) -> [String: String?] {
        let columns =
            key.table == "models"
            ? RuledRow.discoverable + ["notes"] : key.table == "route_members" ? ["model"] : ["description"]
        var values: [String: String?] = [:]
        for column in columns.shuffled(using: &self.random) where values.isEmpty || self.chance(1, in: 3) {
            values.updateValue(self.value(column, isNew: isNew), forKey: column)
        }
        return values
    }

    /// `column = value, …` as people type it.
    static func assignments(_ values: [String: String?]) -> SQL {
        let types = ["pricing_prompt": "numeric", "context_length": "bigint", "is_active": "boolean"]
        return .joined(
            values.sorted { $0.key < $1.key }.map { column, value -> SQL in
                "\(SQL.identifier(column)) = \(value)::text::\(unescaped: types[column] ?? "text")"
            },
            separator: ", "
        )
    }
}
