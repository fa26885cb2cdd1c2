import JSON
import Postgres
import Registry

/// The database beside the rules: reads what it holds in the rules' own terms.
struct RegistryUnderTest: Sendable {
    let store: RegistryStore
    let client: PostgresClient

    static let tables = ["models", "routes", "route_members", "settings"]

    /// What the tables hold now, and the number of each row.
    func state() async throws -> (state: RuledState, numbers: [RowKey: Int64], revision: Int64) {
        try await self.client.transaction(isolation: .repeatableRead, readOnly: true) { connection in
            var state = RuledState()
            var numbers: [RowKey: Int64] = [:]
            for row in try await connection.query(
                """
                SELECT 'models' AS name, id, to_jsonb(t)::text AS cells FROM models t
                UNION ALL SELECT 'routes', id, to_jsonb(t)::text FROM routes t
                UNION ALL SELECT 'route_members', id, to_jsonb(t)::text FROM route_members t
                UNION ALL SELECT 'settings', id, to_jsonb(t)::text FROM settings t
                """
            ) {
                let (key, cells) = try Self.read(row)
                state.rows[key] = RuledRow(key.table, json: cells)
                numbers[key] = cells["row_revision"]?.int64Value
            }
            let revision = try await connection.query("SELECT revision FROM revision_counter").only()
            return (state, numbers, try revision.decode(Int64.self, "revision"))
        }
    }

    /// What the tables held at a revision, by the database's own account.
    func state(asOf revision: Int64) async throws -> RuledState {
        var state = RuledState()
        for row in try await self.client.query(
            """
            SELECT name, r.id, r.cells::text AS cells
            FROM unnest(\(Self.tables)::text[]) name CROSS JOIN LATERAL rows_as_of(name, \(revision)) r
            """
        ) {
            let (key, cells) = try Self.read(row)
            state.rows[key] = RuledRow(key.table, json: cells)
        }
        return state
    }

    private static func read(_ row: PostgresRow) throws -> (RowKey, JSONObject) {
        let key = RowKey(table: try row.decode(String.self, "name"), id: try row.decode(Int64.self, "id"))
        return (key, try JSONValue(parsing: Array(row.decode(String.self, "cells").utf8)).objectValue ?? [:])
    }

    /// Every column of every registry row, as the changes from the first on make it; compared by the database itself.
    func differencesOfReplay() async throws -> [String] {
        var differences: [String] = []
        for table in Self.tables + ["providers", "api_keys"] {
            // What may move without being a change is left out; updated_at is when the last change's transaction began.
            differences += try await self.client.query(
                """
                WITH written AS (
                    SELECT c.row_id, c.revision, c.position, c.operation, cell.key, cell.value -> 1 AS value,
                        max(c.revision * 1000000000 + c.position) FILTER (WHERE c.operation IN ('insert', 'delete'))
                            OVER (PARTITION BY c.row_id) AS birth
                    FROM changes c CROSS JOIN LATERAL jsonb_each(c.cells) cell
                    WHERE c.table_name = \(table)
                ), latest AS (
                    SELECT DISTINCT ON (row_id, key) row_id, key, value FROM written
                    WHERE revision * 1000000000 + position >= birth ORDER BY row_id, key, revision DESC, position DESC
                ), replayed AS (
                    SELECT row_id, jsonb_object_agg(key, value) FILTER (WHERE value <> 'null')
                        - '{last_verified_at,health_status,last_used_at}'::text[] AS cells
                    FROM latest GROUP BY row_id
                ), stored AS (
                    SELECT t.id, jsonb_object_agg(cell.key, cell.value) FILTER (WHERE cell.value <> 'null')
                        - '{last_verified_at,health_status,last_used_at,updated_at}'::text[] AS cells
                    FROM \(SQL.identifier(table)) t CROSS JOIN LATERAL jsonb_each(to_jsonb(t)) cell GROUP BY t.id
                )
                SELECT format('%s %s: replayed %s, stored %s', \(table)::text, coalesce(row_id, id), r.cells, s.cells) AS words
                FROM replayed r FULL JOIN stored s ON s.id = r.row_id
                WHERE (s.id IS NOT NULL OR r.cells IS NOT NULL) AND r.cells IS DISTINCT FROM s.cells
                """
            ).map { try $0.decode(String.self, "words") }
            differences += try await self.client.query(
                """
                SELECT format('%s %s: updated_at is %s', \(table)::text, t.id, t.updated_at) AS words
                FROM \(SQL.identifier(table)) t
                WHERE t.updated_at IS DISTINCT FROM (
                    SELECT r.started_at FROM change_rows c JOIN revisions r USING (change_set)
                    WHERE c.table_name = \(table) AND c.row_id = t.id ORDER BY r.revision DESC LIMIT 1
                )
                """
            ).map { try $0.decode(String.self, "words") }
        }
        return differences
    }

    /// What is wrong with the numbering.
    func differencesOfNumbering() async throws -> [String] {
        try await self.client.query(
            """
            SELECT 'there is a gap' AS words FROM revisions HAVING count(*) <> max(revision)
            UNION ALL SELECT 'the counter is not at the latest' FROM revision_counter c
                WHERE revision <> (SELECT max(revision) FROM revisions)
            UNION ALL SELECT format('revision %s was committed before the one before it', revision)
                FROM (SELECT revision, committed_at < lag(committed_at) OVER (ORDER BY revision) AS back FROM revisions) r
                WHERE back
            UNION ALL SELECT format('change set %s has no revision', change_set) FROM change_rows c
                WHERE NOT EXISTS (SELECT FROM revisions r WHERE r.change_set = c.change_set)
            UNION ALL SELECT format('revision %s changed nothing', revision) FROM revisions r
                WHERE NOT EXISTS (SELECT FROM change_rows c WHERE c.change_set = r.change_set)
            UNION ALL SELECT 'a change set is pending' FROM pending_change_sets
            """
        ).map { try $0.decode(String.self, "words") }
    }
}
