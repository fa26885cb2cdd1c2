import FoundationEssentials
import Postgres
import Registry
import Secrets
import TestSupport
import Testing

@Suite struct StoreTests {
    @Test func `a snapshot holds what the tables hold, to the last digit`() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await execute(
                """
                BEGIN;
                INSERT INTO providers (slug, name, kind, base_url, refresh_interval)
                    VALUES ('mine', 'Mine', 'local', 'http://127.0.0.1:9', '90 seconds');
                INSERT INTO models (provider_id, provider_model_id, model_name, pricing_prompt, pricing_completion,
                    context_length, input_modalities, supports_tools, tags, deprecation_date, sort_order)
                    VALUES (1, 'a/b:c', 'Ünï "code"', 0.00000008333333333333334, 0, 131072, '{text,image}', true,
                    '{"two words",x}', '2027-01-31', 3);
                INSERT INTO routes (name) VALUES ('default'), ('empty');
                INSERT INTO route_members (route_id, position, model) VALUES (1, 2, 'second'), (1, 1, 'mine/a/b:c');
                COMMIT
                """,
                on: url
            )
            let snapshot = try await store.snapshot()
            #expect(snapshot.revision == 1)
            let provider = try #require(snapshot.provider(slug: "mine"))
            #expect(provider.refreshInterval == .seconds(90) && provider.kind == .local)
            let model = try #require(snapshot.offer(qualifiedName: "mine/a/b:c")).model
            #expect(model.name == #"Ünï "code""#)
            #expect(model.pricing.prompt?.description == "0.00000008333333333333334")
            #expect(model.pricing.completion == 0 && model.pricing.cacheRead == nil)
            #expect(model.contextLength == 131_072 && model.inputModalities == ["text", "image"])
            #expect(model.capabilities.tools == true && model.capabilities.vision == nil)
            #expect(model.tags == ["two words", "x"] && model.deprecationDate == "2027-01-31" && model.sortOrder == 3)
            #expect(model.discoveryMethod == .manual && model.pinned.contains("pricing_prompt"))
            #expect(snapshot.routes.map(\.members) == [["mine/a/b:c", "second"], []])
        }
    }

    @Test func `a key is registered once, listed without itself, and ended`() async throws {
        try await MigratedDatabase.with { store, _, url in
            let author = Authorship(actor: "test")
            let new = NewAPIKey(description: "dev test key", owner: "me", scopes: [.inference, .reader], priority: 10)
            let (key, revision) = try await store.createKey(new, as: author)
            #expect(revision == 1 && key.priority == 10 && key.scopes == [.inference, .reader])
            #expect(key.prefix == new.key.keyPrefix)
            #expect(try await store.createKey(new, as: author).revision == nil)
            #expect(try await store.snapshot().key(KeyHash(of: new.key)) == key)
            #expect(try await store.revokeKey(id: key.id, as: author).revision == 2)
            #expect(try await store.revokeKey(id: key.id, as: author).revision == nil)
            #expect(try await !store.revokeKey(id: 99, as: author).exists)
            #expect(try await store.keys().first?.revokedAt != nil)
            // Nowhere in the database are the characters of the key.
            let dump = try await execute(
                "SELECT cells FROM change_rows UNION ALL SELECT to_jsonb(k) FROM api_keys k",
                on: url
            )
            #expect(!dump.joined().contains(new.key.exposed.dropFirst(8)))
        }
    }

    @Test func `a value that cannot be is refused with the sentence that says why`() async throws {
        try await MigratedDatabase.with { store, _, _ in
            let refused = await #expect(throws: PostgresError.self) {
                try await store.createKey(NewAPIKey(description: "x", priority: 5_000), as: Authorship(actor: "test"))
            }
            #expect(refused?.constraint == "A priority is a number from -1000 to 1000.")
        }
    }
}
