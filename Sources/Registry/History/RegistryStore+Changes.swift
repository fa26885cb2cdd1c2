import FoundationEssentials
import JSON
import Postgres

extension RegistryStore {
    /// Reads what happened to the registry, newest first.
    ///
    /// Pages are cut by place, not by number, so that what is changed meanwhile moves nothing to another page.
    ///
    /// - Parameter query: Which changes.
    /// - Returns: A page of them.
    /// - Throws: ``ChangeQueryProblem`` for a query that makes no sense; `PostgresError`.
    package func changes(_ query: ChangeQuery) async throws -> ChangePage {
        let conditions = try Self.conditions(of: query)
        let cells: SQL =
            query.column.map { "jsonb_build_object(\($0)::text, c.cells -> \($0)::text)" } ?? "c.cells - 'key_hash'"
        let statement: SQL = """
            SELECT r.revision, c.position, r.committed_at, r.actor, r.reason, c.table_name, c.row_id, c.operation,
                row_title(c.table_name, c.row_id) AS title,
                (\(cells))::text AS cells
            FROM revisions r JOIN change_rows c USING (change_set)
            WHERE \(SQL.joined(conditions, separator: " AND "))
            ORDER BY r.revision DESC, c.position DESC LIMIT \(Int64(query.limit + 1))
            """
        let changes = try await self.client.query(statement.unprepared()).map(Change.init(row:))
        guard changes.count > query.limit else { return ChangePage(changes: changes, next: nil) }
        let page = Array(changes.prefix(query.limit))
        return ChangePage(changes: page, next: page.last.map { "\($0.revision)-\($0.position)" })
    }

    /// The number that a model had which was deleted.
    ///
    /// - Parameter name: `provider/api-name`.
    /// - Returns: The number of the one that was deleted last; nil if there was none.
    /// - Throws: `PostgresError`.
    package func deletedModel(named name: String) async throws -> Int64? {
        guard let slash = name.firstIndex(of: "/") else { return nil }
        let apiName = String(name[name.index(after: slash)...])
        return try await self.client.query(
            """
            SELECT c.row_id FROM change_rows c JOIN providers p ON p.id = (c.cells -> 'provider_id' ->> 0)::bigint
            WHERE c.table_name = 'models' AND c.operation = 'delete' AND p.slug = \(String(name[..<slash]))
            AND c.cells -> 'provider_model_id' ->> 0 = \(apiName)
            ORDER BY c.change_set DESC LIMIT 1
            """
        ).first?.decode(Int64.self, "row_id")
    }

    private static func conditions(of query: ChangeQuery) throws(ChangeQueryProblem) -> [SQL] {
        guard (1...ChangeQuery.mostAtOnce).contains(query.limit) else {
            throw ChangeQueryProblem(
                parameter: "limit",
                message: "A page has 1 to \(ChangeQuery.mostAtOnce) changes, and \(query.limit) were asked for."
            )
        }
        var conditions: [SQL] = ["true"]
        if let table = query.table {
            if let id = query.rowID {
                conditions.append(
                    """
                    (c.table_name, c.row_id) IN (
                        SELECT \(table)::text, \(id)
                        UNION ALL
                        SELECT p.table_name, p.row_id FROM parts_of(\(table), \(id)) p
                    )
                    """
                )
            } else {
                conditions.append("c.table_name = \(table)")
            }
        } else if query.rowID != nil {
            throw ChangeQueryProblem(parameter: "row", message: "A row's number needs its table beside it.")
        }
        if let column = query.column {
            conditions.append("c.cells ? \(column)::text AND \(column)::text <> 'key_hash'")
        }
        if let revisions = query.revisions {
            conditions.append("r.revision BETWEEN \(revisions.lowerBound) AND \(revisions.upperBound)")
        }
        if let since = query.since { conditions.append("r.committed_at >= \(since)") }
        if let until = query.until { conditions.append("r.committed_at < \(until)") }
        if let actor = query.actor { conditions.append("starts_with(r.actor, \(actor))") }
        if let cursor = query.cursor {
            let parts = cursor.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
            guard parts.count == 2, let revision = parts[0], let position = parts[1] else {
                throw ChangeQueryProblem(
                    parameter: "cursor",
                    message:
                        "This cursor is none. Take “next” of the page before, or leave it out to begin at the newest."
                )
            }
            // The first condition lets the index find the place, the second is exact.
            conditions.append("r.revision <= \(revision) AND (r.revision, c.position) < (\(revision), \(position))")
        }
        return conditions
    }
}

extension Change {
    init(row: PostgresRow) throws {
        let cells = try JSONValue(parsing: Array(row.decode(String.self, "cells").utf8)).objectValue ?? [:]
        self.init(
            revision: try row.decode(Int64.self, "revision"),
            position: try row.decode(Int64.self, "position"),
            changedAt: try row.decode(Date.self, "committed_at"),
            actor: try row.decode(String.self, "actor"),
            reason: try row.decode(String?.self, "reason"),
            table: try row.decode(String.self, "table_name"),
            rowID: try row.decode(Int64.self, "row_id"),
            title: try row.decode(String.self, "title"),
            operation: try row.decodeCase("operation"),
            cells: cells.map { Cell(column: $0.key, old: $0.value[0] ?? .null, new: $0.value[1] ?? .null) }
        )
    }
}
