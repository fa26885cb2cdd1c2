import FoundationEssentials
import JSON
import RosterServer
import Secrets
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// `roster up` as a real process: what it starts, what it leaves behind, what it says when it cannot.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct UpTests {
    @Test("It serves, ends by a signal with nothing left, and serves again with the same keys and models")
    func twice() async throws {
        try await Folder.use { folder in
            var connections: [ConnectionFile] = []
            for signal in [Signal.interrupt, .terminate] {
                let ending = try await RosterProcess.running(["up", "--port", "0"], in: folder) { process in
                    _ = try await process.line(with: "Roster is ready at http://127.0.0.1:")
                    _ = try await process.line(with: "Ctrl-C ends everything")
                    let answer = try await shell(Self.pasted(process.transcript.output))
                    #expect(answer.output.contains("You said: Hello"), "\(answer.output)")
                    try process.send(signal)
                }
                #expect(ending.code == 0, "\(ending.errors)")
                try await folder.expectNoProcesses()
                connections.append(try Self.connection(folder))
                #expect(try Self.connectionPath(folder).stat().permissions == .ownerReadWrite)
                #expect(ending.output.contains(connections[0].adminKey.exposed))
                let isFirst = connections.count == 1
                #expect(ending.errors.contains("built-in simulator"))
                #expect(ending.errors.contains("Synced") == isFirst, "\(ending.errors)")
                // Nobody writes over a line that is not watched.
                #expect(!ending.errors.contains("\u{1B}"))
            }
            #expect(connections[0].adminKey == connections[1].adminKey)
            #expect(connections[0].clientKey == connections[1].clientKey)
            #expect(connections[0].url != connections[1].url)
        }
    }

    @Test("The commands find what runs in the folder, and say so when nothing does")
    func commands() async throws {
        try await Folder.use { folder in
            _ = try await RosterProcess.running(["up", "--port", "0"], in: folder) { process in
                _ = try await process.line(with: "Ctrl-C ends everything")
                let models = try await Self.json(["models", "list", "--json"], folder)
                #expect(models.arrayValue?.isEmpty == false)
                let status = try await Self.json(["status", "--json"], folder)
                #expect(status["readiness"]["ready"] == true)
                let sync = try await Self.json(["sync", "--json", "--providers", "openai", "gemini"], folder)
                let outcomes = sync.arrayValue?.compactMap { $0["details"]["outcome"]?.stringValue }
                #expect(outcomes == ["succeeded", "succeeded"])
                let made = try await Self.json(["keys", "create", "--scopes", "reader", "editor", "--json"], folder)
                #expect(made["scopes"] == ["editor", "reader"])
                let id = try #require(made["id"]?.int64Value)
                _ = try await Self.json(["keys", "revoke", "\(id)", "--json"], folder)
                let keys = try await Self.json(["keys", "list", "--json"], folder)
                #expect(keys.arrayValue?.first { $0["id"]?.int64Value == id }?["revoked_at"]?.stringValue != nil)
                let health = try await RosterProcess.run(
                    ["healthcheck", "--url", try Self.connection(folder).url],
                    in: folder
                )
                #expect(health.code == 0)
                let second = try await RosterProcess.run(["up", "--port", "0"], in: folder)
                #expect(second.code == 1)
                #expect(second.errors.contains("roster: "), "\(second.errors)")
                try process.send(.interrupt)
            }
            let ending = try await RosterProcess.run(["models", "list"], in: folder)
            #expect(ending.code == 1)
            #expect(ending.errors.contains("roster up does not run in this folder"), "\(ending.errors)")
            let unhealthy = try await RosterProcess.run(["healthcheck", "--port", "1"], in: folder)
            #expect(unhealthy.code == 1)
        }
    }

    @Test("A taken port is one sentence that names the port and who has it, before anything is started")
    func takenPort() async throws {
        try await Folder.use { folder in
            _ = try await RosterProcess.running(["up", "--port", "0"], in: folder) { process in
                _ = try await process.line(with: "Ctrl-C ends everything")
                let url = try Self.connection(folder).url
                let port = try #require(url.split(separator: ":").last.map(String.init))
                let ending = try await RosterProcess.run(["up", "--port", port, "--folder", "other"], in: folder)
                #expect(ending.code == 1)
                #expect(ending.errors.split(separator: "\n").count == 1, "\(ending.errors)")
                #expect(ending.errors.contains("ort \(port)") && ending.errors.contains("process \(process.processID)"))
                #expect(!FileManager.default.fileExists(atPath: folder.path.appending("other").string))
                try process.send(.terminate)
            }
        }
    }

    @Test("Killed, it leaves nothing behind", arguments: [1, 2])
    func killed(replicas: Int) async throws {
        try await Folder.use { folder in
            let arguments = ["up", "--port", "0", "--replicas", "\(replicas)"]
            let ending = try await RosterProcess.running(arguments, in: folder) { process in
                _ = try await process.line(with: "Ctrl-C ends everything")
                try process.send(.kill)
            }
            #expect(ending.code == 128 + 9)
            try await folder.expectNoProcesses()
        }
    }

    @Test("Interrupted while it starts, it leaves nothing behind")
    func interruptedEarly() async throws {
        try await Folder.use { folder in
            let ending = try await RosterProcess.running(["up", "--port", "0"], in: folder) { process in
                try await eventually("initdb or a server runs") { try folder.processes().count > 1 }
                try process.send(.interrupt)
            }
            #expect(ending.code == 130, "\(ending.errors)")
            try await folder.expectNoProcesses()
        }
    }

    @Test("A second Ctrl-C ends it at once, though a stream is under way, and nothing is left behind")
    func impatient() async throws {
        try await Folder.use { folder in
            let ending = try await RosterProcess.running(["up", "--port", "0"], in: folder) { process in
                _ = try await process.line(with: "Ctrl-C ends everything")
                let connection = try Self.connection(folder)
                let stream = Self.stream(connection, "delay=1s,tokens=100", into: folder)
                async let client = shell(stream)
                try await eventually("the stream has begun") {
                    (FileManager.default.contents(atPath: "\(folder.path)/stream") ?? Data()).count > 0
                }
                try process.send(.interrupt)
                try await eventually("the gateway takes no new connections") {
                    try await shell("curl -s \(connection.url)/healthz").code == 7
                }
                try process.send(.interrupt)
                _ = try await client
            }
            #expect(ending.code == 130, "\(ending.errors)")
            try await folder.expectNoProcesses()
        }
    }

    @Test("A stream that is under way when the signal comes ends whole", arguments: [1, 2])
    func wholeStream(replicas: Int) async throws {
        try await Folder.use { folder in
            let arguments = ["up", "--port", "0", "--replicas", "\(replicas)"]
            let ending = try await RosterProcess.running(arguments, in: folder) { process in
                _ = try await process.line(with: "Ctrl-C ends everything")
                let stream = Self.stream(try Self.connection(folder), "delay=100ms,tokens=20", into: folder)
                async let client = shell(stream)
                try await eventually("the stream has begun") {
                    (FileManager.default.contents(atPath: "\(folder.path)/stream") ?? Data()).count > 0
                }
                try process.send(.terminate)
                #expect(try await client.code == 0)
            }
            #expect(ending.code == 0, "\(ending.errors)")
            let text = String(
                decoding: FileManager.default.contents(atPath: "\(folder.path)/stream") ?? Data(),
                as: UTF8.self
            )
            #expect(text.hasSuffix("data: [DONE]\n\n"), "\(text.suffix(300))")
            try await folder.expectNoProcesses()
        }
    }

    @Test("Replicas share the requests; one that dies is started again; a signal ends all")
    func replicas() async throws {
        try await Folder.use { folder in
            let ending = try await RosterProcess.running(["up", "--port", "0", "--replicas", "2"], in: folder) {
                process in
                _ = try await process.line(with: "Ctrl-C ends everything")
                let connection = try Self.connection(folder)
                #expect(connection.replicas.count == 2)
                let answer = try await shell(Self.pasted(process.transcript.output))
                #expect(answer.output.contains("You said: Hello"), "\(answer.output)")
                let victim = try #require(try await Self.serving(connection.replicas[0]))
                try Signals.send(.kill, to: victim)
                try await eventually("the gateway answers without the replica") {
                    try await shell("curl -sf \(connection.url)/readyz").code == 0
                }
                try await eventually(within: .seconds(30), "the replica is back") {
                    try await shell("curl -sf \(try Self.connection(folder).replicas[0])/readyz").code == 0
                }
                #expect(try await Self.serving(Self.connection(folder).replicas[0]) != victim)
                try process.send(.terminate)
            }
            #expect(ending.code == 0, "\(ending.errors)")
            #expect(ending.errors.contains("replica 1 ended (signal 9)"), "\(ending.errors)")
            try await folder.expectNoProcesses()
        }
    }

    @Test("Beginning empty makes new keys")
    func fresh() async throws {
        try await Folder.use { folder in
            var keys: [String] = []
            for arguments in [["up", "--port", "0"], ["up", "--port", "0", "--fresh"]] {
                try folder.write("mine.txt", "kept")
                _ = try await RosterProcess.running(arguments, in: folder) { process in
                    _ = try await process.line(with: "Ctrl-C ends everything")
                    try process.send(.interrupt)
                }
                keys.append(try Self.connection(folder).clientKey.exposed)
            }
            #expect(keys[0] != keys[1])
            #expect(FileManager.default.fileExists(atPath: folder.path.appending("mine.txt").string))
        }
    }

    // MARK: Helpers of these tests

    /// A curl that writes the answer's events to the file `stream` as they come.
    private static func stream(_ connection: ConnectionFile, _ behaviour: String, into folder: Folder) -> String {
        let request: JSONValue = [
            "model": "openai/gpt-4o-mini", "stream": true,
            "messages": [["role": "user", "content": .string("simulate: \(behaviour)")]],
        ]
        return
            "curl -sN \(connection.url)/v1/chat/completions -H 'Authorization: Bearer \(connection.clientKey.exposed)'"
            + " -H 'Content-Type: application/json' -d '\(request.serializedString())' >\(folder.path)/stream"
    }

    /// The curl of the last lines, as somebody would paste it.
    private static func pasted(_ output: String) -> String {
        let lines = output.split(separator: "\n").drop { !$0.contains("curl ") }
        return lines.prefix { !$0.contains("Ctrl-C") }.joined(separator: "\n").replacing("curl ", with: "curl -s ")
    }

    private static func connectionPath(_ folder: Folder) -> FilePath {
        ConnectionFile.path(in: folder.path.appending(ConnectionFile.usualFolder.string))
    }

    private static func connection(_ folder: Folder) throws -> ConnectionFile {
        try #require(try ConnectionFile.read(Self.connectionPath(folder)))
    }

    private static func json(_ arguments: [String], _ folder: Folder) async throws -> JSONValue {
        let ending = try await RosterProcess.run(arguments, in: folder)
        #expect(ending.code == 0, "\(arguments): \(ending.errors)")
        return try JSONValue(parsing: ending.output.utf8)
    }

    /// The process that listens at a replica's address.
    private static func serving(_ url: String) async throws -> Int32? {
        let port = try #require(url.split(separator: ":").last)
        let result = try await shell("ss -ltnpH 'sport = :\(port)'")
        guard let start = result.output.firstRange(of: "pid=") else { return nil }
        return Int32(result.output[start.upperBound...].prefix { $0.isNumber })
    }
}
