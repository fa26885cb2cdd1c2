package import JSON
import Postgres

/// Every row that people edit, at one revision: what files are written from and compared with.
///
/// A row has its `id`, its `row_revision` and the cells that are not empty, as the registry gives them out; what the
/// provider last said (`discovered`) is not among them.
package struct RegistryContents: Sendable {
    /// The revision that all rows are of; 0 for an empty registry.
    package let revision: Int64

    private let rowsByTable: [String: [JSONObject]]

    /// Puts rows together.
    ///
    /// - Parameters:
    ///   - revision: The revision that all of them are of.
    ///   - rows: The rows of each table, by the table's name.
    package init(revision: Int64, rows: [String: [JSONObject]]) {
        self.revision = revision
        self.rowsByTable = rows
    }

    /// The rows of a table, by number.
    package func rows(of table: RegistryTable) -> [JSONObject] { self.rowsByTable[table.name] ?? [] }
}

extension RegistryStore {
    /// Reads tables whole, at one revision.
    ///
    /// - Parameter tables: Which tables.
    /// - Returns: Their rows.
    /// - Throws: `PostgresError`.
    package func contents(of tables: [RegistryTable] = RegistryTable.all) async throws -> RegistryContents {
        try await self.client.transaction(isolation: .repeatableRead, readOnly: true) { connection in
            let counter = try await connection.query("SELECT revision FROM revision_counter")
            var rows: [String: [JSONObject]] = [:]
            for table in tables {
                let read = try await connection.query(
                    """
                    SELECT (cells - ARRAY['discovered', 'drifted'])::text AS cells FROM (\(table.reading())) rows ORDER BY id
                    """
                )
                rows[table.name] = try read.map { row in
                    let cells = try JSONValue(parsing: Array(row.decode(String.self, "cells").utf8)).objectValue ?? [:]
                    return JSONObject(table.present(cells).filter { !$0.value.isNull })
                }
            }
            return RegistryContents(revision: try counter.first?.decode(Int64.self, "revision") ?? 0, rows: rows)
        }
    }
}
