import FoundationEssentials
import JSON
import LocalCluster
import Secrets
import SystemPackage
import TestSupport
import Testing

/// `roster plan` and `roster apply` as a pipeline runs them, from one registry to another.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct PlanCommandTests {
    private static let production = """
        INSERT INTO providers (slug, name) VALUES ('acme', 'Acme');
        INSERT INTO models (provider_id, provider_model_id, model_name, pricing_prompt) VALUES
            ((SELECT id FROM providers WHERE slug = 'acme'), 'a', 'A', 0.000001),
            ((SELECT id FROM providers WHERE slug = 'acme'), 'gone', 'Gone', 0.000001)
        """
    private static let staging = """
        INSERT INTO providers (slug, name) VALUES ('other', 'Other'), ('acme', 'Acme');
        INSERT INTO models (provider_id, provider_model_id, model_name, pricing_prompt) VALUES
            ((SELECT id FROM providers WHERE slug = 'acme'), 'b', 'B', NULL),
            ((SELECT id FROM providers WHERE slug = 'acme'), 'a', 'A', 0.000002)
        """

    @Test("A catalogue is carried from one registry to the next; the exit codes say what a pipeline must know")
    func promotion() async throws {
        try await withDatabase { production in
            try await withDatabase { staging in
                try await Folder.use { folder in
                    func run(_ database: Secret, _ arguments: String...) async throws -> RosterProcess.Ending {
                        try await RosterProcess.run(
                            arguments,
                            in: folder,
                            environment: ["DATABASE_URL": database.exposed]
                        )
                    }
                    for (database, rows) in [(production, Self.production), (staging, Self.staging)] {
                        #expect(try await run(database, "migrate").code == 0)
                        try await execute(rows, on: database)
                    }
                    let export = try await run(staging, "export", "--format", "catalogue", "--output", "catalogue.json")
                    #expect(export.code == 0, "\(export.errors)")

                    let plan = try await run(production, "plan", "catalogue.json", "--output", "plan.json")
                    #expect(plan.code == 3, "\(plan.errors)")
                    #expect(plan.output.contains("Critical (1)"))
                    #expect(
                        plan.output.contains("acme/a: Input price 1 USD per 1M tokens → 2 USD per 1M tokens (+100 %)")
                    )
                    #expect(!plan.output.contains("acme/gone"))
                    let pruned = try await run(production, "plan", "catalogue.json", "--prune", "--json")
                    #expect(pruned.code == 3)
                    #expect(try JSONValue(parsing: pruned.output.utf8)["summary"]["critical"] == 2)
                    let direct = try await run(production, "plan", "--from-database", staging.exposed, "--json")
                    #expect(try JSONValue(parsing: direct.output.utf8)["summary"]["critical"] == 1)
                    #expect(!direct.output.contains(staging.exposed))

                    // Somebody tampers with it; somebody else is faster.
                    let text = try #require(
                        FileManager.default.contents(atPath: folder.path.appending("plan.json").string)
                    )
                    let tampered = String(decoding: text, as: UTF8.self).replacing("0.000002", with: "0.000003")
                    try folder.write("tampered.json", tampered)
                    let damaged = try await run(production, "apply", "tampered.json")
                    #expect(damaged.code == 1)
                    #expect(damaged.errors.contains("its digest does not fit"), "\(damaged.errors)")
                    try await execute("UPDATE providers SET notes = 'x' WHERE slug = 'acme'", on: production)
                    let stale = try await run(production, "apply", "plan.json")
                    #expect(stale.code == 4)
                    #expect(stale.errors.contains("revision 2 by sql:"), "\(stale.errors)")

                    #expect(try await run(production, "plan", "catalogue.json", "--output", "plan.json").code == 3)
                    #expect(try await run(production, "apply", "plan.json", "--dry-run").code == 0)
                    let applied = try await run(production, "apply", "plan.json", "--json")
                    #expect(applied.code == 0, "\(applied.errors)")
                    #expect(try JSONValue(parsing: applied.output.utf8)["revision"] == 3)
                    let nothing = try await run(production, "plan", "catalogue.json")
                    #expect(nothing.code == 0, "\(nothing.output)")
                    #expect(nothing.output.contains("Nothing differs"))
                    let reason = try await execute(
                        "SELECT actor, reason FROM revisions WHERE revision = 3",
                        on: production
                    )
                    #expect(reason.first?.hasPrefix("cli") == true)
                    #expect(reason.first?.contains("from catalogue.json (revision ") == true, "\(reason)")
                }
            }
        }
    }

    @Test("models.yaml and CSV are planned and imported too; wrong usage is told")
    func otherFiles() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                func run(_ arguments: String...) async throws -> RosterProcess.Ending {
                    try await RosterProcess.run(arguments, in: folder, environment: ["DATABASE_URL": database.exposed])
                }
                #expect(try await run("migrate").code == 0)
                try await execute(Self.production, on: database)
                try folder.write(
                    "models.yaml",
                    "models:\n  mine:\n    provider: acme\n    size_b: 13\n    config:\n      model_name: x\n      device: cuda\n"
                )
                let plan = try await run("plan", "models.yaml")
                #expect(plan.code == 3, "\(plan.errors)")
                #expect(plan.output.contains("acme/x: a new model"))
                #expect(try await run("import", "models.yaml").code == 3)
                let done = try await run("import", "models.yaml", "--apply", "--json")
                #expect(done.code == 0, "\(done.errors)")
                #expect(try JSONValue(parsing: done.output.utf8)["applied"] == true)
                #expect(try await run("import", "models.yaml").code == 0)
                let stored = try await execute(
                    "SELECT discovery_method, size_b, metadata -> 'models_yaml' -> 'config' ->> 'device' FROM models "
                        + "WHERE provider_model_id = 'x'",
                    on: database
                )
                #expect(stored == ["manual|13|cuda"])
                let yaml = try await run("export", "--format", "yaml")
                #expect(
                    yaml.output.contains("  mine:\n    provider: acme\n    type: openai-compatible\n    size_b: 13\n")
                )
                #expect(yaml.output.contains("      device: cuda\n"))

                try folder.write("models.csv", "Provider,API name,Input price (USD per 1M tokens)\nacme,a,0.5\n")
                let csv = try await run("plan", "models.csv")
                #expect(csv.code == 3, "\(csv.errors)")
                #expect(csv.output.contains("(-50 %)"))

                try folder.write("bad.yaml", "models:\n  a:\n    provider: nobody\n    config: {model_name: m}\n")
                let bad = try await run("import", "bad.yaml")
                #expect(bad.code == 1)
                #expect(bad.errors.contains("bad.yaml: line 3, column 15: the provider “nobody”"), "\(bad.errors)")
                #expect(try await run("plan").code == 2)
                #expect(try await run("plan", "a", "--from-url", "http://x").code == 2)
                #expect(
                    try await run("plan", "--from-url", "http://127.0.0.1:9").errors.contains("SOURCE_REGISTRY_KEY")
                )
                #expect(try await run("plan", "nowhere.json").code == 1)
                #expect(try await run("apply", "nowhere.json").code == 1)
            }
        }
    }
}
