import Logging
import SystemPackage
import Testing

@testable import RosterServer

/// The files that settings may be in.
struct SettingsFileTests {
    @Test(
        "Lines of a .env file are read as shells and Compose read them",
        arguments: [
            ("A=b", "b"), ("  A = b  ", "b"), ("export A=b", "b"), ("A=b # note", "b"), ("A=b#c", "b#c"), ("A=", ""),
            ("A=# note", ""), ("A='b # c'", "b # c"), ("A='$(x)'", "$(x)"), ("A=\"b\\nc\"", "b\nc"),
            ("A=\"b\\\"c\" # note", "b\"c"), ("A=\"one\ntwo\"", "one\ntwo"), ("A='one\ntwo'", "one\ntwo"),
            ("A=pa$$word", "pa$$word"), ("A=x=y", "x=y"), ("A=1\r\nB=2\r\n", "1"), ("A=1\nA=2", "2"),
            ("\u{FEFF}A=b", "b"), ("# A=0\n\nA=b", "b"), ("A=\"\\q\"", "\\q"),
        ]
    )
    func environmentFile(text: String, value: String) throws {
        #expect(try EnvironmentFile(text, path: ".env").values["A"] == value)
    }

    @Test(
        "What a .env file cannot mean is refused with its line, and without its value",
        arguments: [
            ("A=1\nMARKED\n", 2), ("A=$(openssl rand -hex 32)", 1), ("A=${HOME}/MARKED", 1), ("A=`MARKED`", 1),
            ("\n\nA='MARKED", 3), ("A=\"MARKED\n\n", 1), ("A='x' MARKED", 1), ("MARKED-x=1", 1), ("1A=MARKED", 1),
            ("A=\"1\n2\"\nMARKED", 3),
        ]
    )
    func brokenEnvironmentFile(text: String, line: Int) {
        let error = #expect(throws: SettingsError.self) { try EnvironmentFile(text, path: "x/.env") }
        #expect(error?.description.contains("x/.env, line \(line),") == true)
        #expect(error?.description.contains("MARKED") == false)
    }

    @Test("A settings file may be YAML or JSON", arguments: [true, false])
    func settingsFile(isYAML: Bool) async throws {
        let yaml = """
            # settings
            port: 9000
            idle_timeout: 30s
            trusted_networks: [10.0.0.0/8, 127.0.0.0/8]
            egress_url: ~
            log_level: debug
            """
        let json = """
            {"port": 9000, "idle_timeout": "30s", "trusted_networks": ["10.0.0.0/8", "127.0.0.0/8"],
             "egress_url": null, "log_level": "debug"}
            """
        try await Folder.use { folder in
            let file = try folder.write(isYAML ? "s.yaml" : "s.json", isYAML ? yaml : json)
            let settings = try await self.load(file)
            #expect(settings.port == 9000)
            #expect(settings.idleTimeout == .seconds(30))
            #expect(settings.trustedNetworks == ["10.0.0.0/8", "127.0.0.0/8"])
            #expect(settings.egressURL == nil)
            #expect(settings.logLevel == .debug)
        }
    }

    @Test(
        "A settings file that cannot be meant is refused",
        arguments: [
            ("prot: 1", "did you mean port?"), ("ROSTER_PORT: 1", "is not a setting"), ("port: [", "cannot be"),
            ("[1, 2]", "not a mapping"), ("port: {a: 1}", "port (line 1) is a mapping"),
            ("port: x", "expected a whole"),
            ("port: 1\nport: 2", "port"), ("trusted_networks: [[1]]", "list of something other"),
        ]
    )
    func brokenSettingsFile(text: String, sentence: String) async throws {
        try await Folder.use { folder in
            let file = try folder.write("s.yaml", text)
            let error = await #expect(throws: SettingsError.self) { try await self.load(file) }
            #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
        }
    }

    @Test("A settings file that is not there is an error that names it")
    func missingSettingsFile() async {
        let error = await #expect(throws: SettingsError.self) { try await self.load("/nonexistent/s.yaml") }
        #expect(error?.problems.map(\.code) == [.unreadableFile])
        #expect(error?.description.contains("/nonexistent/s.yaml") == true)
    }

    @Test("The example lists every setting, and read as a file it changes nothing")
    func example() throws {
        let example = Settings.exampleFile
        #expect(try EnvironmentFile(example, path: ".env.example").values.isEmpty)
        // With the comment signs taken away it must be a file that can be read.
        let lines = example.split(separator: "\n").compactMap { $0.hasPrefix("# ") ? nil : $0.drop { $0 == "#" } }
        let values = try EnvironmentFile(lines.joined(separator: "\n"), path: ".env").values
        for setting in Settings.list.all { #expect(values[setting.facts.variable] != nil) }
        for variable in ProviderVariable.all { #expect(values[variable.name] != nil) }
    }

    @Test("The committed .env.example is the one that the list gives")
    func committedExample() throws {
        let path = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let text = try FileDescriptor.open(path.appending(".env.example"), .readOnly).closeAfterReading()
        #expect(text == Settings.exampleFile, "run: roster config --example >.env.example")
    }

    @Test("The README's table of settings is the one that the list gives")
    func committedTable() throws {
        let path = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let text = try FileDescriptor.open(path.appending("README.md"), .readOnly).closeAfterReading()
        let rows = Settings.markdown.split(separator: "\n").map(String.init)
        #expect(text.contains(rows.joined(separator: "\n")), "put what roster config --markdown prints into README.md")
    }

    private func load(_ file: FilePath) async throws -> Settings {
        try await Settings.load(
            environment: ["ROSTER_CONFIG": "\(file)"],
            workingFolder: "/nonexistent",
            homeFolder: nil
        )
    }
}

extension FileDescriptor {
    /// Everything in a file, which is closed afterwards.
    func closeAfterReading() throws -> String {
        try self.closeAfter {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = unsafe try buffer.withUnsafeMutableBytes { unsafe try self.read(into: $0) }
                guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
                bytes += buffer[..<count]
            }
        }
    }
}
