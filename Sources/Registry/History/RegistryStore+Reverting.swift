import FoundationEssentials
import JSON
import Postgres

extension RegistryStore {
    /// Carries what a dry run would have done out of the transaction that it rolls back.
    private struct TakenBack: Error {
        let cells: [ReversionOutcome.Cell]
    }

    /// Takes something back as a new revision, whole or not at all.
    ///
    /// The database decides what becomes of each cell, and whether a later edit would be lost. What a provider says of a
    /// model is a fact and stays; a cell that goes back to what a refresh had overwritten is pinned.
    ///
    /// - Parameters:
    ///   - what: What to take back.
    ///   - author: Who does. Without a reason, history says what was undone.
    ///   - isDryRun: Whether to take everything back again.
    ///   - mayTouchKeys: Whether clients' keys may be changed, as by taking back that one was ended.
    /// - Returns: The cells that changed.
    /// - Throws: ``ReversionRefused``, ``HistoryNotFound`` or `PostgresError`; then nothing was changed.
    package func revert(
        _ what: Reversion,
        as author: Authorship,
        isDryRun: Bool = false,
        mayTouchKeys: Bool = false
    ) async throws -> ReversionOutcome {
        let call: SQL =
            switch what {
            case .cell(let table, let id, let column, let revision):
                "revert_cell(\(table.name), \(id), \(column), \(revision))"
            case .row(let table, let id, let revision): "revert_row(\(table.name), \(id), \(revision))"
            case .revision(let revision): "revert_revision(\(revision))"
            case .everythingAfter(let revision): "revert_after(\(revision))"
            }
        do {
            return try await self.takeBack(call, as: author, isDryRun: isDryRun, mayTouchKeys: mayTouchKeys)
        } catch let error as PostgresError where error.sqlState == "P0R01" {
            throw ReversionRefused(
                message: error.message,
                hint: error.hint,
                obstacles: try await self.obstacles(to: what)
            )
        }
    }

    /// Brings a deleted row back, with its number, its pins and its parts.
    ///
    /// - Parameters:
    ///   - table: The row's table.
    ///   - id: The number that it had.
    ///   - author: Who does.
    ///   - isDryRun: Whether to take everything back again.
    /// - Returns: The cells that are there again.
    /// - Throws: ``ReversionRefused`` if it is there, or its name was taken meanwhile; ``HistoryNotFound`` if there never
    ///   was one; `PostgresError`.
    package func restore(
        _ table: RegistryTable,
        id: Int64,
        as author: Authorship,
        isDryRun: Bool = false
    ) async throws -> ReversionOutcome {
        do {
            return try await self.takeBack("restore_row(\(table.name), \(id))", as: author, isDryRun: isDryRun)
        } catch let error as PostgresError where error.sqlState == "P0R01" {
            throw ReversionRefused(message: error.message, hint: error.hint, obstacles: [])
        }
    }

    private func takeBack(
        _ call: SQL,
        as author: Authorship,
        isDryRun: Bool,
        mayTouchKeys: Bool = false
    ) async throws -> ReversionOutcome {
        try await Self.explainingHistory {
            do {
                let (cells, revision) = try await self.write(as: author) { connection in
                    let cells = try await Self.cells(from: call, on: connection)
                    guard mayTouchKeys || !cells.contains(where: { $0.table == "api_keys" }) else {
                        throw ReversionRefused(
                            message: "This would change keys of clients, which is for who may manage keys.",
                            hint: "Revert the other rows one by one.",
                            obstacles: []
                        )
                    }
                    if isDryRun { throw TakenBack(cells: cells) }
                    return cells
                }
                return ReversionOutcome(revision: revision, cells: cells)
            } catch let dryRun as TakenBack {
                return ReversionOutcome(revision: nil, cells: dryRun.cells)
            }
        }
    }

    /// Runs a function that takes back, and names the rows that it changed.
    private static func cells(
        from call: SQL,
        on connection: PostgresConnection
    ) async throws -> [ReversionOutcome.Cell] {
        struct Row: Hashable {
            let table: String
            let id: Int64
        }
        let changed = try await connection.query(
            """
            SELECT table_name, row_id, column_name, old_value::text AS old_value, new_value::text AS new_value
            FROM \(call)
            """
        )
        var titles: [Row: String] = [:]
        for cell in changed {
            let table = try cell.decode(String.self, "table_name")
            titles[Row(table: table, id: try cell.decode(Int64.self, "row_id"))] = ""
        }
        // Asked afterwards: a statement does not see what functions that it calls have written.
        let rows = Array(titles.keys)
        for named in try await connection.query(
            """
            SELECT r.table_name, r.row_id, row_title(r.table_name, r.row_id) AS title
            FROM unnest(\(rows.map(\.table))::text[], \(rows.map(\.id))) r (table_name, row_id)
            """
        ) {
            let table = try named.decode(String.self, "table_name")
            let row = Row(table: table, id: try named.decode(Int64.self, "row_id"))
            titles[row] = try named.decode(String.self, "title")
        }
        return try changed.map { cell in
            let table = try cell.decode(String.self, "table_name")
            let id = try cell.decode(Int64.self, "row_id")
            return ReversionOutcome.Cell(
                table: table,
                rowID: id,
                title: titles[Row(table: table, id: id)] ?? "\(table) \(id)",
                column: try cell.decode(String.self, "column_name"),
                old: try cell.decodeJSON("old_value"),
                new: try cell.decodeJSON("new_value")
            )
        }
    }

    private func obstacles(to what: Reversion) async throws -> [ReversionRefused.Obstacle] {
        let plan: SQL =
            switch what {
            case .cell(let table, let id, let column, let revision):
                """
                reversion_problems(
                    coalesce(\(revision), latest_change(\(table.name), \(id), \(column))), false, \(table.name), \(id), \(column)
                )
                """
            case .row(let table, let id, let revision):
                """
                reversion_problems(
                    coalesce(\(revision), latest_change(\(table.name), \(id))), false, \(table.name), \(id)
                )
                """
            case .revision(let revision): "reversion_problems(\(revision), false)"
            case .everythingAfter(let revision): "reversion_problems(\(revision), true)"
            }
        return try await self.client.query(
            """
            SELECT table_name, row_id, column_name, left_value::text AS left_value, present_value::text AS present_value,
                revision, actor, changed_at, problem
            FROM \(plan) LIMIT 1000
            """
        ).map(ReversionRefused.Obstacle.init(row:))
    }
}

extension ReversionRefused.Obstacle {
    init(row: PostgresRow) throws {
        self.init(
            table: try row.decode(String.self, "table_name"),
            rowID: try row.decode(Int64.self, "row_id"),
            column: try row.decode(String?.self, "column_name"),
            left: try row.decodeJSON("left_value"),
            present: try row.decodeJSON("present_value"),
            revision: try row.decode(Int64?.self, "revision"),
            actor: try row.decode(String?.self, "actor"),
            changedAt: try row.decode(Date?.self, "changed_at"),
            message: try row.decode(String.self, "problem")
        )
    }
}

extension PostgresRow {
    /// A value of JSON that was read as text; null for no value.
    func decodeJSON(_ column: String) throws -> JSONValue {
        try self.decode(String?.self, column).map { try JSONValue(parsing: Array($0.utf8)) } ?? .null
    }
}
