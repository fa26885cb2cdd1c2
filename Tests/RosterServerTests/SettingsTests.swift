import FoundationEssentials
import JSON
import Logging
import Secrets
import SystemPackage
import Telemetry
import Testing

@testable import RosterServer

/// Where settings come from, which one wins, and what is refused.
struct SettingsTests {
    @Test("Each source is stronger than the next", arguments: 0...5)
    func precedence(first: Int) async throws {
        try await Folder.use { folder in
            try folder.write("work/.env", "ROSTER_PORT=3003\n")
            try folder.write("home/.roster/.env", "ROSTER_PORT=4004\n")
            let file = try folder.write("settings.yaml", "port: 5005\n")
            let settings = try await Settings.load(
                flags: first <= 0 ? ["port": "1001"] : [:],
                environment: ["ROSTER_CONFIG": "\(file)"].merging(first <= 1 ? ["ROSTER_PORT": "2002"] : [:]) { $1 },
                workingFolder: first <= 2 ? folder.path.appending("work") : folder.path,
                homeFolder: first <= 3 ? folder.path.appending("home") : nil
            ).replacing(first > 4 ? ["port": "6006"] : [:], by: "the test")
            #expect(settings.port == [1001, 2002, 3003, 4004, 5005, 6006][first])
            let origins = ["flag --port", "environment", ".env", "~/.roster/.env", "\(file)", "the test"]
            #expect(settings.origin(of: Settings.list.port.facts) == origins[first])
        }
    }

    @Test("Without any source the defaults are in force, and each reads back as itself")
    func defaults() async throws {
        let settings = try await load([:])
        #expect(settings.port == 8000)
        #expect(settings.host == "127.0.0.1")
        #expect(settings.databaseURL == nil)
        #expect(settings.logLevel == .info)
        #expect(settings.logFormat == .auto)
        #expect(settings.pollInterval == .seconds(2))
        #expect(settings.trustedNetworks.contains("10.0.0.0/8"))
        for setting in Settings.list.all { #expect(setting.defaultReadsBack, "\(setting.facts.variable)") }
    }

    @Test("No two settings share a variable, a flag or a file's key")
    func names() {
        let facts = Settings.list.all.map(\.facts)
        #expect(facts.count >= 20)
        #expect(Set(facts.flatMap(\.variables)).count == facts.flatMap(\.variables).count)
        #expect(Set(facts.map(\.flag)).count == facts.count)
        #expect(Set(facts.map(\.fileKey)).count == facts.count)
    }

    @Test(
        "Values are read by their type",
        arguments: [
            ("ROSTER_IDLE_TIMEOUT", "1500ms", "1500ms"), ("ROSTER_IDLE_TIMEOUT", "90", "90s"),
            ("ROSTER_IDLE_TIMEOUT", "1.5s", "1500ms"), ("ROSTER_IDLE_TIMEOUT", "2 m", "2m"),
            ("ROSTER_IDLE_TIMEOUT", "24h", "1d"),
        ]
    )
    func durations(name: String, text: String, shown: String) async throws {
        let settings = try await load([name: text])
        #expect(DurationText.text(settings.idleTimeout) == shown)
    }

    @Test("Numbers of bytes may have a unit", arguments: [("65536", 65536), ("64KiB", 65536), ("5 MB", 5_000_000)])
    func byteCounts(text: String, bytes: Int) async throws {
        #expect(try await load(["ROSTER_MAX_BODY_BYTES": text]).maximumBodyBytes == bytes)
    }

    @Test("Lists, words and secrets are read")
    func otherTypes() async throws {
        let settings = try await load([
            "ROSTER_TRUSTED_NETWORKS": " 10.0.0.0/8 ,, 192.168.0.0/16", "ROSTER_LOG_LEVEL": "Debug",
            "ROSTER_LOG_FORMAT": "json", "ADMIN_API_KEY": "k", "REDIS_URL": "redis-sentinel://a,b/master",
        ])
        #expect(settings.trustedNetworks == ["10.0.0.0/8", "192.168.0.0/16"])
        #expect(try await self.load(["ROSTER_TRUSTED_NETWORKS": "none"]).trustedNetworks == [])
        #expect(settings.logLevel == .debug)
        #expect(settings.logFormat == .json)
        #expect(settings.adminKey?.exposed == "k")
        #expect(settings.redisURL?.exposed == "redis-sentinel://a,b/master")
    }

    @Test(
        "A value of the wrong kind is an error that names the setting, the value and what is expected",
        arguments: [
            ("ROSTER_PORT", "70000", "a whole number from 0 to 65535"), ("ROSTER_PORT", "8e3", "a whole number"),
            ("ROSTER_IDLE_TIMEOUT", "soon", "a duration"), ("ROSTER_IDLE_TIMEOUT", "0s", "a duration from 1s to 1d"),
            ("ROSTER_IDLE_TIMEOUT", "99999999999999999999d", "a duration"),
            ("ROSTER_IDLE_TIMEOUT", "-5s", "a duration"),
            ("ROSTER_MAX_BODY_BYTES", "99999999999999GiB", "a number of bytes"),
            ("ROSTER_LOG_LEVEL", "loud", "one of trace, debug"),
            ("ROSTER_EGRESS_URL", "localhost:8090", "http://host:port"),
        ]
    )
    func badValues(name: String, value: String, expected: String) async throws {
        let error = await #expect(throws: SettingsError.self) { try await load([name: value]) }
        let problem = try #require(error?.problems.first)
        #expect(problem.code == .badValue)
        #expect(problem.subject == name)
        #expect(problem.message.contains(name) && problem.message.contains("“\(value)”"))
        #expect(problem.message.contains(expected))
    }

    @Test("A secret of the wrong kind is not repeated")
    func badSecret() async throws {
        let error = await #expect(throws: SettingsError.self) {
            try await load(["DATABASE_URL": "mysql://root:MARKED@db", "ADMIN_API_KEY": "MARKED twice"])
        }
        #expect(error?.problems.count == 2)
        #expect(error?.description.contains("MARKED") == false)
    }

    @Test(
        "An unknown name is an error that names the nearest one",
        arguments: [
            ("ROSTER_PROT", "ROSTER_PORT"), ("ROSTER_TRUSTED_NETWORK", "ROSTER_TRUSTED_NETWORKS"),
            ("ROSTER_MAXBODY_BYTES", "ROSTER_MAX_BODY_BYTES"), ("ROSTER_LOGLEVEL", "ROSTER_LOG_LEVEL"),
        ]
    )
    func unknownNames(name: String, nearest: String) async throws {
        let error = await #expect(throws: SettingsError.self) { try await load([name: "1"]) }
        #expect(error?.problems.map(\.code) == [.unknownSetting])
        #expect(error?.description.contains("did you mean \(nearest)?") == true)
    }

    @Test("Every problem is said at once")
    func allProblems() async throws {
        let error = await #expect(throws: SettingsError.self) {
            try await load(["ROSTER_PROT": "1", "ROSTER_PORT": "x", "ROSTER_LOG_FORMAT": "xml"])
        }
        #expect(error?.problems.count == 3)
    }

    @Test("Names of others and empty values are no settings")
    func foreignNames() async throws {
        let settings = try await load(["PATH": "/bin", "OPENAI_API_KEY": "k", "ROSTER_PORT": "", "ADMIN_API_KEY": ""])
        #expect(settings.port == 8000)
        #expect(settings.adminKey == nil)
        #expect(settings.hasProviderKey)
        #expect(settings.variables.values["OPENAI_API_KEY"]?.exposed == "k")
    }

    @Test("What Kubernetes says about a service called roster is not meant for us")
    func kubernetes() async throws {
        let links = [
            "ROSTER_SERVICE_HOST": "10.0.0.1", "ROSTER_SERVICE_PORT": "8000", "ROSTER_SERVICE_PORT_HTTP": "8000",
            "ROSTER_PORT": "tcp://10.0.0.1:8000", "ROSTER_PORT_8000_TCP": "tcp://10.0.0.1:8000",
            "ROSTER_PORT_8000_TCP_ADDR": "10.0.0.1", "ROSTER_REDIS_PORT_6379_TCP_PROTO": "tcp",
        ]
        let settings = try await load(links.merging(["KUBERNETES_SERVICE_HOST": "10.0.0.2"]) { $1 })
        #expect(settings.port == 8000)
        await #expect(throws: SettingsError.self) { try await load(links) }
        await #expect(throws: SettingsError.self) {
            try await load(["KUBERNETES_SERVICE_HOST": "10.0.0.2", "ROSTER_PROT": "1"])
        }
    }

    @Test("An alias means the same, and the name itself comes first")
    func aliases() async throws {
        let alias = try await load(["IIR_API_KEY": "old"])
        #expect(alias.clientKey?.exposed == "old")
        #expect(alias.origin(of: Settings.list.clientKey.facts) == "environment (IIR_API_KEY)")
        #expect(try await load(["IIR_API_KEY": "old", "ROSTER_API_KEY": "new"]).clientKey?.exposed == "new")
    }

    @Test("No page, table or JSON shows a secret")
    func hiddenSecrets() async throws {
        let settings = try await load([
            "DATABASE_URL": "postgres://u:MARKED@h/d", "ADMIN_API_KEY": "MARKED", "OPENAI_API_KEY": "MARKED",
        ])
        var dumped = ""
        dump(settings, to: &dumped)
        for text in [
            dumped, settings.page, settings.json.serializedString(), "\(settings)", String(reflecting: settings),
        ] {
            #expect(!text.contains("MARKED"))
        }
        #expect(settings.page.contains("(set)"))
    }

    private func load(_ environment: [String: String]) async throws -> Settings {
        try await Settings.load(environment: environment, workingFolder: "/nonexistent", homeFolder: nil)
    }
}

/// A folder of files that is gone after the test.
struct Folder {
    let path: FilePath

    static func use<Value>(_ body: (Folder) async throws -> Value) async throws -> Value {
        let path = "\(FileManager.default.temporaryDirectory.path)/roster-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        return try await body(Folder(path: FilePath(path)))
    }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: self.path.string) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> FilePath {
        let file = self.path.appending(name)
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string,
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: URL(filePath: file.string))
        return file
    }
}
