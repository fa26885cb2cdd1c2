import JSON
import Postgres
@testable import Registry
import Secrets
import TestSupport
import Testing

/// From every earlier step, with data in place: nothing is lost, nothing is changed, and the registry works on.
@Suite struct MigrationPathTests {
    private static let registryTables = ["providers", "models", "routes", "route_members", "api_keys", "settings"]

    /// What people and refreshes have written by the time of a step, for the tables that the step brought.
    private static func filling(_ version: Int32) -> String {
        switch version {
        case 2:
            """
            INSERT INTO providers (slug, name, refresh_interval, notes)
                VALUES ('one', 'One', '90 minutes', 'first'), ('two', 'Zwei', '1 month', NULL);
            BEGIN;
            SET LOCAL roster.writer = 'refresh';
            SET LOCAL roster.actor = 'refresh:one';
            CREATE TEMPORARY TABLE listed_models (provider_model_id text PRIMARY KEY, discovered jsonb NOT NULL) ON COMMIT DROP;
            INSERT INTO listed_models SELECT 'm' || i, jsonb_build_object(
                'model_name', 'Model ' || i, 'description', repeat('word ', 100), 'pricing_prompt', 0.00000150 * i,
                'context_length', 1000 * i, 'input_modalities', '["text"]'::jsonb, 'output_modalities', '["text"]'::jsonb,
                'features', '[]'::jsonb, 'regions', '[]'::jsonb, 'tags', '["a"]'::jsonb, 'is_active', true,
                'metadata', '{"k": null}'::jsonb, 'sources', '{}'::jsonb) FROM generate_series(1, 6) i;
            SELECT FROM merge_listed_models((SELECT id FROM providers WHERE slug = 'one'));
            COMMIT;
            UPDATE models SET pricing_prompt = 0.000000001234567890123456789, notes = 'mine' WHERE provider_model_id = 'm2';
            UPDATE models SET pinned = '{}' WHERE provider_model_id = 'm3';
            UPDATE models SET tags = '{x,"y z"}', deprecation_date = '2031-01-31' WHERE provider_model_id = 'm4';
            DELETE FROM models WHERE provider_model_id = 'm5';
            INSERT INTO models (provider_id, provider_model_id, model_name)
                SELECT id, 'by hand', 'By hand' FROM providers WHERE slug = 'two';
            """
        case 3:
            """
            INSERT INTO routes (name) VALUES ('default'), ('gone');
            INSERT INTO route_members (route_id, position, model)
                SELECT id, p, 'one/m' || p FROM routes CROSS JOIN generate_series(1, 2) p;
            DELETE FROM routes WHERE name = 'gone';
            """
        case 4:
            """
            INSERT INTO api_keys (key_hash, prefix, scopes, expires_at)
                VALUES (sha256('a'), 'rk_a', '{reader,editor}', '2031-01-01 00:00:00.123456+02');
            UPDATE api_keys SET last_used_at = now(), revoked_at = '2026-01-01';
            """
        case 5:
            """
            INSERT INTO sync_runs (provider_id, started_at, outcome, message, models_fetched)
                SELECT id, now(), 'succeeded', 'Synced.', 6 FROM providers;
            """
        case 6:
            """
            UPDATE route_members SET weight = 7, requires = '{tools}' WHERE position = 2;
            INSERT INTO settings (name, value) VALUES ('a.b', '{"n": 1.50}');
            INSERT INTO leases (name, holder, fencing_token, expires_at) VALUES ('refresh:one', 'r1', 3, now());
            INSERT INTO review_queue (provider_id, provider_model_id, column_name, proposed_value, reason)
                SELECT id, 'm1', 'pricing_prompt', '1.5', 'too much' FROM providers WHERE slug = 'one';
            INSERT INTO replicas (id, host, release, schema_version) VALUES ('r1', 'h', '0.1', 6);
            SELECT prepare_usage('2026-01-01', '2026-01-01');
            INSERT INTO usage (day, request_id, at, endpoint, revision, replica, outcome, status, duration_ms, cost)
                VALUES ('2026-01-01', gen_random_uuid(), '2026-01-01 10:00+00', 'chat', 1, 'r1', 'succeeded', 200, 1.5, 0.000001);
            """
        default: "UPDATE models SET notes = 'since \(version)' WHERE provider_model_id = 'm1';"
        }
    }

    @Test(arguments: 1..<Migration.known)
    func `a database of any earlier step keeps its rows and its history, and works on`(version: Int32) async throws {
        try await withDatabase { url in
            try await withClient(of: url) { client in
                let migrator = Migrator(client: client, logger: quiet)
                // Step by step, as a database that has lived through the releases.
                for step in 1...version {
                    #expect(try await migrator.migrate(through: step) == [step])
                    if step > 1 { try await execute(Self.filling(step), on: url) }
                }
                try await execute(Self.photograph, on: url)
                #expect(try await migrator.migrate() == Array((version + 1)...Migration.known))

                #expect(try await execute(Self.differences, on: url) == [], "from step \(version)")
                #expect(try await execute("SELECT conname FROM pg_constraint WHERE NOT convalidated", on: url) == [])
                if version >= 2 { try await Self.expectReplayed(url, from: version) }
                try await Self.expectAtWork(client, url, from: version)
            }
        }
    }

    /// Copies every table as JSON to where no migration looks.
    private static let photograph = """
        CREATE SCHEMA photograph;
        DO $$
        DECLARE
            name text;
        BEGIN
            FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                AND NOT relispartition AND relname <> 'schema_migrations'
            LOOP
                EXECUTE format('CREATE TABLE photograph.%1$I AS SELECT to_jsonb(t) AS content FROM public.%1$I t', name);
            END LOOP;
        END
        $$
        """

    /// Rows that are not in both, compared by the columns that the photograph knows.
    private static let differences = """
        CREATE FUNCTION pg_temp.differences() RETURNS TABLE (name text, content jsonb) LANGUAGE plpgsql AS $$
        BEGIN
            FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'photograph'::regnamespace AND relkind = 'r' LOOP
                RETURN QUERY EXECUTE format(
                    'WITH known AS (SELECT array_agg(DISTINCT k) AS columns FROM photograph.%1$I p, jsonb_object_keys(p.content) k),
                    present AS (
                        SELECT (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(to_jsonb(t)) e, known
                            WHERE e.key = ANY (known.columns)) AS content
                        FROM public.%1$I t
                    )
                    SELECT %1$L::text, d.content FROM (
                        (TABLE present EXCEPT ALL TABLE photograph.%1$I) UNION ALL (TABLE photograph.%1$I EXCEPT ALL TABLE present)
                    ) d WHERE EXISTS (SELECT FROM photograph.%1$I)', name);
            END LOOP;
        END
        $$;
        SELECT * FROM pg_temp.differences()
        """

    /// The changes, replayed from nothing after the migration, give the tables as they were photographed before it.
    private static func expectReplayed(_ url: Secret, from version: Int32) async throws {
        for table in self.registryTables {
            guard try await execute("SELECT to_regclass('photograph.\(table)') IS NOT NULL", on: url) == ["t"] else {
                continue
            }
            let wrong = try await execute(
                """
                WITH told AS (
                    SELECT DISTINCT ON (c.row_id, cell.key) c.row_id, cell.key, cell.value->1 AS value
                    FROM changes c CROSS JOIN jsonb_each(c.cells) cell WHERE c.table_name = '\(table)'
                    ORDER BY c.row_id, cell.key, c.revision DESC, c.position DESC
                ), known AS (
                    -- Time stamps that are no change of the registry are in its history only by chance.
                    SELECT DISTINCT key FROM photograph.\(table), jsonb_object_keys(content) key
                    WHERE key NOT IN ('updated_at', 'last_used_at')
                ), replayed AS (
                    SELECT row_id, (
                        -- A column that a step added to a row has its default there, which nobody has changed.
                        SELECT jsonb_object_agg(key, value)
                        FROM jsonb_each(required_defaults('\(table)') || jsonb_object_agg(told.key, told.value))
                        JOIN known USING (key) WHERE value <> 'null'
                    ) AS content
                    FROM told WHERE row_id NOT IN (
                        SELECT c.row_id FROM changes c WHERE c.table_name = '\(table)' AND c.operation = 'delete'
                    ) GROUP BY row_id
                ), photographed AS (
                    SELECT (content->>'id')::bigint AS row_id, (
                        SELECT jsonb_object_agg(key, value) FROM jsonb_each(content) JOIN known USING (key)
                        WHERE value <> 'null'
                    ) AS content FROM photograph.\(table)
                )
                SELECT row_id, r.content, p.content FROM photographed p FULL JOIN replayed r USING (row_id)
                WHERE p.content IS DISTINCT FROM r.content
                """,
                on: url
            )
            #expect(wrong == [], "\(table), from step \(version)")
        }
    }

    /// A refresh, an edit and its history on what was migrated.
    private static func expectAtWork(_ client: PostgresClient, _ url: Secret, from version: Int32) async throws {
        let store = RegistryStore(client: client)
        try await execute("INSERT INTO providers (slug, name) VALUES ('one', 'One') ON CONFLICT DO NOTHING", on: url)
        let rows = try await client.query("SELECT id FROM providers WHERE slug = 'one'")
        let before = try await store.position().revision
        let told: JSONObject = [
            "model_name": "Told anew", "pricing_prompt": .number(try #require(JSONNumber(spelling: "0.000009"))),
            "input_modalities": [], "output_modalities": [], "features": [], "regions": [], "tags": [],
            "is_active": true,
            "metadata": [:], "sources": [:],
        ]
        let outcome = try await store.merge(
            ["m1", "m2", "m9"].map { DiscoveredModel(apiName: $0, cells: told) },
            ofProvider: try rows.only().decode(Int64.self, "id"),
            isDryRun: false,
            as: Authorship(actor: "refresh:one")
        )
        #expect(outcome.revision == before + 1)
        #expect(outcome.added.sorted() == (version >= 2 ? ["m9"] : ["m1", "m2", "m9"]))
        #expect(outcome.missing.sorted() == (version >= 2 ? ["m3", "m4", "m6"] : []))
        // What a person had set before the migration is theirs after it.
        #expect(
            try await execute(
                "SELECT model_name, pricing_prompt, discovered->'pricing_prompt' FROM models WHERE provider_model_id = 'm2'",
                on: url
            ) == ["Told anew|\(version >= 2 ? "0.000000001234567890123456789" : "0.000009")|0.000009"]
        )
        try await execute("UPDATE models SET context_length = 77 WHERE provider_model_id = 'm9'", on: url)
        #expect(
            try await execute(
                "SELECT actor, cells->'context_length' FROM changes WHERE revision = \(before + 2)",
                on: url
            ) == ["sql:roster|[null, 77]"]
        )
        #expect(try await store.snapshot().revision == before + 2)
    }
}
