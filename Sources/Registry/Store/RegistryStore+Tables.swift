import FoundationEssentials
package import JSON
import Postgres

/// A whole table at one revision.
package struct TableContent: Sendable {
    /// The registry's revision.
    package let revision: Int64
    /// Every row as the registry gives it out, in the order in which people read them.
    package let rows: [JSONObject]

    /// Puts a table together.
    package init(revision: Int64, rows: [JSONObject]) {
        self.revision = revision
        self.rows = rows
    }
}

extension RegistryStore {
    /// Reads a whole table, for files.
    ///
    /// - Parameter table: The table.
    /// - Returns: All its rows and the revision at which they were read.
    /// - Throws: `PostgresError`.
    package func content(of table: RegistryTable) async throws -> TableContent {
        let order = table.identity.map { name -> SQL in "cells ->> \(name)::text COLLATE \"C\"" }
        return try await self.client.transaction(isolation: .repeatableRead, readOnly: true) { connection in
            let counter = try await connection.query("SELECT revision FROM revision_counter")
            let found = try await connection.query(
                "SELECT cells::text AS cells FROM (\(table.reading())) rows ORDER BY \(SQL.joined(order, separator: ", "))"
            )
            var rows: [JSONObject] = []
            rows.reserveCapacity(found.count)
            for row in found {
                if rows.count.isMultiple(of: 500) { await Task.yield() }
                let cells = try JSONValue(parsing: row.decode(String.self, "cells").utf8)
                rows.append(table.present(cells.objectValue ?? [:]))
            }
            return TableContent(revision: try counter.first?.decode(Int64.self, "revision") ?? 0, rows: rows)
        }
    }

    /// Reads what was done to rows after somebody saw them.
    ///
    /// - Parameters:
    ///   - table: The rows' table.
    ///   - seen: Row revisions by the rows' numbers.
    /// - Returns: Later changes of each of these rows, oldest first; values as the registry gives them out.
    /// - Throws: `PostgresError`.
    package func changes(
        of table: RegistryTable,
        after seen: [Int64: Int64]
    ) async throws -> [Int64: [EditConflict.Change]] {
        guard !seen.isEmpty else { return [:] }
        let ids = Array(seen.keys)
        let found = try await self.client.query(
            """
            SELECT c.row_id, r.revision, r.actor, r.reason, r.committed_at, c.cells::text AS cells
            FROM unnest(\(ids)::bigint[], \(ids.map { seen[$0] ?? 0 })::bigint[]) AS s(id, row_revision)
                JOIN change_rows c ON c.table_name = \(table.name) AND c.row_id = s.id
                    AND (c.cells -> 'row_revision' ->> 1)::bigint > s.row_revision
                JOIN revisions r USING (change_set)
            ORDER BY r.revision, c.position
            """
        )
        var changes: [Int64: [EditConflict.Change]] = [:]
        for row in found {
            let cells = try JSONValue(parsing: row.decode(String.self, "cells").utf8).objectValue ?? [:]
            changes[try row.decode(Int64.self, "row_id"), default: []].append(
                EditConflict.Change(
                    revision: try row.decode(Int64.self, "revision"),
                    actor: try row.decode(String.self, "actor"),
                    reason: try row.decode(String?.self, "reason"),
                    at: try row.decode(Date.self, "committed_at"),
                    cells: JSONObject(
                        cells.map { name, values in
                            let type = table.column(name)?.type
                            let pair = values.arrayValue?.map { type?.present($0) ?? $0 }
                            return (name, pair.map { .array($0) } ?? values)
                        }
                    )
                )
            )
        }
        return changes
    }
}
