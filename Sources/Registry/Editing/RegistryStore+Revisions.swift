package import FoundationEssentials
import Postgres

/// One revision: who made it, when and why.
package struct RevisionLine: Sendable, Hashable, CustomStringConvertible {
    package let revision: Int64
    package let actor: String
    package let reason: String?
    package let at: Date

    package var description: String {
        "revision \(self.revision) by \(self.actor) at \(self.at.formatted(.iso8601))\(self.reason.map { ": \($0)" } ?? "")"
    }
}

extension RegistryStore {
    /// The revisions that came after one, oldest first.
    ///
    /// - Parameters:
    ///   - revision: The one.
    ///   - limit: At most so many.
    /// - Returns: The revisions.
    /// - Throws: `PostgresError`.
    package func revisions(after revision: Int64, limit: Int) async throws -> [RevisionLine] {
        try await self.client.query(
            """
            SELECT revision, actor, reason, committed_at FROM revisions
            WHERE revision > \(revision) ORDER BY revision LIMIT \(Int64(limit))
            """
        ).map { row in
            RevisionLine(
                revision: try row.decode(Int64.self, "revision"),
                actor: try row.decode(String.self, "actor"),
                reason: try row.decode(String?.self, "reason"),
                at: try row.decode(Date.self, "committed_at")
            )
        }
    }
}
