import FoundationEssentials
import JSON
import Postgres
@testable import Registry
import TestSupport
import Testing

/// Looking back: the registry as of a revision, and what was changed.
@Suite struct HistoryTests {
    private static let anna = Authorship(actor: "anna", reason: "price list of May")

    /// Revisions: 1 a provider, 2 two models and a route, 3 a price by Anna, 4 a model deleted, 5 the price again.
    private static func fill(_ store: RegistryStore, _ client: PostgresClient) async throws {
        try await client.transaction { connection in
            _ = try await connection.query("INSERT INTO providers (id, slug, name) VALUES (1, 'one', 'One')")
        }
        try await client.transaction { connection in
            _ = try await connection.query(
                """
                INSERT INTO models (id, provider_id, provider_model_id, model_name, pricing_prompt)
                VALUES (10, 1, 'a', 'A', 0.000001), (11, 1, 'b', 'B', NULL)
                """
            )
            _ = try await connection.query("INSERT INTO routes (id, name) VALUES (5, 'default')")
            _ = try await connection.query("INSERT INTO route_members (route_id, position, model) VALUES (5, 1, 'a')")
        }
        _ = try await store.write(as: Self.anna) { connection in
            try await connection.query("UPDATE models SET pricing_prompt = 0.0000025 WHERE id = 10")
        }
        _ = try await client.query("DELETE FROM models WHERE id = 11")
        _ = try await client.query("UPDATE models SET pricing_prompt = 0.000003, notes = 'n' WHERE id = 10")
    }

    @Test func `the registry as of a revision has the rows, cells and members of then`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(store, client)
            _ = try await client.query("UPDATE route_members SET model = 'b'")
            _ = try await client.query("DELETE FROM routes")
            let then = try await store.snapshot(asOf: 3)
            #expect(then.revision == 3 && then.offers.map(\.qualifiedName) == ["one/a", "one/b"])
            #expect(then.offers[0].model.pricing.prompt?.description == "0.0000025")
            #expect(then.routes.map(\.members) == [["a"]])
            #expect(try await store.snapshot(asOf: 1).offers.isEmpty)
            #expect(try await store.snapshot(asOf: 0).providers.isEmpty)
            let now = try await store.snapshot(asOf: 7)
            let served = try await store.snapshot()
            #expect(now.offers.map(\.model) == served.offers.map(\.model))
            let rows = try await store.rows(of: .models, asOf: 4)
            #expect(rows.map { $0["pricing_prompt"] } == ["0.0000025"] && rows[0]["provider"] == "one")
            await #expect(throws: HistoryNotFound.self) { try await store.snapshot(asOf: 8) }
            await #expect(throws: HistoryNotFound.self) { try await store.snapshot(asOf: -1) }
        }
    }

    @Test func `a time stands for the last revision before it, and only the past has one`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(store, client)
            for revision in Int64(1)...5 {
                let date = try await client.query("SELECT committed_at FROM revisions WHERE revision = \(revision)")
                    .only().decode(Date.self, "committed_at")
                #expect(try await store.revision(at: .time(date)) == revision)
                #expect(try await store.revision(at: .time(date.addingTimeInterval(-0.000_01))) == revision - 1)
            }
            #expect(try await store.revision(at: .revision(5)) == 5)
            for point in [RevisionPoint.revision(6), .revision(-1), .time(Date(timeIntervalSinceNow: 3_600))] {
                await #expect(throws: HistoryNotFound.self) { try await store.revision(at: point) }
            }
            #expect(RevisionPoint("17") == .revision(17) && RevisionPoint("yesterday") == nil)
            #expect(RevisionPoint("2026-11-20") == RevisionPoint("2026-11-20T00:00:00Z"))
            #expect(RevisionPoint("2026-11-20T08:00:00.5Z") != nil)
        }
    }

    @Test func `psql users look back and read the history of a cell with functions of their own`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await Self.fill(store, client)
            #expect(
                try await execute("SELECT id, pricing_prompt FROM models_as_of(2) ORDER BY id", on: url) == [
                    "10|0.000001", "11|",
                ]
            )
            #expect(try await execute("SELECT model FROM route_members_as_of(5)", on: url) == ["a"])
            #expect(
                try await execute(
                    "SELECT revision, actor, reason, old_value, new_value FROM history_of('models', 10, 'pricing_prompt')",
                    on: url
                ) == [
                    "5|sql:roster||0.0000025|0.000003", "3|anna|price list of May|0.000001|0.0000025",
                    "2|sql:roster||null|0.000001",
                ]
            )
            #expect(
                try await execute("SELECT column_name FROM history_of('routes', 5, 'members')", on: url)
                    .contains("members 1: model")
            )
            #expect(try await execute("SELECT revision_at(now()), revision_at('2000-01-01')", on: url) == ["5|0"])
            // A session in another zone sees the same moments, and no difference where there is none.
            #expect(
                try await execute(
                    """
                    SET timezone = 'Asia/Tokyo';
                    SELECT count(*) FROM (SELECT * FROM models_as_of(5) EXCEPT SELECT * FROM models) d;
                    SELECT count(*) FROM revert_row('models', 10)
                    """,
                    on: url
                ) == ["0", "2"]
            )
            // Whatever is in the open transaction is undone too.
            #expect(
                try await execute(
                    "BEGIN; UPDATE models SET notes = 'open'; SELECT notes IS NULL FROM models_as_of(4); ROLLBACK",
                    on: url
                ) == ["t"]
            )
        }
    }

    /// A column that must not be empty and came after the row was deleted has its default then.
    @Test func `rows that were deleted before a column was added can be looked at and restored`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await Self.fill(store, client)
            try await execute("ALTER TABLE models ADD COLUMN tier text NOT NULL DEFAULT 'standard'", on: url)
            #expect(try await execute("SELECT tier FROM models_as_of(3) WHERE id = 11", on: url) == ["standard"])
            #expect(try await store.snapshot(asOf: 3).offers.count == 2)
            #expect(try await store.restore(.models, id: 11, as: Self.anna).revision == 6)
            #expect(try await execute("SELECT tier FROM models WHERE id = 11", on: url) == ["standard"])
        }
    }

    @Test func `changes are found by row, column, revision, time and actor, and paged without a gap`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(store, client)
            _ = try await store.createKey(NewAPIKey(description: "mine"), as: Self.anna)
            var query = ChangeQuery()
            func expect(_ revisions: [Int64], sourceLocation: SourceLocation = #_sourceLocation) async throws {
                let found = try await store.changes(query).changes.map(\.revision)
                #expect(found == revisions, sourceLocation: sourceLocation)
                query = ChangeQuery()
            }
            (query.table, query.rowID) = ("models", 10)
            try await expect([5, 3, 2])
            (query.table, query.column) = ("models", "notes")
            try await expect([5])
            query.revisions = 3...4
            try await expect([4, 3])
            query.actor = "an"
            try await expect([6, 3])
            query.since = Date(timeIntervalSinceNow: 60)
            try await expect([])
            query.until = Date(timeIntervalSinceNow: -60)
            try await expect([])
            // With a route come its members, and that its members changed.
            (query.table, query.rowID) = ("routes", 5)
            try await expect([2, 2, 2])

            let all = try await store.changes(query).changes
            #expect(all.first?.cells.contains { $0.column == "key_hash" } == false)
            let deletion = try #require(all.first { $0.operation == .delete })
            #expect(deletion.title == "one/b" && deletion.cells.contains { $0.column == "id" && $0.new == .null })
            query.limit = 2
            var paged: [Change] = []
            repeat {
                let page = try await store.changes(query)
                paged += page.changes
                query.cursor = page.next
            } while query.cursor != nil
            #expect(paged == all)
            for wrong in [(0, nil), (1_001, nil), (1, "x"), (1, "1-2-3")] as [(Int, String?)] {
                query.limit = wrong.0
                query.cursor = wrong.1
                let refused = query
                await #expect(throws: ChangeQueryProblem.self) { try await store.changes(refused) }
            }
        }
    }
}
