import Postgres

extension RegistryStore {
    /// Carries what a dry run would have done out of the transaction that it rolls back.
    private struct TakenBack: Error {
        let rows: [EditedRow]
    }

    /// How often edits that got in each other's way are tried.
    private static let attempts = 4

    /// Edits the registry for a person: all of it in one revision, or nothing.
    ///
    /// The one way in which the API, files and plans write. Every value is checked first by the description of its column,
    /// then by the database's constraints, and every problem is gathered, not only the first.
    ///
    /// - Parameters:
    ///   - edits: At most ``RowEdit/mostAtOnce``.
    ///   - author: Who edits.
    ///   - isDryRun: Whether to take everything back.
    ///   - base: The revision that must still be the latest when the edits take effect; nil for any.
    /// - Returns: The rows as they are then.
    /// - Throws: ``EditRefused`` with what is wrong, ``BaseMoved``; then nothing was changed. `PostgresError`.
    package func edit(
        _ edits: [RowEdit],
        as author: Authorship,
        isDryRun: Bool = false,
        onlyAfter base: Int64? = nil
    ) async throws -> EditOutcome {
        var problems: [EditProblem] = []
        guard edits.count <= RowEdit.mostAtOnce else {
            let message = "At most \(RowEdit.mostAtOnce) rows can be edited at once, and these are \(edits.count)."
            throw EditRefused(problems: [EditProblem((RowEdit.mostAtOnce, nil), .invalidValue, message)])
        }
        let checked = edits.enumerated().map { CheckedEdit($1, index: $0, problems: &problems) }
        var attempt = 1
        while true {
            do {
                return try await self.edit(checked, problems: problems, as: author, isDryRun: isDryRun, onlyAfter: base)
            } catch let error as PostgresError where error.isContention && attempt < Self.attempts {
                attempt += 1
            }
        }
    }

    private func edit(
        _ edits: [CheckedEdit],
        problems: [EditProblem],
        as author: Authorship,
        isDryRun: Bool,
        onlyAfter base: Int64?
    ) async throws -> EditOutcome {
        do {
            let (rows, revision) = try await self.write(as: author) { connection in
                var session = EditSession(connection: connection, problems: problems)
                let rows = try await session.make(edits)
                guard session.problems.isEmpty else {
                    throw EditRefused(problems: session.problems.sorted { $0.index < $1.index })
                }
                if isDryRun || base != nil {
                    // What is checked at the end of a transaction is checked now, and its revision is numbered.
                    try await connection.script("SET CONSTRAINTS ALL IMMEDIATE")
                }
                if let base { try await Self.check(base, on: connection) }
                if isDryRun { throw TakenBack(rows: rows) }
                return rows
            }
            return EditOutcome(revision: revision, rows: rows)
        } catch let dryRun as TakenBack {
            return EditOutcome(revision: nil, rows: dryRun.rows)
        }
    }

    /// Revisions have no gaps: if the one that this transaction has just been given follows the base, nothing came between.
    private static func check(_ base: Int64, on connection: PostgresConnection) async throws {
        let rows = try await connection.query(
            "SELECT revision - (open_change_set() IS NOT NULL)::int AS before FROM revision_counter"
        )
        let before = try rows.first?.decode(Int64.self, "before") ?? 0
        guard before == base else { throw BaseMoved(base: base, revision: before) }
    }
}

/// Edits were decided on at a revision that is not the latest any more; nothing was changed.
package struct BaseMoved: Error, Sendable, CustomStringConvertible {
    /// What the edits were decided on.
    package let base: Int64
    /// The latest revision.
    package let revision: Int64

    package var description: String {
        "this was decided on at revision \(self.base), and the registry is at revision \(self.revision)"
    }
}

extension PostgresError {
    /// Whether two transactions got in each other's way, and this one gave in: a deadlock or a serialization failure.
    fileprivate var isContention: Bool { ["40001", "40P01"].contains(self.sqlState) }
}
