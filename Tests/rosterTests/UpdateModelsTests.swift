import FoundationEssentials
import JSON
import LocalCluster
import Secrets
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// `roster update-models` as people and their scheduled jobs run it.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct UpdateModelsTests {
    private static let ownFile = """
        models:
          my_custom_model:
            provider: huggingface
            type: huggingface
            size_b: 13
            config:
              model_name: myorg/my-custom-model
              device: cuda
              load_in_8bit: true
        preferences:
          default: mine
          note: "yes"
        team: [a, b]

        """

    private static func text(_ folder: Folder, _ name: String = "config/models.yaml") throws -> String {
        let content = FileManager.default.contents(atPath: folder.path.appending(name).string)
        return String(decoding: try #require(content), as: UTF8.self)
    }

    private static func fill(_ database: Secret, models: Int) async throws {
        try await execute(
            """
            INSERT INTO providers (slug, name, adapter) VALUES ('acme', 'Acme', 'openai-compatible');
            INSERT INTO models (provider_id, provider_model_id, model_name)
            SELECT (SELECT id FROM providers WHERE slug = 'acme'), 'model-' || n || '-7b', 'Model ' || n
            FROM generate_series(1, \(models)) n
            """,
            on: database
        )
    }

    @Test("Without a registry it says what to do")
    func noRegistry() async throws {
        try await Folder.use { folder in
            let ending = try await RosterProcess.run(["update-models"], in: folder)
            #expect(ending.code == 2)
            #expect(ending.errors.contains("set DATABASE_URL, or run roster up"))
            #expect(!FileManager.default.fileExists(atPath: folder.path.appending("config").string))
        }
    }

    @Test("A file with errors stays as it is, and each error says where it is")
    func refusals() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let environment = ["DATABASE_URL": database.exposed]
                _ = try await RosterProcess.run(["migrate"], in: folder, environment: environment)
                for (text, words) in [
                    ("models:\n\t- a\n", "line 2, column 1: a tab stands there"),
                    ("models:\n  a: 7\n", "line 2, column 6: the entry of “a” must be a mapping"),
                ] {
                    try folder.write("models.yaml", text)
                    let ending = try await RosterProcess.run(
                        ["update-models", "--no-sync", "models.yaml"],
                        in: folder,
                        environment: environment
                    )
                    #expect(ending.code == 1)
                    #expect(ending.errors.contains(words), "\(ending.errors)")
                    #expect(try Self.text(folder, "models.yaml") == text)
                }
            }
        }
    }

    @Test("It asks the providers first; one that fails stops nothing; a dry run changes nothing; a second run neither")
    func sync() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let environment = [
                    "DATABASE_URL": database.exposed, "OPENAI_API_KEY": "k", "ROSTER_EGRESS_URL": "http://127.0.0.1:9",
                ]
                _ = try await RosterProcess.run(["migrate"], in: folder, environment: environment)
                try await Self.fill(database, models: 3)
                try await execute("UPDATE providers SET is_active = slug = 'acme'", on: database)
                func run(_ arguments: String...) async throws -> RosterProcess.Ending {
                    try await RosterProcess.run(["update-models"] + arguments, in: folder, environment: environment)
                }
                let dry = try await run("--dry-run", "--no-sync")
                #expect(dry.code == 0, "\(dry.errors)")
                #expect(dry.output.contains("+ acme_model-1-7b"))
                #expect(!FileManager.default.fileExists(atPath: folder.path.appending("config").string))

                // Nobody answers at the egress address: providers fail, and their failure is told.
                let first = try await run("--json")
                let json = try JSONValue(parsing: first.output.utf8)
                #expect(json["created"] == true)
                #expect(json["added"]?.arrayValue == ["acme_model-1-7b", "acme_model-2-7b", "acme_model-3-7b"])
                let failed = (json["providers"]?.arrayValue ?? []).filter { $0["success"] == false }
                #expect(!failed.isEmpty)
                #expect(first.code == 1, "a provider failed")
                let text = try Self.text(folder)
                #expect(text.contains("    size_b: 7\n    size_estimated: true\n"))

                let second = try await run("--no-sync")
                #expect(second.code == 0)
                #expect(second.output.contains("was up to date"), "\(second.output)")
                #expect(try Self.text(folder) == text)
            }
        }
    }

    @Test("What people wrote stays; two at once do not get in each other's way")
    func ownEntries() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let environment = ["DATABASE_URL": database.exposed]
                _ = try await RosterProcess.run(["migrate"], in: folder, environment: environment)
                try await Self.fill(database, models: 200)
                try folder.write("models.yaml", Self.ownFile)
                try await withThrowingTaskGroup(of: Int32.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            try await RosterProcess.run(
                                ["update-models", "--no-sync", "models.yaml"],
                                in: folder,
                                environment: environment
                            ).code
                        }
                    }
                    for try await code in group { #expect(code == 0) }
                }
                let text = try Self.text(folder, "models.yaml")
                let own = Self.ownFile.split(separator: "\n").dropFirst().prefix(7).joined(separator: "\n")
                #expect(text.contains(own))
                #expect(text.contains("note: \"yes\"\n"))
                #expect(text.contains("default: mine\n"))
                #expect(text.split(separator: "\n").count { $0.hasPrefix("  acme_") } == 200)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == ["models.yaml"])
            }
        }
    }

    /// Killed at every moment of its work: whoever reads finds the old file or the new one, never anything else.
    @Test("An update that is killed leaves the old file whole, or the new one")
    func killed() async throws {
        try await withDatabase { database in
            try await Folder.use { folder in
                let environment = ["DATABASE_URL": database.exposed]
                _ = try await RosterProcess.run(["migrate"], in: folder, environment: environment)
                try await Self.fill(database, models: 3_000)
                try folder.write("models.yaml", Self.ownFile)
                let arguments = ["update-models", "--no-sync", "models.yaml"]
                let began = ContinuousClock.now
                _ = try await RosterProcess.run(arguments, in: folder, environment: environment)
                let whole = ContinuousClock.now - began
                let new = try Self.text(folder, "models.yaml")
                #expect(new.count > 300_000)

                var results: [String: Int] = [:]
                for round in 0..<40 {
                    try folder.write("models.yaml", Self.ownFile)
                    // Half of the rounds are spread over the whole run, the others over its end, where it writes.
                    let part = round % 2 == 0 ? Double(round) / 40 : 0.7 + Double(round) / 80
                    _ = try await RosterProcess.running(arguments, in: folder, environment: environment) { process in
                        try await Task.sleep(for: whole * part)
                        try process.send(.kill)
                    }
                    let text = try Self.text(folder, "models.yaml")
                    #expect(text == Self.ownFile || text == new, "round \(round): \(text.count) characters")
                    results[text == new ? "new" : "old", default: 0] += 1
                }
                #expect(results["old", default: 0] > 0, "\(results)")
                // What the killed left behind does not stop the next one, which clears it away.
                try folder.write("models.yaml", Self.ownFile)
                let last = try await RosterProcess.run(arguments, in: folder, environment: environment)
                #expect(last.code == 0, "\(last.errors)")
                #expect(try Self.text(folder, "models.yaml") == new)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == ["models.yaml"])
            }
        }
    }
}
