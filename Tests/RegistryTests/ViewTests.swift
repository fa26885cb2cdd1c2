import FoundationEssentials
import Postgres
import Registry
import TestSupport
import Testing

/// What people find in the database with any SQL tool: views in their units, and words for everything.
@Suite struct ViewTests {
    private static let catalogue = """
        INSERT INTO providers (slug, name) VALUES ('openai', 'OpenAI');
        INSERT INTO models (provider_id, provider_model_id, model_name, pricing_prompt, pricing_completion)
        VALUES (1, 'gpt-4o', 'GPT-4o', 0.0000025, NULL), (1, 'gpt-old', 'GPT old', 0, 0.00001);
        """

    @Test func `catalog shows prices per million, and who edits them there edits them exactly`() async throws {
        try await MigratedDatabase.with { _, client, url in
            try await execute(Self.catalogue, on: url)
            let shown = try await client.query(
                "SELECT input_price_per_1m::text AS input, output_price_per_1m::text AS output FROM catalog ORDER BY api_name"
            )
            #expect(try shown.map { try $0.decode(String?.self, "input") } == ["2.5", "0"])
            #expect(try shown.map { try $0.decode(String?.self, "output") } == [nil, "10"])

            _ = try await client.query(
                """
                UPDATE catalog SET input_price_per_1m = 3.123456789012345678901234567890123456789, is_recommended = true
                WHERE model = 'openai/gpt-4o'
                """
            )
            let stored = try await client.query("SELECT pricing_prompt::text AS price FROM models WHERE id = 1").only()
            #expect(try stored.decode(String.self, "price") == "0.000003123456789012345678901234567890123456789")
            // What was not edited keeps its row revision, and its spelling.
            _ = try await client.query("UPDATE catalog SET notes = notes")
            let untouched = try await client.query("SELECT row_revision FROM models WHERE id = 2").only()
            #expect(try untouched.decode(Int64.self, "row_revision") == 1)
        }
    }

    @Test func `catalog says in words what cannot be edited there`() async throws {
        try await MigratedDatabase.with { _, client, url in
            try await execute(Self.catalogue, on: url)
            let error = try await #require(throws: PostgresError.self) { () async throws in
                _ = try await client.query("UPDATE catalog SET state = 'free' WHERE id = 1")
            }
            #expect(error.message == "The view catalog does not let you change state.")
            let price = try await #require(throws: PostgresError.self) { () async throws in
                _ = try await client.query("UPDATE catalog SET input_price_per_1m = -1 WHERE id = 1")
            }
            #expect(price.constraint == "Input price must be 0 or more. Leave it empty if unknown.")
        }
    }

    @Test func `state tells in a word whether and why a model can be used`() async throws {
        try await MigratedDatabase.with { _, client, url in
            try await execute(
                Self.catalogue + """
                    INSERT INTO providers (slug, name, is_active) VALUES ('off', 'Off', false);
                    INSERT INTO models (provider_id, provider_model_id, model_name, is_active, deprecation_date, missing_since)
                    VALUES (2, 'a', 'A', true, NULL, NULL), (1, 'b', 'B', false, NULL, NULL),
                        (1, 'c', 'C', true, current_date, NULL), (1, 'd', 'D', true, current_date + 1, now());
                    """,
                on: url
            )
            let rows = try await client.query("SELECT state FROM catalog ORDER BY id")
            #expect(
                try rows.map { try $0.decode(String.self, "state") }
                    == ["active", "active", "provider inactive", "inactive", "deprecated", "missing"]
            )
        }
    }

    @Test func `price_history and recent_changes name rows as people do, also after they are gone`() async throws {
        try await MigratedDatabase.with { _, client, url in
            try await execute(Self.catalogue, on: url)
            try await execute(
                "UPDATE models SET pricing_prompt = 0.000005 WHERE id = 1; DELETE FROM models WHERE id = 1",
                on: url
            )
            let prices = try await client.query(
                """
                SELECT model, old_price::text AS old, new_price::text AS new, change_percent::text AS percent
                FROM price_history WHERE price = 'input' AND model_id = 1
                """
            )
            #expect(try prices.map { try $0.decode(String?.self, "old") } == ["5", "2.5", nil])
            #expect(try prices.map { try $0.decode(String?.self, "new") } == [nil, "5", "2.5"])
            #expect(try prices.map { try $0.decode(String?.self, "percent") } == [nil, "100.00", nil])
            #expect(try prices.allSatisfy { try $0.decode(String.self, "model") == "openai/gpt-4o" })
            let changes = try await client.query("SELECT DISTINCT what FROM recent_changes WHERE table_name = 'models'")
            #expect(try Set(changes.map { try $0.decode(String.self, "what") }) == ["openai/gpt-4o", "openai/gpt-old"])
        }
    }

    @Test func `every table, view, column and function that people meet is explained`() async throws {
        try await MigratedDatabase.with { _, client, _ in
            let silent = try await client.query(
                """
                SELECT c.relname || coalesce('.' || a.attname, '') AS name
                FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
                AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)
                UNION ALL
                SELECT proname || '()' FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
                AND obj_description(oid) IS NULL
                """
            )
            #expect(try silent.map { try $0.decode(String.self, "name") } == [])
        }
    }

    @Test func `no constraint's sentence is cut off`() async throws {
        try await MigratedDatabase.with { _, client, _ in
            let cut = try await client.query(
                """
                SELECT conname::text AS name FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace AND conname::text LIKE '% %' AND conname::text NOT LIKE '%.'
                """
            )
            #expect(try cut.map { try $0.decode(String.self, "name") } == [])
        }
    }

    @Test func `what the registry describes is what the database has`() async throws {
        try await MigratedDatabase.with { _, client, _ in
            for table in RegistryTable.all {
                let rows = try await client.query(
                    """
                    SELECT attname::text AS name, attnotnull FROM pg_attribute
                    WHERE attrelid = \(table.name)::regclass AND attnum > 0 AND NOT attisdropped
                    """
                )
                let stored = try Dictionary(
                    rows.map { (try $0.decode(String.self, "name"), try $0.decode(Bool.self, "attnotnull")) },
                    uniquingKeysWith: { first, _ in first }
                )
                let together: Set = ["provider", "drifted", "members"]
                for column in table.columns where !together.contains(column.name) {
                    #expect(stored[column.name] == !column.isNullable, "\(table.name).\(column.name)")
                }
                let missing = Set(stored.keys).subtracting(table.columns.map(\.name))
                #expect(missing.isSubset(of: ["provider_id", "members_revision"]), "\(table.name)")
            }
            let discoverable = try await client.query("SELECT unnest(discoverable_columns()) AS name")
            let names = try Set(discoverable.map { try $0.decode(String.self, "name") })
            #expect(names == Set(RegistryTable.models.discoverable.map(\.name)).union(["sources"]))
        }
    }

    @Test func `partitions of usage are made once and dropped by day`() async throws {
        try await MigratedDatabase.with { _, client, url in
            let made = try await client.query("SELECT prepare_usage('2026-11-20', '2026-11-22') AS count").only()
            #expect(try made.decode(Int32.self, "count") == 3)
            let again = try await client.query("SELECT prepare_usage('2026-11-21', '2026-11-23') AS count").only()
            #expect(try again.decode(Int32.self, "count") == 1)
            try await execute(
                """
                INSERT INTO usage (day, request_id, at, endpoint, revision, replica, outcome, status, duration_ms)
                SELECT day, gen_random_uuid(), day, 'chat', 1, 'r', 'succeeded', 200, 1
                FROM generate_series('2026-11-20'::date, '2026-11-23', '1 day') day
                """,
                on: url
            )
            let dropped = try await client.query("SELECT drop_usage('2026-11-22') AS count").only()
            #expect(try dropped.decode(Int32.self, "count") == 2)
            let left = try await client.query("SELECT count(*) AS count FROM usage").only()
            #expect(try left.decode(Int64.self, "count") == 2)
        }
    }
}
