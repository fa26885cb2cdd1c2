package import JSON
package import Postgres

/// One model of a provider's list, as the registry takes it in.
package struct DiscoveredModel: Sendable {
    /// The API name.
    package let apiName: String
    /// What the provider says, by column of `models`; a column that it says nothing about is null.
    package let cells: JSONObject

    /// Names a model and what was said of it.
    package init(apiName: String, cells: JSONObject) {
        self.apiName = apiName
        self.cells = cells
    }
}

/// How a merge changed the registry, or would have.
package struct MergeOutcome: Sendable {
    /// API names of models that were not there.
    package var added: [String] = []
    /// API names of models of which the provider says something new.
    package var changed: [String] = []
    /// API names of models that the provider's list lacks now.
    package var missing: [String] = []
    /// The revision that the merge made; `nil` if nothing changed or nothing was to be written.
    package var revision: Int64?
}

extension RegistryStore {
    /// Carries a dry run's result out of the transaction that it rolls back.
    private struct DryRun: Error {
        let outcome: MergeOutcome
    }

    /// Merges the complete list of a provider, whole or not at all.
    ///
    /// The database decides what changes: cells that a person pinned stay, and only rows of which the provider says
    /// something new are written. A dry run does the same and takes it back.
    ///
    /// - Parameters:
    ///   - models: The complete list, each API name once.
    ///   - providerID: The provider's row.
    ///   - isDryRun: Whether to take everything back.
    ///   - author: The refresh, and who asked for it.
    /// - Returns: What changed.
    /// - Throws: `PostgresError`; then nothing was changed.
    package func merge(
        _ models: [DiscoveredModel],
        ofProvider providerID: Int64,
        isDryRun: Bool,
        as author: Authorship
    ) async throws -> MergeOutcome {
        do {
            var (outcome, revision) = try await self.write(
                as: author,
                settings: ["roster.writer": "refresh"],
                statementTimeout: Self.longestMergeStatement
            ) { connection in
                try await Self.copy(connection) { write in
                    for model in models {
                        try await write(model.apiName, JSONValue.object(model.cells).serializedString())
                    }
                }
                var outcome = MergeOutcome()
                for row in try await connection.query("SELECT api_name, action FROM merge_listed_models(\(providerID))")
                {
                    let apiName = try row.decode(String.self, "api_name")
                    switch try row.decode(String.self, "action") {
                    case "added": outcome.added.append(apiName)
                    case "changed": outcome.changed.append(apiName)
                    case "missing": outcome.missing.append(apiName)
                    case let action: throw UnknownValue(column: "action", value: "“\(action)”")
                    }
                }
                if isDryRun { throw DryRun(outcome: outcome) }
                return outcome
            }
            outcome.revision = revision
            return outcome
        } catch let dryRun as DryRun {
            return dryRun.outcome
        }
    }

    /// A list of a hundred thousand models that all changed takes seconds on a quiet server; a busy one may take its time.
    package static let longestMergeStatement: Duration = .seconds(600)

    /// Copies a list to where `merge_listed_models()` expects it.
    ///
    /// - Parameters:
    ///   - connection: In a transaction, at whose end the list goes.
    ///   - body: Writes the models: API name, and what the provider says as a JSON object.
    /// - Throws: `PostgresError`, or what the body throws.
    package static func copy(
        _ connection: PostgresConnection,
        _ body: (_ write: (_ apiName: String, _ cells: String) async throws -> Void) async throws -> Void
    ) async throws {
        try await connection.script(
            """
            CREATE TEMPORARY TABLE listed_models (provider_model_id text PRIMARY KEY, discovered jsonb NOT NULL)
            ON COMMIT DROP
            """
        )
        _ = try await connection.copyIn("COPY listed_models (provider_model_id, discovered) FROM STDIN") { writer in
            try await body { apiName, cells in try await writer.write(row: [apiName, cells]) }
        }
        try await connection.script("ANALYZE listed_models")
    }
}
