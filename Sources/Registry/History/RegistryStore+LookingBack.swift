import FoundationEssentials
package import JSON
import Postgres

/// What stands for the registry's tables in a query: the tables themselves, or functions that give them as of a revision.
struct Relations: Sendable {
    /// The revision; nil for the present.
    let revision: Int64?

    /// A relation with the columns of a table.
    ///
    /// - Parameter table: A name that the program itself contains.
    /// - Returns: What follows `FROM`.
    func callAsFunction(_ table: String) -> SQL {
        guard let revision = self.revision else { return .identifier(table) }
        return "\(SQL.identifier("\(table)_as_of"))(\(revision))"
    }
}

extension RegistryStore {
    /// The revision that a point stands for.
    ///
    /// - Parameter point: A revision, or a time.
    /// - Returns: Its number; 0 for a time before the first revision.
    /// - Throws: ``HistoryNotFound`` for a number or time to come; `PostgresError`.
    package func revision(at point: RevisionPoint) async throws -> Int64 {
        switch point {
        case .revision(let revision):
            let latest = try await self.position().revision
            guard (0...latest).contains(revision) else {
                throw HistoryNotFound("There is no revision \(revision); the latest is \(latest).")
            }
            return revision
        case .time(let date):
            let row = try await self.client.query(
                """
                SELECT c.revision AS latest, \(date) > now() AS is_to_come, revision_at(\(date)) AS revision
                FROM revision_counter c
                """
            ).only()
            guard try !row.decode(Bool.self, "is_to_come") else {
                let latest = try row.decode(Int64.self, "latest")
                throw HistoryNotFound("That time is in the future; the latest revision is \(latest).")
            }
            return try row.decode(Int64.self, "revision")
        }
    }

    /// Reads the catalogue as replicas served it at a revision.
    ///
    /// Keys are left out: a snapshot of the past opens nothing. What is no change of the registry, such as when a model
    /// was last verified, is as it is now.
    ///
    /// - Parameter revision: A revision there has been.
    /// - Returns: The registry as of that revision.
    /// - Throws: ``HistoryNotFound``; `PostgresError`.
    public func snapshot(asOf revision: Int64) async throws -> Snapshot {
        try await Self.explainingHistory {
            try await self.client.transaction(isolation: .repeatableRead, readOnly: true) { connection in
                try await Self.snapshot(on: connection, asOf: revision)
            }
        }
    }

    /// Reads the rows of a table as they were at a revision.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - revision: A revision there has been.
    /// - Returns: The rows as the registry gives them out, by id.
    /// - Throws: ``HistoryNotFound``; `PostgresError`.
    package func rows(of table: RegistryTable, asOf revision: Int64) async throws -> [JSONObject] {
        let relations = Relations(revision: revision)
        return try await Self.explainingHistory {
            try await self.client.query(
                "SELECT cells::text AS cells FROM (\(table.reading { relations($0) })) rows ORDER BY id"
            ).map { row in
                table.present(try JSONValue(parsing: Array(row.decode(String.self, "cells").utf8)).objectValue ?? [:])
            }
        }
    }

    /// Says in a type of its own that the database knows no such revision, row or change.
    static func explainingHistory<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as PostgresError {
            if let notFound = HistoryNotFound(error) { throw notFound }
            throw error
        }
    }
}
