import HTTP
import HTTPTypes
import JSON
import Registry

extension APIError {
    /// Edits that were refused: 404 for a row that is not there, 409 where others were faster, 422 for what cannot be; every
    /// problem is in `details`.
    ///
    /// - Parameters:
    ///   - refusal: The problems.
    ///   - table: The table that the edits were of.
    init(_ refusal: EditRefused, of table: RegistryTable) {
        let problems = refusal.problems
        let codes = Set(problems.map(\.code))
        let status: HTTPResponse.Status
        if codes == [.notFound] {
            status = .notFound
        } else if codes.isSubset(of: [.conflict, .notFound]) {
            status = .conflict
        } else {
            status = .unprocessableContent
        }
        self.init(
            status,
            code: codes.count == 1 ? codes.first?.rawValue ?? "invalid_edits" : "invalid_edits",
            refusal.description,
            param: problems.count == 1 ? problems.first?.column : nil
        )
        self.more["details"] = .array(problems.map { Self.json($0, table) })
        if problems.count == 1, let conflict = problems.first?.conflict {
            self.more["conflict"] = Self.json(conflict, table)
        }
    }

    private static func json(_ problem: EditProblem, _ table: RegistryTable) -> JSONValue {
        [
            "index": JSONValue(problem.index),
            "id": JSONValue(problem.id),
            "column": JSONValue(problem.column),
            "code": .string(problem.code.rawValue),
            "message": .string(problem.message),
            "conflict": problem.conflict.map { Self.json($0, table) } ?? .null,
        ]
    }

    /// Who changed what when since the row was seen, and for each cell what was seen, what is wanted and what is there.
    private static func json(_ conflict: EditConflict, _ table: RegistryTable) -> JSONValue {
        [
            "row_revision": JSONValue(conflict.rowRevision),
            "changes": .array(
                conflict.changes.map { change in
                    [
                        "revision": JSONValue(change.revision),
                        "actor": .string(change.actor),
                        "reason": JSONValue(change.reason),
                        "at": JSONValue(change.at),
                        "cells": .object(Self.shown(change.cells, table)),
                    ]
                }
            ),
            "cells": .array(
                conflict.cells.map { cell in
                    [
                        "column": .string(cell.column), "seen": cell.seen, "yours": cell.yours, "theirs": cell.theirs,
                        "is_contested": .bool(cell.isContested),
                    ]
                }
            ),
        ]
    }

    /// `{column: {"old", "new"}}` of what people can see, values spelled as rows have them.
    private static func shown(_ cells: JSONObject, _ table: RegistryTable) -> JSONObject {
        JSONObject(
            cells.compactMap { name, change in
                guard let column = table.column(name), !["row_revision", "updated_at", "discovered"].contains(name)
                else {
                    return nil
                }
                return (
                    name,
                    ["old": column.type.present(change[0] ?? .null), "new": column.type.present(change[1] ?? .null)]
                )
            }
        )
    }
}

extension Schema {
    /// ``APIError/init(_:of:)``.
    static let editConflict = Schema.object([
        "row_revision": .integer.described("What the next edit must name to be based on what is there now."),
        "changes": .array(
            of: .object([
                "revision": .integer, "actor": .string, "reason": .string.nullable, "at": .moment,
                "cells": .map(of: .object(["old": .any, "new": .any])),
            ])
        ).described("Since the row was seen, oldest first."),
        "cells": .array(
            of: .object([
                "column": .string, "seen": .any, "yours": .any, "theirs": .any,
                "is_contested": .boolean.described("Whether somebody else changed this very cell."),
            ])
        ).described("Of the columns that were to be changed."),
    ]).named("EditConflict")

    /// A refusal of edits.
    static let editRefusal = Schema.object([
        "error": .object(
            [
                "message": .string, "type": .string, "code": .string, "param": .string.nullable,
                "details": .array(
                    of: .object([
                        "index": .count.described("Which edit, counted from 0."),
                        "id": .integer.nullable.described("The row."),
                        "column": .string.nullable.described("The column; null where it is about the whole row."),
                        "code": .choice(EditProblem.Code.allCases.map(\.rawValue)),
                        "message": .string,
                        "conflict": .editConflict.nullable,
                    ])
                ).described("Every problem, not only the first."),
                "conflict": .editConflict.described("The conflict, where it is about one row."),
            ],
            optional: ["conflict"]
        )
    ]).named("EditRefusal")
}
