import JSON
import Postgres
import Registry
import Testing

@Suite struct EditTests {
    private static let anna = Authorship(actor: "anna", reason: "price list of May")

    /// A provider with two models, of which one is discovered.
    private static func fill(_ client: PostgresClient) async throws {
        _ = try await client.query("INSERT INTO providers (id, slug, name) VALUES (1, 'openai', 'OpenAI')")
        _ = try await client.query(
            """
            INSERT INTO models (id, provider_id, provider_model_id, model_name, pricing_prompt, sort_order)
            VALUES (10, 1, 'gpt-4o', 'GPT-4o', 0.0000025, 1), (11, 1, 'gpt-4o-mini', 'GPT-4o mini', NULL, 2)
            """
        )
    }

    private static func refused(
        _ store: RegistryStore,
        _ edits: [RowEdit],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [EditProblem] {
        var problems: [EditProblem] = []
        await #expect(throws: EditRefused.self, sourceLocation: sourceLocation) { () async throws in
            do { _ = try await store.edit(edits, as: Self.anna) } catch let error as EditRefused {
                problems = error.problems
                throw error
            }
        }
        return problems
    }

    @Test func `an edit of several rows and tables is one revision with its author, and says what it changed`()
        async throws
    {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(client)
            let outcome = try await store.edit(
                [
                    RowEdit(
                        .update(id: 10),
                        of: .models,
                        seen: 1,
                        set: ["pricing_prompt": "0.00000300", "tags": ["fast"]]
                    ),
                    RowEdit(.create, of: .models, set: ["provider": "local", "provider_model_id": "llama"]),
                    RowEdit(.create, of: .providers, set: ["slug": "local", "name": "My machine", "kind": "local"]),
                    RowEdit(
                        .create,
                        of: .routes,
                        set: [
                            "name": "cheap", "strategy": "weighted",
                            "members": [
                                "openai/gpt-4o", ["model": "local/llama", "weight": 3, "max_price": "0.000001"],
                            ],
                        ]
                    ),
                ],
                as: Self.anna
            )
            let price = try #require(outcome.rows.first?.changes.first { $0.column == "pricing_prompt" })
            #expect(price.old == "0.0000025" && price.new == "0.000003")
            #expect(outcome.rows[0].row?["pinned"]?.arrayValue?.contains("tags") == true)
            #expect(outcome.rows[0].rowRevision == 2)
            #expect(outcome.rows[1].row?["provider"] == "local" && outcome.rows[1].row?["model_name"] == "llama")
            #expect(outcome.rows[3].row?["members"]?[1]?["max_price"] == "0.000001")
            let revisions = try await client.query("SELECT revision, actor, reason FROM revisions WHERE actor = 'anna'")
            #expect(revisions.count == 1)
            #expect(try revisions.only().decode(Int64.self, "revision") == outcome.revision)
            let route = try #require(try await store.snapshot().routes.first)
            #expect(route.strategy == .weighted && route.members.map(\.weight) == [1, 3])
        }
    }

    @Test func `every problem is found, named by row and column, and nothing is changed`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(client)
            let before = try await store.position().revision
            let problems = try await Self.refused(
                store,
                [
                    RowEdit(.update(id: 10), of: .models, seen: 1, set: ["is_recommended": true]),
                    RowEdit(
                        .update(id: 11),
                        of: .models,
                        seen: 1,
                        set: [
                            "pricing_prompt": "-1", "context_length": 0, "deprecation_date": "2026-02-30",
                            "pricing_promt": 1,
                            "sort_order": 99_999_999_999, "discovered": [:],
                        ]
                    ),
                    RowEdit(.update(id: 12), of: .models, set: ["notes": "?"]),
                    RowEdit(.create, of: .models, set: ["provider": "nobody"]),
                    RowEdit(.create, of: .models, set: ["provider": "openai", "provider_model_id": "gpt-4o"]),
                    RowEdit(.update(id: 10), of: .models, set: ["notes": "twice"]),
                ]
            )
            let found = Set(problems.map { "\($0.index) \($0.column ?? "-") \($0.code.rawValue)" })
            #expect(
                found == [
                    "1 pricing_prompt invalid_value", "1 context_length invalid_value",
                    "1 deprecation_date invalid_value",
                    "1 pricing_promt unknown_column", "1 sort_order invalid_value", "1 discovered read_only",
                    "2 - not_found", "3 provider_model_id required", "3 provider invalid_value",
                    "4 provider_model_id duplicate", "5 - duplicate",
                ]
            )
            let messages = problems.map(\.message)
            #expect(messages.contains("Input price must be 0 or more. Leave it empty if unknown."))
            #expect(messages.contains { $0.contains("did you mean “pricing_prompt”?") })
            #expect(messages.contains { $0.contains("2026-02-30") })
            #expect(try await store.position().revision == before)
        }
    }

    @Test func `who edits what somebody else has changed meanwhile is told who, when and both values`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(client)
            _ = try await store.edit(
                [RowEdit(.update(id: 10), of: .models, seen: 1, set: ["pricing_prompt": "0.000004"])],
                as: Authorship(actor: "ben", reason: "typo")
            )
            let problems = try await Self.refused(
                store,
                [RowEdit(.update(id: 10), of: .models, seen: 1, set: ["pricing_prompt": "0.000005", "notes": "mine"])]
            )
            let conflict = try #require(problems.first?.conflict)
            #expect(problems.count == 1 && problems[0].code == .conflict)
            #expect(conflict.rowRevision == 2)
            #expect(conflict.changes.map(\.actor) == ["ben"] && conflict.changes[0].reason == "typo")
            let price = try #require(conflict.cells.first { $0.column == "pricing_prompt" })
            #expect(price.seen == "0.0000025" && price.yours == "0.000005" && price.theirs == "0.000004")
            #expect(price.isContested && conflict.cells.contains { $0.column == "notes" && !$0.isContested })
            #expect(problems[0].message.contains("ben changed pricing_prompt"))
            // Who knows what is there now may go on.
            _ = try await store.edit(
                [RowEdit(.update(id: 10), of: .models, seen: 2, set: ["pricing_prompt": "0.000005"])],
                as: Self.anna
            )
        }
    }

    @Test func `of two who edit one row at once, one wins and the other is told`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(client)
            for round in 1...20 {
                let seen = Int64(round)
                let outcomes = await withTaskGroup(of: Bool.self) { group in
                    for name in ["anna", "ben"] {
                        group.addTask {
                            do {
                                _ = try await store.edit(
                                    [
                                        RowEdit(
                                            .update(id: 10),
                                            of: .models,
                                            seen: seen,
                                            set: ["notes": "\(name) \(round)"]
                                        )
                                    ],
                                    as: Authorship(actor: name)
                                )
                                return true
                            } catch {
                                #expect((error as? EditRefused)?.problems.first?.code == .conflict)
                                return false
                            }
                        }
                    }
                    return await group.reduce(into: [Bool]()) { $0.append($1) }
                }
                #expect(outcomes.filter(\.self).count == 1)
            }
        }
    }

    @Test func `a dry run says what would be and leaves nothing behind`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(client)
            let before = try await store.position().revision
            let outcome = try await store.edit(
                [
                    RowEdit(.update(id: 10), of: .models, set: ["pricing_prompt": nil]),
                    RowEdit(.delete(id: 11), of: .models),
                ],
                as: Self.anna,
                isDryRun: true
            )
            #expect(outcome.revision == nil)
            #expect(outcome.rows[0].changes.contains { $0.column == "pricing_prompt" && $0.new.isNull })
            #expect(outcome.rows[1].row == nil && outcome.rows[1].changes.contains { $0.old == "gpt-4o-mini" })
            #expect(try await store.position().revision == before)
            #expect(try await store.snapshot().offers.count == 2)
        }
    }

    @Test func `a cell is given back, and pinned without being changed`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(client)
            let provider = try #require(try await store.providers().first)
            let listed = DiscoveredModel(
                apiName: "gpt-4o",
                cells: [
                    "model_name": "GPT-4o", "pricing_prompt": .number(JSONNumber(spelling: "0.00000275") ?? 0),
                    "input_modalities": [], "output_modalities": [], "features": [], "regions": [], "tags": [],
                    "is_active": true, "metadata": [:], "sources": [:],
                ]
            )
            _ = try await store.merge(
                [listed],
                ofProvider: provider.id,
                isDryRun: false,
                as: Authorship(actor: "refresh")
            )
            let pinned = try await store.edit(
                [RowEdit(.update(id: 10), of: .models, pin: ["context_length"])],
                as: Self.anna
            )
            #expect(pinned.rows[0].row?["pinned"]?.arrayValue?.contains("context_length") == true)
            #expect(pinned.rows[0].row?["drifted"] == ["pricing_prompt"])
            let back = try await store.edit(
                [RowEdit(.update(id: 10), of: .models, giveBack: ["pricing_prompt"])],
                as: Self.anna
            )
            #expect(back.rows[0].row?["pricing_prompt"] == "0.00000275")
            #expect(back.rows[0].row?["drifted"] == [])
            #expect(try await Self.refused(store, [RowEdit(.update(id: 10), of: .models, pin: ["notes"])]).count == 1)
        }
    }

    @Test func `a route's members are part of it, and only those that differ are written`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            let made = try await store.edit(
                [RowEdit(.create, of: .routes, set: ["name": "default", "members": ["a", "b", "c"]])],
                as: Self.anna
            )
            let id = try #require(made.rows.first?.id)
            let seen = try #require(made.rows.first?.rowRevision)
            _ = try await client.query("UPDATE route_members SET model = 'z' WHERE model = 'b'")
            let problems = try await Self.refused(
                store,
                [RowEdit(.update(id: id), of: .routes, seen: seen, set: ["members": ["c"]])]
            )
            #expect(problems.first?.conflict?.cells.first?.theirs[1]?["model"] == "z")
            let shorter = try await store.edit(
                [RowEdit(.update(id: id), of: .routes, seen: seen + 1, set: ["members": ["a", "y"]])],
                as: Self.anna
            )
            #expect(shorter.rows[0].row?["members"]?.arrayValue?.count == 2)
            let written = try await client.query(
                "SELECT operation FROM changes WHERE table_name = 'route_members' AND revision = \(shorter.revision ?? 0)"
            )
            #expect(try written.map { try $0.decode(String.self, "operation") }.sorted() == ["delete", "update"])
            let bad = try await Self.refused(
                store,
                [RowEdit(.update(id: id), of: .routes, set: ["members": [["model": "a", "requires": ["flying"]]]])]
            )
            #expect(bad.first?.column == "members")
            #expect(bad.first?.message == "Abilities: streaming, tools, vision, reasoning, json_schema.")
        }
    }

    @Test func `what a row refers to is not taken away under it`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(client)
            let problems = try await Self.refused(store, [RowEdit(.delete(id: 1), of: .providers)])
            #expect(problems.first?.message.contains("still has 2 models") == true)
        }
    }

    @Test func `decimals keep every digit that they have`() async throws {
        try await MigratedDatabase.with { store, client, _ in
            try await Self.fill(client)
            let digits = "0.000000123456789012345678901234567890123456789012345678901"
            let outcome = try await store.edit(
                [RowEdit(.update(id: 10), of: .models, set: ["pricing_prompt": .string(digits)])],
                as: Self.anna
            )
            #expect(outcome.rows[0].row?["pricing_prompt"] == .string(digits))
            let problems = try await Self.refused(
                store,
                [RowEdit(.update(id: 10), of: .models, set: ["pricing_prompt": .string("1e999999")])]
            )
            #expect(problems.first?.code == .invalidValue)
        }
    }
}
