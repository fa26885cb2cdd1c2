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
    /// - Throws: ``RowQueryProblem`` for a cursor of another query, `PostgresError`.
    package func rows(_ query: RowQuery) async throws -> RowPage {
        let source = RowSource(table: query.table, revision: query.revision)
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
                \(source.object(query.shown)) AS cells
            FROM page, \(source.relations) WHERE t.id = page.id ORDER BY \(order(in: "page."))
            """
        let total: SQL = "SELECT count(*) AS total FROM \(source.relations) WHERE \(matching)"
        return try await self.reading { connection in
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
                rows: try rows.prefix(query.limit).map { try Self.object($0, query.table) },
                next: next,
                total: total,
                revision: query.revision ?? revision
            )
        }
    }

    /// Reads one row.
    ///
    /// - Parameters:
    ///   - name: Which one.
    ///   - table: Its table.
    ///   - revision: The revision to look at; nil for the latest.
    /// - Returns: The row with all columns, or nil if there is none, and the revision that was looked at.
    /// - Throws: `PostgresError`.
    package func row(
        _ name: RowName,
        of table: RegistryTable,
        asOf revision: Int64? = nil
    ) async throws -> (row: JSONObject?, revision: Int64) {
        let source = RowSource(table: table, revision: revision)
        let condition: SQL
        switch name {
        case .id(let id):
            condition = "t.id = \(id)"
        case .natural(let name) where table == .models:
            guard let slash = name.firstIndex(of: "/") else { return (nil, try await self.position().revision) }
            let apiName = String(name[name.index(after: slash)...])
            condition = "p.slug = \(String(name[..<slash])) AND t.provider_model_id = \(apiName)"
        case .natural(let name):
            let column = table.identity.first.flatMap { table.column($0) }
            condition = column.map { "\(source.expression($0)) = \(name)" } ?? "false"
        }
        let statement: SQL =
            "SELECT \(source.object(table.columns)) AS cells FROM \(source.relations) WHERE \(condition)"
        return try await self.reading { connection in
            let latest = try await connection.query("SELECT revision FROM revision_counter")
                .only().decode(Int64.self, "revision")
            let rows = try await connection.query(statement)
            return (try rows.first.map { try Self.object($0, table) }, revision ?? latest)
        }
    }

    /// One transaction that sees one state and writes nothing.
    private func reading<Value: Sendable>(
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await self.client.transaction(
            isolation: .repeatableRead,
            readOnly: true,
            settings: ["intervalstyle": "postgres"],
            body
        )
    }

    private static func object(_ row: PostgresRow, _ table: RegistryTable) throws -> JSONObject {
        let cells = try JSONValue(parsing: Array(row.decode(String.self, "cells").utf8))
        guard var object = cells.objectValue else { throw UnknownValue(column: table.name, value: cells.kind) }
        // What the provider said is shown as the cells beside it are.
        guard let discovered = object["discovered"]?.objectValue else { return object }
        object["discovered"] = .object(
            JSONObject(
                discovered.map { name, value in
                    (name, table.column(name).flatMap { try? $0.read(value) } ?? value)
                }
            )
        )
        return object
    }
}
