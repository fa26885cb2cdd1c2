package import JSON
import Postgres

/// How somebody names a row: by its number, or as people do.
package enum RowName: Sendable, Hashable {
    /// The row's number.
    case id(Int64)
    /// `openai/gpt-4o` of a model, the slug of a provider, the name of a route or setting.
    case natural(String)
}

extension RegistryStore {
    /// Reads some rows of a table, all at one revision.
    ///
    /// - Parameter query: Which rows.
    /// - Returns: The page.
    /// - Throws: ``RowQueryProblem`` for a cursor of another query, ``HistoryNotFound``, `PostgresError`.
    package func rows(_ query: RowQuery) async throws -> RowPage {
        let past = try await self.pastRevision(query.asOf)
        let source = RowSource(table: query.table, relation: Relations(revision: past))
        let matching = source.condition(query.filters, search: query.search)
        var after: SQL = "true"
        if let cursor = query.cursor {
            after = try RowCursor(cursor, of: query).condition(query.order, source)
        }
        let keys = query.order.indices.map { SQL.identifier("key\($0)") }
        func order(in relation: SQL) -> SQL {
            let columns = zip(keys, query.order).map { key, order -> SQL in
                "\(relation)\(key) \(unescaped: order.isDescending ? "DESC" : "ASC") NULLS LAST"
            }
            return .joined(columns + ["\(relation)id"], separator: ", ")
        }
        let sorted = zip(keys, query.order).map { key, order -> SQL in ", \(source.key(order.column)) AS \(key)" }
        // The rows of the page are found first, and only they are put together.
        let page: SQL = """
            WITH page AS (
                SELECT t.id\(SQL.joined(sorted, separator: "")) FROM \(source.relations)
                WHERE \(matching) AND \(after) ORDER BY \(order(in: "")) LIMIT \(Int64(query.limit + 1))
            )
            SELECT page.id\(SQL.joined(keys.map { ", page.\($0)::text AS \($0)" }, separator: "")),
                contents.cells::text AS cells
            FROM page JOIN (\(source.contents)) contents USING (id) ORDER BY \(order(in: "page."))
            """
        let total: SQL = "SELECT count(*) AS total FROM \(source.relations) WHERE \(matching)"
        return try await self.atOneRevision { connection in
            let revision = try await connection.query("SELECT revision FROM revision_counter")
                .only().decode(Int64.self, "revision")
            let total = try await connection.query(total.unprepared()).only().decode(Int64.self, "total")
            let rows = try await connection.query(page.unprepared())
            var next: String?
            if rows.count > query.limit {
                let last = rows[query.limit - 1]
                next = RowCursor(
                    keys: try query.order.indices.map { try last.decode(String?.self, "key\($0)") },
                    id: try last.decode(Int64.self, "id")
                ).text(of: query)
            }
            return RowPage(
                rows: try rows.prefix(query.limit).map { try Self.object($0, query.table, query.fields) },
                next: next,
                total: total,
                revision: past ?? revision
            )
        }
    }

    /// Reads one row.
    ///
    /// - Parameters:
    ///   - name: Which one.
    ///   - table: Its table.
    ///   - point: The state to look at; nil for the latest.
    /// - Returns: The row with all columns, or nil if there is none, and the revision that was looked at.
    /// - Throws: ``HistoryNotFound``, `PostgresError`.
    package func row(
        _ name: RowName,
        of table: RegistryTable,
        asOf point: RevisionPoint? = nil
    ) async throws -> (row: JSONObject?, revision: Int64) {
        let past = try await self.pastRevision(point)
        let source = RowSource(table: table, relation: Relations(revision: past))
        let condition: SQL
        switch name {
        case .id(let id):
            condition = "t.id = \(id)"
        case .natural(let name) where table == .models:
            let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
            condition = parts.count == 2 ? "p.slug = \(parts[0]) AND t.provider_model_id = \(parts[1])" : "false"
        case .natural(let name):
            let column = table.identity.first.flatMap { table.column($0) }
            condition = column.map { "\(source.expression($0)) = \(name)" } ?? "false"
        }
        let statement: SQL = """
            SELECT contents.cells::text AS cells
            FROM \(source.relations) JOIN (\(source.contents)) contents ON contents.id = t.id WHERE \(condition)
            """
        return try await self.atOneRevision { connection in
            let latest = try await connection.query("SELECT revision FROM revision_counter")
                .only().decode(Int64.self, "revision")
            let rows = try await connection.query(statement)
            return (try rows.first.map { try Self.object($0, table, nil) }, past ?? latest)
        }
    }

    private func pastRevision(_ point: RevisionPoint?) async throws -> Int64? {
        guard let point else { return nil }
        return try await self.revision(at: point)
    }

    /// One transaction that sees one state and writes nothing.
    private func atOneRevision<Value: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await self.client.transaction(
            isolation: .repeatableRead,
            readOnly: true,
            body
        )
    }

    private static func object(
        _ row: PostgresRow,
        _ table: RegistryTable,
        _ fields: [Column]?
    ) throws -> JSONObject {
        let cells = try JSONValue(parsing: Array(row.decode(String.self, "cells").utf8))
        let object = table.present(cells.objectValue ?? [:])
        guard let fields else { return object }
        return JSONObject(fields.map { ($0.name, object[$0.name] ?? .null) })
    }
}
