import FoundationEssentials
import JSON
import Postgres
import Registry
import TestSupport
import Testing

/// Queries of rows against the same thing done in memory.
@Suite struct RowQueryTests {
    /// Some rows with ties, empty cells and texts that mean something to SQL and to patterns.
    private static let rows = """
        INSERT INTO providers (slug, name) VALUES ('alpha', 'Alpha'), ('beta', 'Beta'), ('gamma', 'Gamma');
        INSERT INTO models (provider_id, provider_model_id, model_name, description, pricing_prompt, pricing_image,
            context_length, supports_vision, tags, deprecation_date, is_active, size_b, sort_order)
        SELECT 1 + n % 3, 'model-' || n,
            (ARRAY['GPT-4', 'gpt-4', 'Claude', 'zeta', 'Ähre', 'a''b', 'x%y', 'x_y', 'back\\slash', '"quoted"'])
                [1 + n * 7 % 10],
            CASE WHEN n % 4 > 0 THEN (ARRAY['small', 'Large', 'OR 1=1; --'])[1 + n % 3] END,
            CASE WHEN n % 5 > 0 THEN (n % 4) * 0.000000000123456789012345 END,
            CASE WHEN n % 3 = 0 THEN n % 7 END,
            CASE WHEN n % 6 > 0 THEN 1000 * (1 + n % 5) END,
            CASE n % 3 WHEN 0 THEN true WHEN 1 THEN false END,
            CASE WHEN n % 2 = 0 THEN '{local,free}'::text[] WHEN n % 7 = 0 THEN '{local}' ELSE '{}' END,
            CASE WHEN n % 4 = 0 THEN date '2026-01-01' + n % 3 END,
            n % 5 <> 0, CASE WHEN n % 2 = 0 THEN n % 8 + 0.5 END, CASE WHEN n % 3 = 1 THEN n % 4 END
        FROM generate_series(1, 90) n;
        """

    @Test func queriesGiveWhatTheSameGivesInMemory() async throws {
        let seed = Randomness.seed(for: "rows")
        try await MigratedDatabase.with { store, _, url in
            try await execute(Self.rows, on: url)
            var everything = RowQuery(.models)
            everything.limit = RowQuery.largestPage
            let all = try await store.rows(everything).rows
            #expect(all.count == 90)
            var random = Randomness(seed: seed)
            for _ in 0..<300 {
                let wanted = Wanted.random(over: all, &random)
                let expected = wanted.apply(to: all)
                var found: [JSONValue?] = []
                var query = try RowQuery(.models, parameters: wanted.parameters)
                query.limit = Int.random(in: 1...40, using: &random)
                repeat {
                    let page = try await store.rows(query)
                    #expect(page.total == Int64(expected.count), "\(wanted.parameters)")
                    #expect(page.rows.count <= query.limit)
                    found += page.rows.map { $0["id"] }
                    query.cursor = page.next
                } while query.cursor != nil && found.count <= expected.count
                #expect(found == expected.map { $0["id"] }, "\(wanted.parameters)")
            }
        }
    }

    @Test func aPageShowsWhatWasAskedForAndSaysWhen() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await execute(Self.rows, on: url)
            let query = try RowQuery(
                .models,
                parameters: [
                    ("fields", "pricing_prompt,provider,id"), ("provider", "beta"), ("pricing_prompt.gt", "0"),
                ]
            )
            let page = try await store.rows(query)
            #expect(page.rows.allSatisfy { $0.keys == ["pricing_prompt", "provider", "id"] })
            #expect(page.rows.allSatisfy { $0["provider"] == "beta" })
            // Every digit, as a string.
            let prices = Set(page.rows.compactMap { $0["pricing_prompt"]?.stringValue })
            #expect(
                prices == [
                    "0.000000000123456789012345", "0.00000000024691357802469", "0.000000000370370367037035",
                ]
            )
            #expect(page.revision == (try await store.position().revision))

            let searched = try await store.rows(try RowQuery(.models, parameters: [("q", "BETA gpt")]))
            #expect(searched.total > 0)
            #expect(searched.rows.allSatisfy { $0["model_name"]?.stringValue?.lowercased() == "gpt-4" })
            let percent = try await store.rows(try RowQuery(.models, parameters: [("model_name.contains", "%")]))
            #expect(percent.total > 0 && percent.rows.allSatisfy { $0["model_name"] == "x%y" })
        }
    }

    @Test func driftAndPinsAreFound() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await execute(
                """
                \(Self.rows)
                BEGIN;
                SET LOCAL roster.writer = 'refresh';
                UPDATE models SET pinned = '{}', discovered = jsonb_build_object('pricing_prompt', 1, 'size_b', 2);
                COMMIT;
                UPDATE models SET pricing_prompt = 3 WHERE id = 7;
                UPDATE models SET pricing_prompt = 1 WHERE id = 8;
                """,
                on: url
            )
            func ids(_ parameters: (String, String)...) async throws -> [Int64?] {
                let query = try RowQuery(.models, parameters: parameters.map { (name: $0.0, value: $0.1) })
                return try await store.rows(query).rows.map { $0["id"]?.int64Value }
            }
            #expect(try await ids(("drifted", "true")) == [7])
            #expect(try await ids(("drifted", "pricing_prompt")) == [7])
            #expect(try await ids(("pinned", "pricing_prompt")) == [7, 8])
            #expect(try await ids(("pinned", "true"), ("drifted", "false")) == [8])
            #expect(try await ids(("pinned.in", "size_b,pricing_prompt"), ("sort", "-id")) == [8, 7])
            #expect(try await ids(("pinned.is", "notnull")) == [7, 8])
            let row = try #require(try await store.row(.id(7), of: .models).row)
            #expect(row["drifted"] == ["pricing_prompt"])
            #expect(row["discovered"]?["pricing_prompt"] == "1")
        }
    }

    @Test func routesAreFoundByTheirMembers() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await execute(
                """
                INSERT INTO routes (name) VALUES ('default'), ('cheap'), ('empty');
                INSERT INTO route_members (route_id, position, model, max_price)
                VALUES (1, 1, 'openai/gpt-4o', 0.00000100), (1, 2, 'claude', NULL), (2, 1, 'claude', NULL);
                """,
                on: url
            )
            func names(_ parameter: (String, String)) async throws -> [JSONValue?] {
                try await store.rows(try RowQuery(.routes, parameters: [(name: parameter.0, value: parameter.1)])).rows
                    .map { $0["name"] }
            }
            #expect(try await names(("members.contains", "claude")) == ["default", "cheap"])
            #expect(try await names(("members", "openai/gpt-4o")) == ["default"])
            #expect(try await names(("members.ne", "claude")) == ["empty"])
            #expect(try await names(("members.is", "null")) == ["empty"])
            let row = try #require(try await store.row(.natural("default"), of: .routes).row)
            #expect(
                row["members"]?[0]
                    == ["model": "openai/gpt-4o", "weight": 1, "requires": [], "max_price": "0.000001"]
            )
        }
    }

    @Test func rowsAreFoundByTheNamesPeopleUse() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await execute(Self.rows, on: url)
            try await execute("UPDATE models SET provider_model_id = 'a/b c%' WHERE id = 4", on: url)
            #expect(try await store.row(.natural("beta/a/b c%"), of: .models).row?["id"] == 4)
            #expect(try await store.row(.natural("alpha/a/b c%"), of: .models).row == nil)
            #expect(try await store.row(.natural("nothing"), of: .models).row == nil)
            #expect(try await store.row(.natural("gamma"), of: .providers).row?["id"] == 3)
            #expect(try await store.row(.id(99), of: .providers).row == nil)
        }
    }

    @Test func pagesHoldTogetherWhileOthersEdit() async throws {
        try await MigratedDatabase.with { store, client, url in
            try await execute(
                """
                INSERT INTO providers (slug, name) VALUES ('alpha', 'Alpha');
                INSERT INTO models (provider_id, provider_model_id, model_name, pricing_prompt)
                SELECT 1, 'm' || n, 'Model ' || n % 100, CASE WHEN n % 10 > 0 THEN n % 50 END
                FROM generate_series(1, 10000) n;
                """,
                on: url
            )
            let seed = Randomness.seed(for: "paging")
            let seen = try await withThrowingTaskGroup(of: Void.self) { group in
                // Somebody moves, removes and adds rows with even numbers all the while.
                group.addTask {
                    var random = Randomness(seed: seed)
                    while !Task.isCancelled {
                        let id = 2 * Int64.random(in: 1...5_000, using: &random)
                        let price = Int64.random(in: 0...60, using: &random)
                        _ = try await client.query("UPDATE models SET pricing_prompt = \(price) WHERE id = \(id)")
                        _ = try await client.query(
                            """
                            INSERT INTO models (id, provider_id, provider_model_id, model_name)
                            VALUES (\(id + 100_000), 1, \("n\(id)"), 'Model 1') ON CONFLICT DO NOTHING
                            """
                        )
                        _ = try await client.query("DELETE FROM models WHERE id = \(id - id % 4)")
                    }
                }
                var query = try RowQuery(
                    .models,
                    parameters: [("sort", "-pricing_prompt,model_name"), ("fields", "id"), ("limit", "250")]
                )
                var seen: [Int64] = []
                repeat {
                    let page = try await store.rows(query)
                    seen += page.rows.compactMap { $0["id"]?.int64Value }
                    query.cursor = page.next
                } while query.cursor != nil
                group.cancelAll()
                return seen
            }
            let untouched = seen.filter { $0 % 2 == 1 }
            #expect(untouched.count == 5_000)
            #expect(Set(untouched).count == 5_000)
        }
    }

    @Test func aCursorBelongsToItsQuery() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await execute(Self.rows, on: url)
            var query = try RowQuery(
                .models,
                parameters: [("sort", "pricing_prompt"), ("limit", "5"), ("is_active", "true")]
            )
            let first = try await store.rows(query)
            let cursor = try #require(first.next)
            for parameters in [
                [("sort", "-pricing_prompt"), ("is_active", "true")],
                [("sort", "pricing_prompt"), ("is_active", "false")],
                [("sort", "pricing_prompt"), ("is_active", "true"), ("q", "a")], [("sort", "pricing_prompt")],
                [("is_active", "true")],
            ] {
                var other = try RowQuery(.models, parameters: parameters.map { (name: $0.0, value: $0.1) })
                other.cursor = cursor
                let error = await #expect(throws: RowQueryProblem.self) { try await store.rows(other) }
                #expect(error?.code == .invalidCursor)
            }
            // Another number of rows, or other columns of them, is the same list.
            query.cursor = cursor
            query.limit = 50
            #expect(try await store.rows(query).total == first.total)
            for broken in ["", "x", "%", cursor + "A", String(cursor.dropLast()), "WzEsMl0"] {
                query.cursor = broken
                let error = await #expect(throws: RowQueryProblem.self) { try await store.rows(query) }
                #expect(error?.code == .invalidCursor, "\(broken)")
            }
        }
    }

    @Test(arguments: [
        ("pricing_promt.lt", "1", "did you mean “pricing_prompt”?"), ("colour", "red", "There is no column"),
        ("pricing_prompt", "cheap", "Input price must be a number"),
        ("pricing_prompt.like", "1", "There is no comparison"),
        ("pricing_prompt.", "1", "There is no comparison"), ("pricing_prompt.contains", "1", "cannot be compared"),
        ("is_active", "maybe", "Active must be true or false"), ("is_active", "", "is_active.is=null"),
        ("context_length.gt", "1.5", "whole number"), ("health_status", "fine", "one of healthy"),
        ("deprecation_date.lt", "2026-02-30", "a day"), ("updated_at.gt", "yesterday", "a moment"),
        ("notes.is", "empty", "null or notnull"), ("sort", "tags", "no order"), ("sort", "x", "There is no column"),
        ("sort", "id,id", "twice"), ("sort", "", "1 to 8"), ("fields", "", "at least one"),
        ("fields", "x", "There is no column"),
        ("limit", "0", "from 1 to 1000"), ("limit", "1001", "from 1 to 1000"), ("limit", "ten", "from 1 to 1000"),
        ("discovered", "{}", "discovered.is"), ("model_name", "a\0b", "zero bytes"), ("revision", "-1", "revision"),
        ("id; DROP TABLE models", "1", "There is no column"), ("id\" OR 1=1 --.lt", "1", "There is no column"),
    ])
    func whatCannotBeAskedIsRefusedInWords(_ name: String, _ value: String, _ words: String) throws {
        let error = #expect(throws: RowQueryProblem.self) {
            try RowQuery(.models, parameters: [(name: name, value: value)])
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.parameter == name)
    }

    @Test func aParameterIsThereOnce() throws {
        #expect(throws: RowQueryProblem.self) {
            try RowQuery(.models, parameters: [("limit", "1"), ("limit", "2")])
        }
        #expect(throws: RowQueryProblem.self) {
            try RowQuery(.models, parameters: (0...RowQuery.mostFilters).map { _ in (name: "id.gt", value: "1") })
        }
    }
}
