import FoundationEssentials
import JSON
import Postgres
@testable import Registry
import TestSupport
import Testing

/// Taking things back, and each way in which it is refused.
@Suite struct RevertingTests {
    private static let anna = Authorship(actor: "anna")
    private static let bob = Authorship(actor: "bob")

    /// Revision 1: a provider and a model that it lists at 1.
    private static func fill(_ store: RegistryStore, _ client: PostgresClient) async throws {
        try await client.transaction { connection in
            _ = try await connection.query("INSERT INTO providers (id, slug, name) VALUES (1, 'one', 'One')")
            _ = try await connection.query("SET LOCAL roster.writer = 'refresh'")
            _ = try await connection.query(
                "CREATE TEMPORARY TABLE listed_models (provider_model_id text, discovered jsonb)"
            )
            _ = try await connection.query(
                "INSERT INTO listed_models VALUES ('a', '\(unescaped: Self.told("0.000001"))')"
            )
            _ = try await connection.query("SELECT merge_listed_models(1)")
            _ = try await connection.query("DROP TABLE listed_models")
        }
    }

    private static func told(_ price: String) -> String {
        """
        {"model_name": "A", "is_active": true, "input_modalities": [], "output_modalities": [], "features": [],
        "regions": [], "tags": [], "metadata": {}, "sources": {}, "pricing_prompt": \(price)}
        """
    }

    private static func refresh(_ store: RegistryStore, price: String) async throws {
        let cells = try JSONValue(parsing: Array(Self.told(price).utf8)).objectValue ?? [:]
        _ = try await store.merge(
            [DiscoveredModel(apiName: "a", cells: cells)],
            ofProvider: 1,
            isDryRun: false,
            as: Authorship(actor: "refresh:one")
        )
    }

    private static func price(_ price: String, by author: Authorship, _ store: RegistryStore) async throws {
        _ = try await store.edit(
            [RowEdit(.update(id: 1), of: .models, set: ["pricing_prompt": .string(price)])],
            as: author
        )
    }

    private static func cell(_ client: PostgresClient) async throws -> String {
        try await client.query(
            "SELECT pricing_prompt || CASE WHEN 'pricing_prompt' = ANY (pinned) THEN ' pinned' ELSE '' END AS cell FROM models"
        ).only().decode(String.self, "cell")
    }

    private static func refusal(_ body: () async throws -> ReversionOutcome) async throws -> ReversionRefused {
        do {
            let outcome = try await body()
            throw PropertyViolation("it was not refused: \(outcome)")
        } catch let refusal as ReversionRefused {
            return refusal
        }
    }

    @Test func `what a cell goes back to follows from who had written it before`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(store, client)
            let cell = { (revision: Int64?) in
                Reversion.cell(table: .models, id: 1, column: "pricing_prompt", revision: revision)
            }
            try await Self.price("0.000005", by: Self.anna, store)
            try await Self.refresh(store, price: "0.000002")
            // A person's first edit: given back, so that it shows what the provider says now.
            let outcome = try await store.revert(cell(2), as: Self.bob)
            #expect(outcome.revision == 4)
            #expect(try await Self.cell(client) == "0.000002")
            #expect(outcome.cells.map(\.column) == ["pinned", "pricing_prompt"] && outcome.cells[1].title == "one/a")
            // Taking that back: hers again.
            _ = try await store.revert(.revision(4), as: Self.bob)
            #expect(try await Self.cell(client) == "0.000005 pinned")
            // A second edit goes back to the first.
            try await Self.price("0.000006", by: Self.anna, store)
            _ = try await store.revert(cell(nil), as: Self.bob)
            #expect(try await Self.cell(client) == "0.000005 pinned")
            // A give-back goes back to the person's value.
            _ = try await store.edit(
                [RowEdit(.update(id: 1), of: .models, giveBack: ["pricing_prompt"])],
                as: Self.anna
            )
            #expect(try await Self.cell(client) == "0.000002")
            _ = try await store.revert(.row(table: .models, id: 1, revision: nil), as: Self.bob)
            #expect(try await Self.cell(client) == "0.000005 pinned")
            // What a refresh changed goes back to the old value and stays there.
            _ = try await store.edit(
                [RowEdit(.update(id: 1), of: .models, giveBack: ["pricing_prompt"])],
                as: Self.anna
            )
            try await Self.refresh(store, price: "0.000003")
            _ = try await store.revert(cell(nil), as: Self.bob)
            #expect(try await Self.cell(client) == "0.000002 pinned")
            try await Self.refresh(store, price: "0.000004")
            #expect(try await Self.cell(client) == "0.000002 pinned")
            let reasons = try await client.query(
                "SELECT reason FROM revisions WHERE actor = 'bob' ORDER BY revision LIMIT 1"
            )
            #expect(try reasons.only().decode(String.self, "reason") == "undo of revision 2 of pricing_prompt of one/a")
        }
    }

    @Test func `a later edit is not lost: the refusal names who, when, and both values`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await Self.fill(store, client)
            try await Self.price("0.000005", by: Self.anna, store)
            try await Self.price("0.000006", by: Self.bob, store)
            let refused = try await Self.refusal { try await store.revert(.revision(2), as: Self.anna) }
            #expect(
                refused.message.hasPrefix(
                    "Revision 2 cannot be undone: pricing_prompt of one/a was 0.000005 after revision 2, and bob (revision 3, "
                )
            )
            #expect(refused.message.hasSuffix("made it 0.000006.") && refused.hint != nil)
            let obstacle = try #require(refused.obstacles.first)
            #expect(obstacle.actor == "bob" && obstacle.revision == 3 && obstacle.column == "pricing_prompt")
            #expect(
                obstacle.left.numberValue?.spelling == "0.000005"
                    && obstacle.present.numberValue?.spelling == "0.000006"
            )
            #expect(abs(obstacle.changedAt?.timeIntervalSinceNow ?? 9_999) < 600)
            // Nothing was changed, and psql says the same.
            #expect(try await store.position().revision == 3)
            let words = await #expect(throws: StatementError.self) {
                try await execute("SELECT revert_revision(2)", on: url)
            }
            #expect(words?.description.contains(refused.message) == true)
            #expect(words?.description.contains("HINT:  Undo the later change first") == true)

            _ = try await store.edit([RowEdit(.update(id: 1), of: .models, giveBack: ["pricing_prompt"])], as: Self.bob)
            let givenBack = try await Self.refusal { try await store.revert(.revision(3), as: Self.anna) }
            #expect(givenBack.message.contains("and bob (revision 4, "))
            _ = try await store.edit([RowEdit(.delete(id: 1), of: .models)], as: Self.bob)
            let gone = try await Self.refusal { try await store.revert(.revision(4), as: Self.anna) }
            #expect(gone.message.contains("one/a was deleted by bob (revision 5, "))
            let cell = Reversion.cell(table: .models, id: 1, column: "pricing_prompt", revision: nil)
            let went = try await Self.refusal { try await store.revert(cell, as: Self.anna) }
            #expect(went.message.contains("pricing_prompt went with one/a itself: restore the row instead."))
        }
    }

    @Test func `a deleted row comes back with its number, its pins and its parts, unless its name was taken`()
        async throws
    {
        try await MigratedDatabase.with { store, client, url in
            try await Self.fill(store, client)
            try await Self.price("0.000005", by: Self.anna, store)
            try await execute(
                """
                BEGIN; INSERT INTO routes (id, name) VALUES (7, 'default');
                INSERT INTO route_members (route_id, position, model) VALUES (7, 1, 'a'), (7, 2, 'b'), (7, 3, 'c'); COMMIT
                """,
                on: url
            )
            try await execute("DELETE FROM route_members WHERE model = 'c'", on: url)
            try await execute("BEGIN; DELETE FROM models; DELETE FROM routes; COMMIT", on: url)
            let rehearsal = try await store.restore(.models, id: 1, as: Self.bob, isDryRun: true)
            #expect(rehearsal.revision == nil && rehearsal.cells.contains { $0.column == "id" })
            #expect(try await store.restore(.models, id: 1, as: Self.bob).revision == 6)
            #expect(try await Self.cell(client) == "0.000005 pinned")
            // Its number goes on, so that nobody's old number names it.
            #expect(try await execute("SELECT id, row_revision FROM models", on: url) == ["1|3"])
            _ = try await store.restore(.routes, id: 7, as: Self.bob)
            #expect(try await execute("SELECT model FROM route_members ORDER BY position", on: url) == ["a", "b"])
            let there = try await Self.refusal { try await store.restore(.routes, id: 7, as: Self.bob) }
            #expect(there.message == "default is there: only a deleted row can be restored.")

            try await execute("DELETE FROM models", on: url)
            try await Self.refresh(store, price: "0.000001")
            let taken = try await Self.refusal { try await store.restore(.models, id: 1, as: Self.bob) }
            #expect(
                taken.message.contains(
                    "This provider already has a model of this API name. It was taken meanwhile by row 2 of models, made by refresh:one"
                )
            )
            await #expect(throws: HistoryNotFound.self) { try await store.restore(.models, id: 99, as: Self.bob) }
        }
    }

    @Test func `a row that was added goes, unless somebody has edited it or others belong to it`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await Self.fill(store, client)
            _ = try await client.query("INSERT INTO providers (id, slug, name) VALUES (2, 'two', 'Two')")
            _ = try await client.query(
                "INSERT INTO models (id, provider_id, provider_model_id, model_name) VALUES (9, 2, 'x', 'X')"
            )
            let used = try await Self.refusal { try await store.revert(.revision(2), as: Self.bob) }
            #expect(
                used.message.contains(
                    "two cannot go, because 1 of models still belong to it, such as two/x, made by sql:"
                )
            )
            _ = try await store.edit([RowEdit(.update(id: 9), of: .models, set: ["notes": "mine"])], as: Self.anna)
            let edited = try await Self.refusal {
                try await store.revert(.row(table: .models, id: 9, revision: 3), as: Self.bob)
            }
            #expect(edited.message.contains("notes of two/x was empty after revision 3, and anna (revision 4, "))
            let cell = Reversion.cell(table: .models, id: 9, column: "model_name", revision: nil)
            let came = try await Self.refusal { try await store.revert(cell, as: Self.bob) }
            #expect(came.message.contains("model_name came with two/x itself, so there is nothing before it"))
            _ = try await store.revert(.revision(4), as: Self.bob)
            _ = try await store.revert(.revision(3), as: Self.bob)
            #expect(try await store.revert(.revision(2), as: Self.bob).revision == 7)
            #expect(try await execute("SELECT slug FROM providers", on: url) == ["one"])
        }
    }

    @Test func `everything after a revision is taken back, but no key is opened again`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await Self.fill(store, client)
            let (key, _) = try await store.createKey(NewAPIKey(description: "mine"), as: Self.anna)
            let then = try await store.snapshot()
            try await Self.price("0.000005", by: Self.anna, store)
            try await Self.refresh(store, price: "0.000002")
            _ = try await store.edit(
                [RowEdit(.update(id: 1), of: .models, giveBack: ["pricing_prompt"])],
                as: Self.anna
            )
            _ = try await client.query("INSERT INTO routes (name) VALUES ('later')")
            let (_, ended) = try await store.revokeKey(id: key.id, as: Self.anna)
            let revision = try #require(ended)
            let keyRevert = try await Self.refusal { try await store.revert(.revision(revision), as: Self.bob) }
            #expect(keyRevert.message.contains("keys of clients"))
            let rehearsal = try await store.revert(.everythingAfter(then.revision), as: Self.bob, isDryRun: true)
            let outcome = try await store.revert(.everythingAfter(then.revision), as: Self.bob)
            #expect(rehearsal.cells == outcome.cells && outcome.revision == revision + 1)
            let now = try await store.snapshot()
            #expect(now.routes.isEmpty && now.offers.map(\.model.pricing) == then.offers.map(\.model.pricing))
            // The provider says 2 now; without a pin the next refresh would take the revert back.
            #expect(try await Self.cell(client) == "0.000001 pinned")
            #expect(try await store.keys().first?.revokedAt != nil)
            #expect(try await store.revert(.everythingAfter(revision + 1), as: Self.bob).revision == nil)
            await #expect(throws: HistoryNotFound.self) {
                try await store.revert(.everythingAfter(revision + 2), as: Self.bob)
            }
            await #expect(throws: HistoryNotFound.self) { try await store.revert(.revision(0), as: Self.bob) }
            #expect(try await execute("SELECT current_setting('roster.writer', true)", on: url) == [])
        }
    }

    @Test func `members of a route are taken back together, and names that were exchanged find an order`() async throws
    {
        try await MigratedDatabase.with { store, client, url in
            try await Self.fill(store, client)
            let made = try await store.edit(
                [RowEdit(.create, of: .routes, set: ["name": "pool", "members": ["a", "b"]])],
                as: Self.anna
            )
            let id = try #require(made.rows.first?.id)
            _ = try await store.edit(
                [RowEdit(.update(id: id), of: .routes, set: ["members": ["c", "a"]])],
                as: Self.anna
            )
            let members = Reversion.cell(table: .routes, id: id, column: "members", revision: nil)
            _ = try await store.revert(members, as: Self.bob)
            #expect(try await store.snapshot().routes.first?.members.map(\.model) == ["a", "b"])
            // x became y, and then another became x: taken back, the second must let go of the name first.
            try await execute("INSERT INTO settings (name, value) VALUES ('x', '{}'), ('z', '{}')", on: url)
            let before = try await store.position().revision
            try await execute("UPDATE settings SET name = 'y' WHERE name = 'x'", on: url)
            try await execute("UPDATE settings SET name = 'x' WHERE name = 'z'", on: url)
            _ = try await store.revert(.everythingAfter(before), as: Self.bob)
            #expect(try await execute("SELECT name FROM settings ORDER BY id", on: url) == ["x", "z"])
        }
    }
}
