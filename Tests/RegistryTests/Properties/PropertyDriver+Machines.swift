import JSON
import Postgres
@testable import Registry
import Testing

/// What refreshes do, and reverts.
extension PropertyDriver {
    private static let refresher = Authorship(actor: "refresh:one")

    /// A complete list of the provider, with some models missing.
    private mutating func list() -> [String: [String: String]] {
        var list: [String: [String: String]] = [:]
        for name in Self.models where self.chance(3, in: 4) {
            var told: [String: String] = [:]
            for column in RuledRow.discoverable { told[column] = self.value(column, isNew: false) }
            list[name] = told
        }
        return list
    }

    private static func discovered(_ list: [String: [String: String]]) -> [DiscoveredModel] {
        list.sorted { $0.key < $1.key }.map { name, told in
            var cells: JSONObject = [
                "input_modalities": [], "output_modalities": [], "features": [], "regions": [], "tags": [],
                "metadata": [:],
                "sources": [:],
            ]
            for column in RuledRow.discoverable {
                cells[column] =
                    switch column {
                    case "pricing_prompt", "context_length":
                        told[column].flatMap { JSONNumber(spelling: $0) }.map { .number($0) } ?? .null
                    case "is_active": .bool(told[column] == "true")
                    default: JSONValue(told[column])
                    }
            }
            return DiscoveredModel(apiName: name, cells: cells)
        }
    }

    /// The state after a merge; the numbers of new models are the database's to choose.
    private func merged(_ state: RuledState, _ list: [String: [String: String]]) async throws -> RuledState {
        var state = state
        let new = state.refresh(list)
        guard !new.isEmpty else { return state }
        for row in try await self.registry.client.query(
            "SELECT id, provider_model_id AS name FROM models WHERE provider_model_id = ANY (\(new.sorted())::text[])"
        ) {
            let name = try row.decode(String.self, "name")
            var model = RuledRow()
            model.cells = ["provider_model_id": name]
            model.hear(list[name] ?? [:])
            state.rows[RowKey(table: "models", id: try row.decode(Int64.self, "id"))] = model
        }
        return state
    }

    mutating func refresh() async throws -> String {
        let list = self.list()
        let isDryRun = self.chance(1, in: 6)
        let outcome = try await self.registry.store.merge(
            Self.discovered(list),
            ofProvider: 1,
            isDryRun: isDryRun,
            as: Self.refresher
        )
        var expected = self.history.now
        #expect(Set(outcome.added) == expected.refresh(list))
        guard !isDryRun else { return "refresh, dry" }
        self.history.commit(try await self.merged(self.history.now, list))
        return "refresh"
    }

    /// A refresh and a person's write of the same row at once: whichever is first, the person's value shows.
    mutating func refreshWhileWriting() async throws -> String {
        guard let key = self.anyKey(of: "models") else { return "nothing to write meanwhile" }
        let list = self.list()
        let values = ["description": "description \(10 + self.newNumber())"]
        let (store, models) = (self.registry.store, Self.discovered(list))
        async let merge = store.merge(models, ofProvider: 1, isDryRun: false, as: Self.refresher).revision
        async let write = store.write(as: Self.person) { connection in
            try await connection.query("UPDATE models SET \(Self.assignments(values)) WHERE id = \(key.id)")
        }.revision
        let (merged, written) = try await (merge, write)
        let isWrittenFirst = (written ?? 0) < (merged ?? .max)
        for isWrite in isWrittenFirst ? [true, false] : [false, true] {
            if isWrite {
                var state = self.history.now
                state.rows[key]?.write(values)
                self.history.commit(state)
            } else {
                self.history.commit(try await self.merged(self.history.now, list))
            }
        }
        return "refresh while writing"
    }

    mutating func revert() async throws -> String {
        let latest = self.history.revision
        // The first revision made the provider, which the rules do not look at.
        guard latest > 1 else { return "nothing to revert" }
        // Mostly what happened lately, as people do.
        let first = self.chance(1, in: 8) ? 2 : max(2, latest - 12)
        let revision = Int64.random(in: first...latest, using: &self.random)
        let isDryRun = self.chance(1, in: 6)
        switch Int.random(in: 0..<10, using: &self.random) {
        case 0..<4:
            return try await self.take(
                "revert a revision",
                .revision(revision),
                expecting: self.history.reverting(revision),
                isDryRun: isDryRun
            )
        case 4..<7: return try await self.revertRowOrCell(revision, isDryRun: isDryRun)
        case 7..<9: return try await self.restoreRow(isDryRun: isDryRun)
        default:
            return try await self.take(
                "revert everything after",
                .everythingAfter(revision - 1),
                expecting: self.history.revertingEverything(after: revision - 1),
                isDryRun: isDryRun
            )
        }
    }

    private mutating func revertRowOrCell(_ revision: Int64, isDryRun: Bool) async throws -> String {
        let before = self.history[revision - 1].rows
        let touched =
            before.keys.filter { before[$0] != self.history[revision].rows[$0] }
            + self.history[revision].rows.keys.filter { before[$0] == nil }
        let keys = touched.filter { $0.table != "route_members" }.sorted()
        guard let key = keys.randomElement(using: &self.random) ?? self.anyKey(of: "models"),
            let table = RegistryTable.named(key.table)
        else { return "no row to revert" }
        let named = self.chance(1, in: 2) ? revision : nil
        if self.chance(1, in: 2) {
            guard let revision = named ?? self.history.latestChange(of: key) else { return "no change to revert" }
            return try await self.take(
                named == nil ? "revert a row's latest" : "revert a row",
                .row(table: table, id: key.id, revision: named),
                expecting: self.history.reverting(revision, only: key),
                isDryRun: isDryRun
            )
        }
        let columns = key.table == "routes" ? ["members", "description"] : RuledRow.columns[key.table] ?? []
        guard let column = columns.randomElement(using: &self.random),
            // A column that nothing has ever changed is refused in another way.
            let latest = self.history.latestChange(of: key, column: column)
        else { return "no cell to revert" }
        return try await self.take(
            named == nil ? "revert a cell's latest" : "revert a cell",
            .cell(table: table, id: key.id, column: column, revision: named),
            expecting: self.history.reverting(named ?? latest, only: key, column: column),
            isDryRun: isDryRun
        )
    }

    private mutating func restoreRow(isDryRun: Bool) async throws -> String {
        let gone = Set(self.history.states.suffix(20).flatMap(\.rows.keys)).subtracting(self.history.now.rows.keys)
            .filter { $0.table != "route_members" }.sorted()
        guard let key = gone.randomElement(using: &self.random), let table = RegistryTable.named(key.table),
            let deletion = self.history.deletion(of: key)
        else { return "no row to restore" }
        let expected = self.history.reverting(deletion, only: key)
        return try await self.take("restore", expecting: expected, isDryRun: isDryRun) { store in
            try await store.restore(table, id: key.id, as: Self.person, isDryRun: isDryRun)
        }
    }

    private mutating func take(
        _ what: String,
        _ reversion: Reversion,
        expecting expected: RuledState?,
        isDryRun: Bool
    ) async throws -> String {
        let newest = reversion == .revision(self.history.revision) ? self.history[self.history.revision - 1] : nil
        let words = try await self.take(what, expecting: expected, isDryRun: isDryRun) { store in
            try await store.revert(reversion, as: Self.person, isDryRun: isDryRun)
        }
        if let newest, expected != nil, !isDryRun {
            // Taking back what was done last shows what was there before, whatever it was.
            #expect(self.history.now.rows.mapValues(\.cells) == newest.rows.mapValues(\.cells))
        }
        return words
    }

    private mutating func take(
        _ what: String,
        expecting expected: RuledState?,
        isDryRun: Bool,
        _ body: (RegistryStore) async throws -> ReversionOutcome
    ) async throws -> String {
        do {
            let outcome = try await body(self.registry.store)
            guard let expected else {
                throw PropertyViolation("\(what) was not refused, and would have lost something")
            }
            #expect(outcome.cells.isEmpty == (expected == self.history.now), "\(what): \(outcome.cells)")
            #expect((outcome.revision == nil) == (isDryRun || outcome.cells.isEmpty))
            if !isDryRun { self.history.commit(expected) }
            return isDryRun ? "\(what), dry" : what
        } catch let refusal as ReversionRefused {
            guard expected == nil else { throw PropertyViolation("\(what) was refused: \(refusal)") }
            return "\(what), refused"
        }
    }
}

/// The registry did what the rules do not allow, or refused what they do.
struct PropertyViolation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
