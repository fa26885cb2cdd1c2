import JSON
import Postgres
@testable import Registry
import TestSupport
import Testing

/// The recording functions are written from the catalogue of columns: they must record every column of every table, in
/// every way in which a row can change, also when the columns have changed since.
@Suite struct RecordingTests {
    /// What changed, by the definition: both rows as JSON, every column but `updated_at` that differs.
    private static let expected = """
        SELECT coalesce(jsonb_object_agg(key, jsonb_build_array(o.value, n.value)), '{}')
        FROM jsonb_each(coalesce(%old, '{}')) o FULL JOIN jsonb_each(coalesce(%new, '{}')) n USING (key)
        WHERE coalesce(o.value, 'null') IS DISTINCT FROM coalesce(n.value, 'null') AND key <> 'updated_at'
        """

    private static func expected(old: String, new: String) -> String {
        self.expected.replacing("%old", with: old).replacing("%new", with: new)
    }

    @Test func `every table of the registry has a recording function for the columns that it has`() async throws {
        try await MigratedDatabase.with { _, _, url in
            let stale = try await execute(
                """
                SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc f ON f.oid = t.tgfoid
                WHERE t.tgname LIKE 'record!_%' ESCAPE '!'
                AND position('<> ' || column_signature(c.oid) || ' THEN' IN f.prosrc) = 0
                """,
                on: url
            )
            #expect(stale.isEmpty, "a migration changed the columns of \(stale) and does not call record_changes_of()")
            let triggers = try await execute(
                """
                SELECT count(*) % 4, count(*) > 20 FROM pg_trigger WHERE tgname IN
                ('record_insert', 'record_update', 'record_delete', 'record_truncate')
                """,
                on: url
            )
            #expect(triggers == ["0|t"])
        }
    }

    /// A table with a column of each kind that compares or spells differently, and values that are hard to carry.
    private static let odd = #"""
        CREATE TABLE odd (
            id bigint PRIMARY KEY, "a ""quoted"", column" text, money numeric, flag boolean, small smallint, day date,
            moment timestamptz, pause interval, list text[], numbers numeric[], document jsonb, plain json, bytes bytea,
            row_revision bigint NOT NULL DEFAULT 1, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now()
        );
        CREATE TRIGGER keep_row_revision BEFORE INSERT OR UPDATE ON odd FOR EACH ROW EXECUTE FUNCTION keep_row_revision();
        CALL record_changes_of('odd');
        CREATE TABLE copies (step integer, before jsonb, after jsonb);
        """#

    private static let values: [(column: String, values: [String])] = [
        (#""a ""quoted"", column""#, [#"'it''s "x" \ {}'"#, "''", "E'line\\nbreak'", "'é€😀'", "NULL"]),
        ("money", ["0.0000012345678901234567890", "1.50", "1.5", "1e-30", "'NaN'", "12345678901234567890.5", "NULL"]),
        ("flag", ["true", "false", "NULL"]),
        ("small", ["-1", "0", "NULL"]),
        ("day", ["'2026-02-28'", "'infinity'", "'0044-03-15 BC'", "NULL"]),
        ("moment", ["'2026-01-02 03:04:05.678901+05'", "'infinity'", "NULL"]),
        ("pause", ["'30 days'", "'1 month'", "'24 hours'", "'1 day'", "NULL"]),
        ("list", ["'{}'", "'{a,NULL,\"b,c\"}'", "'{{a,b},{c,d}}'", "NULL"]),
        ("numbers", ["'{1.0,2}'", "'{}'", "NULL"]),
        ("document", [#"'{"a": null, "b": [1, {"c": 1.50}]}'"#, "'null'", "'{}'", "'[]'", #"'"text"'"#, "NULL"]),
        ("plain", [#"'{"z":1, "a":null}'"#, "'null'", "NULL"]),
        ("bytes", [#"'\x00ff'"#, "''", "NULL"]),
    ]

    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func `cells are every column that differs, exactly, whatever its type`(seed: UInt64) async throws {
        try await MigratedDatabase.with { _, client, url in
            var random = SplitMix(seed: seed)
            var script = [Self.odd]
            for id in 1...6 { script.append("INSERT INTO odd (id) VALUES (\(id));") }
            for step in 1...150 {
                let chosen = Self.values.filter { _ in Int.random(in: 0...3, using: &random) == 0 }
                let set = chosen.map { "\($0.column) = \($0.values.randomElement(using: &random) ?? "NULL")" }
                guard !set.isEmpty else { continue }
                let low = Int.random(in: 1...6, using: &random)
                script.append(
                    """
                    INSERT INTO copies SELECT \(step), to_jsonb(o) FROM odd o WHERE id >= \(low);
                    UPDATE odd SET \(set.joined(separator: ", ")) WHERE id >= \(low);
                    UPDATE copies c SET after = to_jsonb(o) FROM odd o
                    WHERE c.step = \(step) AND o.id = (c.before->>'id')::bigint;
                    """
                )
            }
            try await execute(script.joined(separator: "\n"), on: url)
            // In the order of recording, rows of which nothing but updated_at moved left out on both sides.
            let wrong = try await execute(
                """
                WITH told AS (
                    SELECT row_number() OVER (PARTITION BY row_id ORDER BY revision, position) AS place, row_id, cells
                    FROM changes WHERE table_name = 'odd' AND operation = 'update'
                ), is_so AS (
                    SELECT row_number() OVER (PARTITION BY before->'id' ORDER BY step) AS place,
                        (before->>'id')::bigint AS row_id, (\(Self.expected(old: "before", new: "after"))) AS cells
                    FROM copies WHERE before->'row_revision' <> after->'row_revision'
                )
                SELECT count(*), (SELECT count(*) > 50 FROM is_so) FROM told t FULL JOIN is_so i USING (row_id, place)
                WHERE t.cells IS DISTINCT FROM i.cells
                """,
                on: url
            )
            #expect(wrong == ["0|t"], "seed \(seed)")
            try await execute(
                "CREATE TABLE last AS SELECT id, to_jsonb(o) AS row FROM odd o; DELETE FROM odd WHERE id < 4; TRUNCATE odd",
                on: url
            )
            let deleted = try await execute(
                """
                SELECT count(*) FROM last l JOIN changes c ON c.table_name = 'odd' AND c.row_id = l.id AND c.operation = 'delete'
                WHERE c.cells = (\(Self.expected(old: "l.row", new: "NULL::jsonb")))
                """,
                on: url
            )
            #expect(deleted == ["6"], "seed \(seed)")
        }
    }

    @Test func `a column that was added, renamed or dropped by hand is recorded from the first write on`() async throws
    {
        try await MigratedDatabase.with { _, _, url in
            try await execute("INSERT INTO routes (name) VALUES ('a')", on: url)
            try await execute("ALTER TABLE routes ADD COLUMN team text; UPDATE routes SET team = 'x'", on: url)
            try await execute("ALTER TABLE routes RENAME team TO squad; UPDATE routes SET squad = 'y'", on: url)
            try await execute("INSERT INTO routes (name, squad) VALUES ('b', 'z')", on: url)
            try await execute(
                "CALL record_changes_of('routes'); UPDATE routes SET squad = 'w' WHERE name = 'a'",
                on: url
            )
            try await execute(
                "ALTER TABLE routes DROP squad; UPDATE routes SET description = 'd' WHERE name = 'a'",
                on: url
            )
            try await execute("DELETE FROM routes WHERE name = 'b'", on: url)
            #expect(
                try await execute(
                    """
                    SELECT operation, coalesce(cells->'team', cells->'squad', cells->'description', '"none"')
                    FROM changes WHERE table_name = 'routes' ORDER BY revision, position
                    """,
                    on: url
                ) == [
                    #"insert|"none""#, #"update|[null, "x"]"#, #"update|["x", "y"]"#, #"insert|[null, "z"]"#,
                    #"update|["y", "w"]"#, #"update|[null, "d"]"#, #"delete|"none""#,
                ]
            )
        }
    }

    @Test func `truncating several tables, or one with those that refer to it, records the rows of each`() async throws
    {
        let rows = """
            INSERT INTO providers (slug, name) VALUES ('one', 'One'), ('two', 'Two');
            INSERT INTO models (provider_id, provider_model_id, model_name)
                SELECT p.id, 'm', 'M' FROM providers p WHERE slug IN ('one', 'two');
            INSERT INTO routes (name) VALUES ('r');
            INSERT INTO route_members (route_id, position, model) SELECT id, 1, 'one/m' FROM routes WHERE name = 'r';
            """
        let deleted = """
            SELECT table_name, count(*) FROM changes
            WHERE operation = 'delete' AND revision = (SELECT revision FROM revision_counter) GROUP BY 1 ORDER BY 1
            """
        try await MigratedDatabase.with { _, _, url in
            try await execute(rows, on: url)
            try await execute("TRUNCATE models, routes, route_members", on: url)
            #expect(try await execute(deleted, on: url) == ["models|2", "route_members|1", "routes|1"])
            try await execute("DELETE FROM providers; \(rows)", on: url)
            try await execute("TRUNCATE providers CASCADE", on: url)
            #expect(try await execute(deleted, on: url) == ["models|2", "providers|2"])
            try await execute("TRUNCATE routes CASCADE", on: url)
            #expect(try await execute(deleted, on: url) == ["route_members|1", "routes|1"])
        }
    }

    @Test func `a person who edits a row while a refresh waits for it keeps their cell, and both are recorded`()
        async throws
    {
        try await MigratedDatabase.with { store, client, url in
            try await execute("INSERT INTO providers (slug, name) VALUES ('one', 'One')", on: url)
            func listed(_ price: String) throws -> [DiscoveredModel] {
                try (1...3).map { number in
                    DiscoveredModel(
                        apiName: "m\(number)",
                        cells: [
                            "model_name": "M", "pricing_prompt": .number(try #require(JSONNumber(spelling: price))),
                            "context_length": 8192, "input_modalities": [], "output_modalities": [], "features": [],
                            "regions": [], "tags": [], "is_active": true, "metadata": [:], "sources": [:],
                        ]
                    )
                }
            }
            let refresh = Authorship(actor: "refresh")
            _ = try await store.merge(listed("0.000001"), ofProvider: 1, isDryRun: false, as: refresh)
            let second = try listed("0.000002")
            let changed = try await withThrowingTaskGroup(of: MergeOutcome.self) { group in
                try await client.transaction { person in
                    _ = try await person.query("UPDATE models SET pricing_prompt = 0.5, notes = 'mine' WHERE id = 2")
                    group.addTask {
                        try await store.merge(second, ofProvider: 1, isDryRun: false, as: refresh)
                    }
                    try await eventually("the refresh waits for the person's row") {
                        try await execute(
                            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
                            on: url
                        ) == ["1"]
                    }
                }
                return try await group.next()?.changed.sorted()
            }
            #expect(changed == ["m1", "m2", "m3"])
            #expect(
                try await execute(
                    "SELECT id, pricing_prompt, discovered->'pricing_prompt', notes, pinned, row_revision FROM models ORDER BY id",
                    on: url
                ) == [
                    "1|0.000002|0.000002||{}|2", "2|0.5|0.000002|mine|{pricing_prompt}|3", "3|0.000002|0.000002||{}|2",
                ]
            )
            // The refresh came second: what it found in the row is what the person had left there.
            #expect(
                try await execute(
                    "SELECT cells->'row_revision', cells ? 'pricing_prompt' FROM changes WHERE row_id = 2 AND revision = 4",
                    on: url
                ) == ["[2, 3]|f"]
            )
        }
    }
}
