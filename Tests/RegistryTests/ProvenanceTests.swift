import FoundationEssentials
import JSON
import Postgres
@testable import Registry
import TestSupport
import Testing

/// A person beats the machine: whatever the order of edits, refreshes and give-backs, a pinned cell never changes by a
/// refresh, and every other cell is what the provider last said.
@Suite struct ProvenanceTests {
    /// What the rules say about one cell.
    private struct Cell: Equatable {
        var visible: String?
        var discovered: String?
        var isPinned = false
    }

    private static let columns = ["pricing_prompt", "context_length", "description"]

    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func `any interleaving of edits, refreshes and give-backs keeps the rules`(seed: UInt64) async throws {
        try await MigratedDatabase.with { store, client, url in
            try await execute("INSERT INTO providers (slug, name) VALUES ('one', 'One')", on: url)
            var random = SplitMix(seed: seed)
            var model: [String: [String: Cell]] = [:]
            for step in 0..<400 {
                switch Int.random(in: 0...9, using: &random) {
                case 0...3: try await Self.refresh(&model, &random, store)
                case 4...7: try await Self.edit(&model, &random, store)
                default: try await Self.giveBack(&model, &random, store)
                }
                guard step % 20 == 19 else { continue }
                #expect(try await Self.stored(client) == model, "seed \(seed), step \(step)")
            }
        }
    }

    private static func value(_ column: String, _ random: inout SplitMix) -> String? {
        let number = Int.random(in: 0...4, using: &random)
        guard number > 0 else { return nil }
        return column == "pricing_prompt" ? "0.00000\(number)" : "\(number)"
    }

    private static func refresh(
        _ model: inout [String: [String: Cell]],
        _ random: inout SplitMix,
        _ store: RegistryStore
    ) async throws {
        let isDryRun = Int.random(in: 0...5, using: &random) == 0
        let listed = (0..<6).filter { _ in Bool.random(using: &random) }.map { "m\($0)" }
        var models: [DiscoveredModel] = []
        var after = model
        for apiName in listed {
            var cells: JSONObject = [
                "model_name": .string(apiName), "input_modalities": [], "output_modalities": [], "features": [],
                "regions": [], "tags": [], "is_active": true, "metadata": [:], "sources": [:],
            ]
            for column in self.columns {
                let told = self.value(column, &random)
                cells[column] =
                    column == "description"
                    ? JSONValue(told) : told.flatMap { JSONNumber(spelling: $0) }.map { .number($0) } ?? .null
                var cell = after[apiName]?[column] ?? Cell()
                cell.discovered = told
                if !cell.isPinned { cell.visible = told }
                after[apiName, default: [:]][column] = cell
            }
            models.append(DiscoveredModel(apiName: apiName, cells: cells))
        }
        let outcome = try await store.merge(models, ofProvider: 1, isDryRun: isDryRun, as: Authorship(actor: "refresh"))
        #expect(Set(outcome.added) == Set(listed).subtracting(model.keys))
        #expect(!isDryRun || outcome.revision == nil)
        if !isDryRun { model = after }
    }

    private static func edit(
        _ model: inout [String: [String: Cell]],
        _ random: inout SplitMix,
        _ store: RegistryStore
    ) async throws {
        guard let apiName = model.keys.sorted().randomElement(using: &random),
            let column = self.columns.randomElement(using: &random)
        else { return }
        let value = self.value(column, &random)
        _ = try await store.write(as: Authorship(actor: "person")) { connection in
            try await connection.query(
                """
                UPDATE models SET \(SQL.identifier(column)) = \(value)::text::\(unescaped: Self.type(of: column))
                WHERE provider_model_id = \(apiName)
                """
            )
        }
        if model[apiName]?[column]?.visible != value {
            model[apiName]?[column]?.visible = value
            model[apiName]?[column]?.isPinned = true
        }
    }

    private static func giveBack(
        _ model: inout [String: [String: Cell]],
        _ random: inout SplitMix,
        _ store: RegistryStore
    ) async throws {
        guard let apiName = model.keys.sorted().randomElement(using: &random),
            let column = self.columns.randomElement(using: &random)
        else { return }
        _ = try await store.write(as: Authorship(actor: "person")) { connection in
            try await connection.query(
                "UPDATE models SET pinned = array_remove(pinned, \(column)) WHERE provider_model_id = \(apiName)"
            )
        }
        guard let cell = model[apiName]?[column], cell.isPinned else { return }
        model[apiName]?[column] = Cell(visible: cell.discovered, discovered: cell.discovered)
    }

    private static func type(of column: String) -> String {
        switch column {
        case "pricing_prompt": "numeric"
        case "context_length": "bigint"
        default: "text"
        }
    }

    private static func stored(_ client: PostgresClient) async throws -> [String: [String: Cell]] {
        var stored: [String: [String: Cell]] = [:]
        let rows = try await client.query(
            """
            SELECT m.provider_model_id, c.name, to_jsonb(m)->>c.name AS visible, m.discovered->>c.name AS discovered,
                c.name = ANY (m.pinned) AS pinned
            FROM models m CROSS JOIN unnest(\(self.columns)::text[]) AS c (name)
            """
        )
        for row in rows {
            stored[try row.decode(String.self, "provider_model_id"), default: [:]][
                try row.decode(String.self, "name")
            ] =
                Cell(
                    visible: try row.decode(String?.self, "visible"),
                    discovered: try row.decode(String?.self, "discovered"),
                    isPinned: try row.decode(Bool.self, "pinned")
                )
        }
        return stored
    }

    @Test func `an operator's delisting survives refreshes, and a manual row is never touched`() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await execute("INSERT INTO providers (slug, name) VALUES ('one', 'One')", on: url)
            let listed = DiscoveredModel(
                apiName: "listed",
                cells: [
                    "model_name": "Listed", "input_modalities": [], "output_modalities": [], "features": [],
                    "regions": [], "tags": [], "is_active": true, "metadata": [:], "sources": [:],
                ]
            )
            _ = try await store.merge([listed], ofProvider: 1, isDryRun: false, as: Authorship(actor: "refresh"))
            try await execute("UPDATE models SET is_active = false WHERE provider_model_id = 'listed'", on: url)
            try await execute(
                "INSERT INTO models (provider_id, provider_model_id, model_name) VALUES (1, 'mine', 'Mine')",
                on: url
            )
            for name in ["Listed!", "Listed again"] {
                var cells = listed.cells
                cells["model_name"] = .string(name)
                _ = try await store.merge(
                    [DiscoveredModel(apiName: "listed", cells: cells)],
                    ofProvider: 1,
                    isDryRun: false,
                    as: Authorship(actor: "refresh")
                )
            }
            #expect(
                try await execute(
                    """
                    SELECT provider_model_id, model_name, is_active, discovery_method, missing_since IS NULL
                    FROM models ORDER BY id
                    """,
                    on: url
                )
                    == ["listed|Listed again|f|api|t", "mine|Mine|t|manual|t"]
            )
        }
    }

    @Test(arguments: [
        ("UPDATE models SET pricing_prompt = -1", "Input price must be 0 or more. Leave it empty if unknown."),
        ("UPDATE models SET pricing_completion = 'NaN'", "Output price must be 0 or more. Leave it empty if unknown."),
        ("UPDATE models SET context_length = 0", "Context length is 1 or more tokens. Leave it empty if unknown."),
        ("UPDATE models SET provider_id = 99", "This provider does not exist."),
        ("INSERT INTO providers (slug, name) VALUES ('one', 'Again')", "This provider slug is already used."),
        (
            "INSERT INTO providers (slug, name) VALUES ('Not A Slug', 'x')",
            "A slug is lower-case letters, digits and dashes"
        ),
        ("UPDATE providers SET base_url = 'ftp://x'", "A base URL begins with http:// or https:// and has no spaces."),
        (
            "UPDATE providers SET api_key_env_var = 'sk-proj-secret'",
            "Name the environment variable, not the key itself."
        ),
        ("UPDATE models SET pinned = '{notes}'", "Only columns that a refresh fills can be pinned; notes is not one."),
        ("UPDATE models SET discovered = '{\"x\": 1}'", "is kept by refreshes only."),
    ])
    func `what cannot be is refused in words that a person understands`(statement: String, words: String) async throws {
        try await MigratedDatabase.with { _, _, url in
            try await execute("INSERT INTO providers (slug, name) VALUES ('one', 'One')", on: url)
            try await execute(
                "INSERT INTO models (provider_id, provider_model_id, model_name) VALUES (1, 'mine', 'Mine')",
                on: url
            )
            let refused = await #expect(throws: StatementError.self) { try await execute(statement, on: url) }
            #expect(refused?.description.contains(words) == true)
        }
    }
}
