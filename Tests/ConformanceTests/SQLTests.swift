import Secrets
import TestSupport
import Testing

/// The SQL that the guides give to people, word for word.
@Suite struct SQLTests {
    private static let everyModel = """
        SELECT
            p.slug as provider,
            m.model_name,
            m.provider_model_id as api_name,
            m.context_length,
            ROUND(m.pricing_prompt::numeric * 1000000, 2) as price_per_1m_input_tokens,
            ROUND(m.pricing_completion::numeric * 1000000, 2) as price_per_1m_output_tokens
        FROM models m
        JOIN providers p ON m.provider_id = p.id
        WHERE p.slug = 'openrouter'
          AND m.is_active = true
        ORDER BY m.model_name
        LIMIT 10;
        """

    private static let byName = """
        SELECT model_name, provider_model_id as api_name
        FROM models
        WHERE model_name ILIKE '%gpt-4%'
          AND is_active = true;
        """

    private static let byCapability = """
        SELECT model_name, provider_model_id as api_name
        FROM models
        WHERE supports_vision = true
          AND is_active = true;
        """

    private static let statistics = """
        SELECT
            p.name as provider,
            COUNT(m.id) as total_models,
            COUNT(CASE WHEN m.is_active THEN 1 END) as active_models
        FROM providers p
        LEFT JOIN models m ON p.id = m.provider_id
        GROUP BY p.id, p.name
        ORDER BY total_models DESC;
        """

    @Test func `the guides' queries and updates work, and an update is served within seconds`() async throws {
        let python = try await PythonEnvironment(requirements: [])
        try await ReplicaBench.with { bench in
            func ids() async throws -> Set<String> {
                let run = try await python.run(
                    """
                    import json, os, urllib.request
                    request = urllib.request.Request(os.environ["URL"], headers={"Authorization": "Bearer " + os.environ["KEY"]})
                    print("\\n".join(model["id"] for model in json.load(urllib.request.urlopen(request))["data"]))
                    """,
                    environment: ["URL": "\(bench.url)/v1/models", "KEY": bench.clientKey.exposed]
                )
                try #require(run.status == 0, "\(run.errors)")
                return Set(run.output.split(separator: "\n").map(String.init))
            }
            let refreshed = try await python.run(
                """
                import os, urllib.request
                request = urllib.request.Request(
                    os.environ["URL"], method="POST", headers={"Authorization": "Bearer " + os.environ["KEY"]})
                urllib.request.urlopen(request)
                """,
                environment: ["URL": "\(bench.url)/v1/registry/refresh", "KEY": bench.adminKey.exposed]
            )
            try #require(refreshed.status == 0, "\(refreshed.errors)")

            let priced = try await execute(Self.everyModel, on: bench.database)
            #expect(!priced.isEmpty && priced.allSatisfy { $0.hasPrefix("openrouter|") })
            #expect(try await !execute(Self.byName, on: bench.database).isEmpty)
            #expect(try await !execute(Self.byCapability, on: bench.database).isEmpty)
            #expect(try await execute(Self.statistics, on: bench.database).count == 25)

            let before = try await ids()
            let openRouter = before.filter { $0.hasPrefix("openrouter/") }
            #expect(!openRouter.isEmpty)
            try await execute("UPDATE models SET is_active = false WHERE provider_id = 1", on: bench.database)
            try await eventually("no model of OpenRouter is served") {
                try await ids() == before.subtracting(openRouter)
            }
            try await execute("UPDATE models SET is_active = true WHERE provider_id = 1;", on: bench.database)
            try await eventually("they are served again") { try await ids().isSuperset(of: before) }
        }
    }
}
