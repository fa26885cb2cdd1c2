package import FoundationEssentials
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
    /// API names of models that were switched off, because several lists in a row lacked them.
    package var deactivated: [String] = []
    /// What looks wrong and waits for a person.
    package var heldBack: [HeldBack] = []
    /// The revision that the merge made; `nil` if nothing changed or nothing was to be written.
    package var revision: Int64?
}

/// Something that a provider says and that looks wrong: not applied until a person accepts it.
package struct HeldBack: Sendable, Hashable {
    /// The model's API name.
    package let apiName: String
    /// The column of `models`.
    package let column: String
    /// Why it looks wrong, in a sentence.
    package let reason: String
}

/// What a refresh does not believe at once.
package struct MergeGuards: Sendable {
    /// USD per token: less than that, though not zero, is probably a unit mistaken.
    package var lowestPrice: Decimal = Decimal(sign: .plus, exponent: -10, significand: 1)
    /// USD per token: more than that is probably a unit mistaken.
    package var highestPrice: Decimal = Decimal(sign: .plus, exponent: -2, significand: 1)
    /// How many times a price may rise or fall at once.
    package var largestStep: Decimal = 10
    /// So many complete lists in a row must lack a model before it is switched off.
    package var strikes: Int32 = 3

    /// The usual ones.
    package init() {}
}

extension RegistryStore {
    /// Carries a dry run's result out of the transaction that it rolls back.
    private struct DryRun: Error {
        let outcome: MergeOutcome
    }

    /// Merges the list of a provider, whole or not at all.
    ///
    /// The database decides what changes: cells that a person pinned stay, and only rows of which the provider says
    /// something new are written. A dry run does the same and takes it back.
    ///
    /// - Parameters:
    ///   - models: The list, each API name once.
    ///   - providerID: The provider's row.
    ///   - isComplete: Whether the list is known to be whole; else nothing counts as missing from it.
    ///   - guards: What is not believed at once, and when a model that is gone is switched off; nil for everything and never.
    ///   - isDryRun: Whether to take everything back.
    ///   - author: The refresh, and who asked for it.
    ///   - lease: The lease that the refresh runs under.
    /// - Returns: What changed.
    /// - Throws: `PostgresError`; then nothing was changed.
    package func merge(
        _ models: [DiscoveredModel],
        ofProvider providerID: Int64,
        isComplete: Bool = true,
        guards: MergeGuards? = nil,
        isDryRun: Bool,
        as author: Authorship,
        under lease: Lease? = nil
    ) async throws -> MergeOutcome {
        do {
            var (outcome, revision) = try await self.write(
                as: author,
                under: lease,
                // A refresher that stalls here must not keep the next one from the provider's row.
                settings: ["roster.writer": "refresh", "idle_in_transaction_session_timeout": "30s"],
                statementTimeout: Self.longestMergeStatement
            ) { connection in
                try await Self.copy(connection) { write in
                    for model in models {
                        try await write(model.apiName, JSONValue.object(model.cells).serializedString())
                    }
                }
                var outcome = MergeOutcome()
                if let guards {
                    outcome.heldBack = try await connection.query(
                        """
                        SELECT api_name, column_name, reason FROM hold_back_listed_models(\(providerID),
                            \(guards.lowestPrice), \(guards.highestPrice), \(guards.largestStep))
                        """
                    ).map(HeldBack.init(row:))
                }
                let merged = try await connection.query(
                    "SELECT api_name, action FROM merge_listed_models(\(providerID), \(isComplete))"
                )
                for row in merged {
                    let apiName = try row.decode(String.self, "api_name")
                    switch try row.decode(String.self, "action") {
                    case "added": outcome.added.append(apiName)
                    case "changed": outcome.changed.append(apiName)
                    case "missing": outcome.missing.append(apiName)
                    case let action: throw UnknownValue(column: "action", value: "“\(action)”")
                    }
                }
                if let guards, isComplete {
                    outcome.deactivated = try await connection.query(
                        "SELECT api_name FROM retire_missing_models(\(providerID), \(guards.strikes))"
                    ).map { try $0.decode(String.self, "api_name") }
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

extension HeldBack {
    fileprivate init(row: PostgresRow) throws {
        self.init(
            apiName: try row.decode(String.self, "api_name"),
            column: try row.decode(String.self, "column_name"),
            reason: try row.decode(String.self, "reason")
        )
    }
}
