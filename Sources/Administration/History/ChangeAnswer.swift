import HTTP
import HTTPTypes
import JSON
import Registry

/// Changes as they are answered: values spelled as rows have them.
enum ChangeAnswer {
    /// What one revision did to one row.
    static func json(_ change: Change) -> JSONValue {
        [
            "revision": JSONValue(change.revision),
            "at": JSONValue(change.changedAt),
            "actor": .string(change.actor),
            "reason": JSONValue(change.reason),
            "table": .string(change.table),
            "row_id": JSONValue(change.rowID),
            "title": .string(change.title),
            "operation": .string(change.operation.rawValue),
            "cells": .array(
                change.cells.map { cell in
                    [
                        "column": .string(cell.column),
                        "old": self.present(cell.old, cell.column, of: change.table),
                        "new": self.present(cell.new, cell.column, of: change.table),
                    ]
                }
            ),
        ]
    }

    /// A cell that taking something back changed.
    static func json(_ cell: ReversionOutcome.Cell) -> JSONValue {
        [
            "table": .string(cell.table),
            "row_id": JSONValue(cell.rowID),
            "title": .string(cell.title),
            "column": .string(cell.column),
            "old": self.present(cell.old, cell.column, of: cell.table),
            "new": self.present(cell.new, cell.column, of: cell.table),
        ]
    }

    /// Columns of decimals in tables that people edit only as part of others.
    private static let otherDecimals: Set<String> = ["max_price", "budget_daily", "budget_monthly"]

    /// A value of history as a row has it.
    static func present(_ value: JSONValue, _ column: String, of table: String) -> JSONValue {
        if let type = RegistryTable.named(table)?.column(column)?.type { return type.present(value) }
        return self.otherDecimals.contains(column) ? ColumnType.decimal.present(value) : value
    }
}

extension APIError {
    /// There is no such revision, row or change.
    init(_ missing: HistoryNotFound) {
        self.init(.notFound, code: "not_found", missing.description)
    }

    /// Taking something back was refused: somebody's later edit would be lost.
    init(_ refusal: ReversionRefused) {
        self.init(.conflict, code: "conflict", refusal.description)
        self.more["details"] = .array(
            refusal.obstacles.map { obstacle in
                let shown = { (value: JSONValue) in
                    ChangeAnswer.present(value, obstacle.column ?? "", of: obstacle.table)
                }
                return [
                    "table": .string(obstacle.table),
                    "row_id": JSONValue(obstacle.rowID),
                    "column": JSONValue(obstacle.column),
                    "left": shown(obstacle.left),
                    "present": shown(obstacle.present),
                    "revision": JSONValue(obstacle.revision),
                    "actor": JSONValue(obstacle.actor),
                    "at": JSONValue(obstacle.changedAt),
                    "message": .string(obstacle.message),
                ]
            }
        )
    }
}

extension Schema {
    /// ``ChangeAnswer/json(_:)-(Change)``.
    static let change = Schema.object([
        "revision": .count,
        "at": .moment,
        "actor": .string.described("The person, key or worker; sql: and the login name for plain SQL."),
        "reason": .string.nullable,
        "table": .string.described("The row's table; route_members for a member of a route."),
        "row_id": .integer,
        "title": .string.described("What people call the row."),
        "operation": .choice(Change.Operation.allCases.map(\.rawValue)),
        "cells": .array(of: .cellChange),
    ]).named("Change")

    /// A page of changes.
    static let changePage = Schema.object([
        "object": .constant("list"),
        "data": .array(of: .change).described("Newest first."),
        "next": .string.nullable.described("The cursor of the next page; null on the last."),
    ]).named("ChangePage")

    /// What taking something back changed.
    static let reversion = Schema.object([
        "cells": .array(
            of: .object([
                "table": .string, "row_id": .integer, "title": .string, "column": .string,
                "old": .any.described("Before."), "new": .any.described("After."),
            ])
        ).described("By table, row and column; a row that comes or goes shows in its cell id."),
        "revision": .integer.nullable.described("The revision that it made; null if nothing had to be changed."),
        "in_force": .boolean.described("Whether this replica serves it already."),
        "dry_run": .boolean,
    ]).named("Reversion")

    /// ``APIError/init(_:)-(ReversionRefused)``.
    static let reversionRefusal = Schema.object([
        "error": .object([
            "message": .string, "type": .string, "code": .string, "param": .string.nullable,
            "details": .array(
                of: .object([
                    "table": .string, "row_id": .integer, "column": .string.nullable,
                    "left": .any.described("What the revision left in the cell."),
                    "present": .any.described("What is in it now."),
                    "revision": .integer.nullable.described("The revision that wrote it."),
                    "actor": .string.nullable, "at": .moment.nullable, "message": .string,
                ])
            ).described("What is in the way."),
        ])
    ]).named("ReversionRefusal")
}
