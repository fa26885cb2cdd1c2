import JSON
import RosterServer
import Subprocess
import SystemPackage
import Testing

/// What the command line says to what it is given, without any server.
@Suite(.timeLimit(.minutes(2)))
struct CommandLineTests {
    @Test("Help is asked for and given, with the settings", arguments: [["--help"], ["help"], ["up", "--help"], []])
    func help(arguments: [String]) async throws {
        let ending = try await run(arguments)
        #expect(ending.code == 0)
        #expect(ending.output.contains("USAGE: roster"))
        #expect(ending.errors.isEmpty)
        if arguments.first != "up" { #expect(ending.output.contains("--database-url")) }
    }

    @Test(
        "Wrong usage is exit code 2 and says what may have been meant",
        arguments: [
            (["status", "--databse-url", "x"], "--database-url"), (["modls"], "modls"),
            (["serve"], "DATABASE_URL is not set"), (["serve", "--port", "x"], "expected a whole number"),
            (["serve", "--port"], "--port has no value"), (["up", "--replicas", "0"], "--replicas is 1 to 64"),
            (["keys", "create", "--scopes", "root"], "“root” is not a scope"), (["models", "show"], "<id>"),
            (["serve", "--database-url", "mysql://x"], "--database-url has a value"),
            (["keys", "create", "--expires", "soon"], "soon"),
            (["serve", "--database-url", "postgres://x/y", "--trusted-networks", "10.0.0.1/8"], "10.0.0.1/8"),
            (["serve", "--database-url", "postgres://x/y", "--redis-url", "redis://a,b"], "REDIS_URL"),
            (["serve", "--database-url", "postgres://x/y", "--egress-url", "http://h?q"], "ROSTER_EGRESS_URL"),
            (["config", "--json", "--markdown"], "exclude each other"),
        ]
    )
    func wrongUsage(arguments: [String], sentence: String) async throws {
        let ending = try await run(arguments)
        #expect(ending.code == 2, "\(ending.errors)")
        #expect(ending.output.isEmpty)
        #expect(ending.errors.contains(sentence), "\(ending.errors)")
        #expect(ending.errors.hasPrefix("roster: "))
    }

    @Test("Settings come from flags, the environment and .env of the working folder; secrets are hidden")
    func config() async throws {
        try await Folder.use { folder in
            try folder.write(".env", "export ROSTER_PORT=1234\nADMIN_API_KEY='MARKED'\nOPENAI_API_KEY=MARKED\n")
            let ending = try await RosterProcess.run(
                ["config", "--json", "--host", "::1"],
                in: folder,
                environment: ["ROSTER_LOG_LEVEL": "debug", "DATABASE_URL": "postgres://u:MARKED@h/d"]
            )
            #expect(ending.code == 0, "\(ending.errors)")
            #expect(!ending.output.contains("MARKED"))
            let json = try JSONValue(parsing: ending.output.utf8)
            let origins = Dictionary(
                ((json["settings"]?.arrayValue ?? []) + (json["providers"]?.arrayValue ?? [])).compactMap { setting in
                    setting["name"]?.stringValue.map { ($0, setting["origin"]?.stringValue) }
                },
                uniquingKeysWith: { first, _ in first }
            )
            #expect(origins["ROSTER_PORT"] == ".env")
            #expect(origins["ROSTER_HOST"] == "flag --host")
            #expect(origins["ROSTER_LOG_LEVEL"] == "environment")
            #expect(origins["OPENAI_API_KEY"] == ".env")
            #expect(origins["GEMINI_API_KEY"] == "not set")
        }
    }

    @Test("An unknown setting stops every command that reads settings")
    func unknownSetting() async throws {
        try await Folder.use { folder in
            let ending = try await RosterProcess.run(["config"], in: folder, environment: ["ROSTER_PROT": "1"])
            #expect(ending.code == 2)
            #expect(ending.errors.contains("did you mean ROSTER_PORT?"))
        }
    }

    @Test("The table and the example are printed without reading any setting", arguments: ["--markdown", "--example"])
    func documents(flag: String) async throws {
        let ending = try await run(["config", flag])
        #expect(ending.code == 0)
        #expect(ending.output == (flag == "--markdown" ? Settings.markdown : Settings.exampleFile))
    }

    private func run(_ arguments: [String]) async throws -> RosterProcess.Ending {
        try await Folder.use { try await RosterProcess.run(arguments, in: $0) }
    }
}
