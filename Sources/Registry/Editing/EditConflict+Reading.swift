import FoundationEssentials
import JSON
import Postgres

extension EditConflict {
    /// Reads from history what was done to a row after an editor saw it.
    init(
        of edit: CheckedEdit,
        id: Int64,
        seen: Int64,
        _ row: EditSession.Row,
        on connection: PostgresConnection
    ) async throws {
        let changes =
            try await connection.query(
                """
                SELECT r.revision, r.actor, r.reason, r.committed_at, c.cells::text AS cells
                FROM change_rows c JOIN revisions r USING (change_set)
                WHERE c.table_name = \(edit.table.name) AND c.row_id = \(id)
                AND (c.cells -> 'row_revision' ->> 1)::bigint > \(seen)
                ORDER BY r.revision DESC, c.position DESC LIMIT 50
                """
            ).map { change in
                Change(
                    revision: try change.decode(Int64.self, "revision"),
                    actor: try change.decode(String.self, "actor"),
                    reason: try change.decode(String?.self, "reason"),
                    at: try change.decode(Date.self, "committed_at"),
                    cells: try JSONValue(parsing: Array(change.decode(String.self, "cells").utf8)).objectValue ?? [:]
                )
            }.reversed() as [Change]
        var wanted = edit.cells
        if let members = edit.members { wanted["members"] = .array(members) }
        for name in edit.giveBack where wanted[name] == nil { wanted[name] = row.cells["discovered"]?[name] ?? .null }
        self.init(
            rowRevision: row.rowRevision,
            changes: changes,
            cells: wanted.map { name, yours in
                let type = edit.table.column(name)?.type
                let theirs = row.cells[name] ?? .null
                let before = changes.lazy.compactMap { $0.cells[name]?[0] }.first
                return Cell(
                    column: name,
                    seen: before.map { type?.present($0) ?? $0 } ?? theirs,
                    yours: yours,
                    theirs: theirs
                )
            }
        )
    }
}
