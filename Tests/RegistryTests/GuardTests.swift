import FoundationEssentials
import JSON
import Postgres
import Registry
import TestSupport
import Testing

/// A refresh does not believe everything at once: the historic errors of this field, and what is done instead.
@Suite struct GuardTests {
    private static let refresh = Authorship(actor: "refresh:p")

    private static func model(_ apiName: String, price: String?) -> DiscoveredModel {
        DiscoveredModel(
            apiName: apiName,
            cells: [
                "model_name": .string(apiName),
                "pricing_prompt": price.flatMap { JSONNumber(spelling: $0) }.map { .number($0) } ?? .null,
                "input_modalities": [], "output_modalities": [], "features": [], "regions": [], "tags": [],
                "is_active": true,
                "metadata": [:], "sources": [:],
            ]
        )
    }

    private static func list(
        _ models: [(String, String?)],
        isComplete: Bool = true,
        in store: RegistryStore
    ) async throws -> MergeOutcome {
        let outcome = try await store.merge(
            models.map { self.model($0, price: $1) },
            ofProvider: 1,
            isComplete: isComplete,
            guards: MergeGuards(),
            isDryRun: false,
            as: self.refresh
        )
        // The run is remembered, as a refresher does.
        try await store.record(
            SyncRun(
                provider: "p",
                startedAt: Date(),
                finishedAt: Date(),
                outcome: "succeeded",
                message: "",
                fetched: 0,
                transformed: 0,
                skipped: 0,
                added: 0,
                changed: 0,
                revision: outcome.revision
            ),
            ofProvider: 1
        )
        return outcome
    }

    private static func price(_ client: PostgresClient, _ apiName: String) async throws -> String? {
        try await client.query("SELECT pricing_prompt::text AS price FROM models WHERE provider_model_id = \(apiName)")
            .only().decode(String?.self, "price")
    }

    private static func isActive(_ client: PostgresClient, _ apiName: String) async throws -> Bool {
        try await client.query("SELECT is_active FROM models WHERE provider_model_id = \(apiName)")
            .only().decode(Bool.self, "is_active")
    }

    @Test func `a price off by a thousand or a million is shown to a person and not applied`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await execute("INSERT INTO providers (slug, name) VALUES ('p', 'P')", on: url)
            #expect(
                try await Self.list([("a", "0.000001"), ("b", "2.5"), ("free", "0")], in: store).heldBack.map(\.apiName)
                    == ["b"]
            )
            #expect(try await Self.price(client, "b") == nil)
            // Per 1K taken for per token, a unit lost, a price that is not zero and next to nothing.
            let wrong = try await Self.list([("a", "0.001"), ("b", "1"), ("free", "0.000000000000001")], in: store)
            #expect(Set(wrong.heldBack.map(\.apiName)) == ["a", "b", "free"])
            #expect(try await Self.price(client, "a") == "0.000001")
            #expect(try await Self.price(client, "free") == "0")
            let waiting = try await client.query(
                "SELECT provider_model_id AS name FROM review_queue WHERE status = 'waiting'"
            )
            #expect(try Set(waiting.map { try $0.decode(String.self, "name") }) == ["a", "b", "free"])
            // The provider mends it: nothing waits any more, and what is believable is applied.
            let mended = try await Self.list([("a", "0.000002"), ("b", "0.0000025"), ("free", "0")], in: store)
            #expect(mended.heldBack.isEmpty)
            #expect(try await Self.price(client, "a") == "0.000002")
            let left = try await client.query("SELECT count(*) AS count FROM review_queue WHERE status = 'waiting'")
            #expect(try left.only().decode(Int64.self, "count") == 0)
        }
    }

    @Test func `what a person accepts is discovered, what they reject is not asked again`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await execute("INSERT INTO providers (slug, name) VALUES ('p', 'P')", on: url)
            _ = try await Self.list([("a", "0.000001"), ("b", "0.000001"), ("mine", "0.000001")], in: store)
            try await execute("UPDATE models SET pricing_prompt = 0.000007 WHERE provider_model_id = 'mine'", on: url)
            _ = try await Self.list([("a", "0.0001"), ("b", "0.0001"), ("mine", "0.0001")], in: store)
            try await execute(
                """
                SELECT decide_review(id, provider_model_id <> 'b') FROM review_queue WHERE status = 'waiting'
                """,
                on: url
            )
            #expect(try await Self.price(client, "a") == "0.0001")
            #expect(try await Self.price(client, "b") == "0.000001")
            // A person beats the machine, also when they have accepted what it says.
            #expect(try await Self.price(client, "mine") == "0.000007")
            let again = try await Self.list([("a", "0.0001"), ("b", "0.0001"), ("mine", "0.0001")], in: store)
            #expect(again.heldBack.isEmpty && again.revision == nil)
            let error = try await #require(throws: PostgresError.self) { () async throws in
                _ = try await client.query("SELECT decide_review(id, true) FROM review_queue WHERE status = 'rejected'")
            }
            #expect(error.message.contains("rejected"))
        }
    }

    @Test func `a model missing from three whole lists is switched off, and comes back with the list`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await execute("INSERT INTO providers (slug, name) VALUES ('p', 'P')", on: url)
            let rest: [(String, String?)] = [("b", nil), ("c", nil), ("kept", nil)]
            _ = try await Self.list([("a", nil), ("own", nil)] + rest, in: store)
            try await execute(
                """
                UPDATE models SET pinned = pinned || '{is_active}' WHERE provider_model_id = 'own';
                INSERT INTO models (provider_id, provider_model_id, model_name) VALUES (1, 'typed', 'Typed by hand');
                """,
                on: url
            )
            // A list that is not whole is no strike.
            #expect(try await Self.list(rest, isComplete: false, in: store).missing.isEmpty)
            #expect(try await Self.list(rest, in: store).deactivated.isEmpty)
            #expect(try await Self.list(rest, in: store).deactivated.isEmpty)
            #expect(try await Self.isActive(client, "a"))
            #expect(try await Self.list(rest, in: store).deactivated == ["a"])
            #expect(try await !Self.isActive(client, "a"))
            // What a person has set stays, and so does what no provider ever listed.
            #expect(try await Self.isActive(client, "own"))
            #expect(try await Self.isActive(client, "typed"))
            _ = try await Self.list([("a", nil)] + rest, in: store)
            #expect(try await Self.isActive(client, "a"))
        }
    }

    @Test func `a list of less than half switches nothing off, however often it comes`() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await execute("INSERT INTO providers (slug, name) VALUES ('p', 'P')", on: url)
            _ = try await Self.list([("a", nil), ("b", nil), ("c", nil)], in: store)
            for _ in 0..<5 { #expect(try await Self.list([("a", nil)], in: store).deactivated.isEmpty) }
            #expect(try await Self.isActive(client, "b"))
        }
    }
}
