import Foundation
import JSON
import Testing

@testable import ProviderSimulator

@Suite("Recordings")
struct RecordingTests {
    /// A folder that is there while a closure runs.
    private static func withFolder<Value>(
        _ files: [String: String],
        _ body: (String) async throws -> Value
    ) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(path: "recordings-\(UUID().uuidString)")
        for (name, text) in files {
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: file)
        }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder.path)
    }

    private static let files = [
        "openrouter/models-2024-12-08.json": #"{"data": [{"id": "acme/old"}]}"#,
        "openrouter/models-2026-05-15.json": #"{"data": [ {"id":"acme/new"}, {"id":"acme/old","price":1.50} ] }"#
            + "\n",
        "openrouter/providers-2026-05-22.json": #"{"data": [{"name": "no list of models"}]}"#,
        "gemini/models-2025-01-01.json":
            #"{"models":[{"name":"models/one"},{"name":"models/two"}],"nextPageToken":"Cgptb2RlbHMvdHdv"}"#,
        "gemini/openai-compat-models-2026-01.json": #"{"object":"list","data":[]}"#,
        "ollama/tags-2025-06-05.json": #"{"models":[{"name":"a:latest","model":"a:latest"}]}"#,
        "ollama/show-map-2025.json": "{}",
        "unknown/models-2025.json": "not even JSON",
    ]

    @Test("The newest list of each provider is served unchanged; other files are left alone")
    func newest() async throws {
        try await Self.withFolder(Self.files) { folder in
            var configuration = SimulatorConfiguration()
            configuration.recordings = folder
            try await TestSimulator.run(configuration) { simulator in
                let answer = try await simulator.send("GET", "/openrouter.ai/api/v1/models")
                #expect(answer.text == Self.files["openrouter/models-2026-05-15.json"])
                let lists = try await simulator.send("GET", "/_simulator/lists").json["lists"]
                #expect(
                    lists["openrouter"]["lists"] == ["built-in", "models-2024-12-08.json", "models-2026-05-15.json"]
                )
                #expect(lists["ollama"]["lists"] == ["built-in", "tags-2025-06-05.json"])
                // Nothing was recorded of it.
                #expect(lists["openai"]["serves"] == "built-in")
                // Rows of a recording keep their spelling in pages.
                let page = try await simulator.send("GET", "/openrouter.ai/api/v1/models?limit=1&offset=1")
                #expect(page.text.hasPrefix(#"{"data":[{"id":"acme/old","price":1.50}]"#))
                // Chat follows the list.
                let recorded = ChatEndpoint(slug: "openrouter", target: ChatEndpoint.all[1].target, model: "acme/new")
                #expect(try await recorded.ask(simulator).status == 200)
                #expect(try await ChatEndpoint.all[1].ask(simulator).status == 404)
            }
        }
    }

    @Test("A recording that breaks off with a page token is followed by an empty page")
    func brokenOff() async throws {
        try await Self.withFolder(Self.files) { folder in
            var configuration = SimulatorConfiguration()
            configuration.recordings = folder
            try await TestSimulator.run(configuration) { simulator in
                let target = "/generativelanguage.googleapis.com/v1beta/models?key=any"
                let first = try await simulator.send("GET", target).json
                let token = try #require(first["nextPageToken"]?.stringValue)
                let second = try await simulator.send("GET", "\(target)&pageToken=\(token)")
                #expect(try second.json == .object([:]))
            }
        }
    }

    @Test("Another recording is served from the start, or from when it is asked for")
    func selection() async throws {
        try await Self.withFolder(Self.files) { folder in
            var configuration = SimulatorConfiguration()
            configuration.recordings = folder
            configuration.selectedRecordings["openrouter"] = "models-2024-12-08.json"
            try await TestSimulator.run(configuration) { simulator in
                func ids() async throws -> [String] {
                    try ModelList(try await simulator.send("GET", "/openrouter.ai/api/v1/models").body, layout: .openAI)
                        .ids
                }
                #expect(try await ids() == ["acme/old"])
                let select: JSONValue = ["recording": "models-2026-05-15.json"]
                _ = try await simulator.send("POST", "/_simulator/lists/openrouter", json: select)
                #expect(try await ids() == ["acme/new", "acme/old"])
                _ = try await simulator.send("DELETE", "/_simulator/lists/openrouter")
                #expect(try await ids() == ["acme/old"])
            }
        }
    }

    @Test("What cannot be used ends the start with an error that names it")
    func errors() async throws {
        func error(_ folder: String, _ selected: [String: String] = [:]) async -> String {
            var configuration = SimulatorConfiguration()
            configuration.recordings = folder
            configuration.selectedRecordings = selected
            let simulator = ProviderSimulator(configuration)
            do {
                try await simulator.run()
                return "no error"
            } catch {
                // Whoever waits for the address hears of it, too.
                await #expect(throws: RecordingError.self) { try await simulator.address }
                return "\(error)"
            }
        }
        #expect(await error("/nonexistent/folder").contains("/nonexistent/folder"))
        try await Self.withFolder([:]) { folder in
            #expect(await error(folder).contains("holds no recording"))
        }
        try await Self.withFolder(["openai/models-1.json": #"{"data":[{"name":"no id"}]}"#]) { folder in
            let message = await error(folder)
            #expect(message.contains("models-1.json"))
            #expect(message.contains("“id”"))
        }
        try await Self.withFolder(Self.files) { folder in
            #expect(await error(folder, ["openrouter": "models-1999.json"]).contains("models-2024-12-08.json"))
            #expect(await error(folder, ["nobody": "x"]).contains("nobody"))
        }
    }

    static let real = ProcessInfo.processInfo.environment["ROSTER_RECORDINGS"]

    @Test("Real recordings are served unchanged and page by page", .enabled(if: Self.real != nil))
    func realRecordings() async throws {
        let folder = try #require(Self.real) + "/providers"
        var configuration = SimulatorConfiguration()
        configuration.recordings = folder
        try await TestSimulator.run(configuration) { simulator in
            let lists = try #require(try await simulator.send("GET", "/_simulator/lists").json["lists"]?.objectValue)
            let targets = [
                "openrouter": "/openrouter.ai/api/v1/models", "openai": "/api.openai.com/v1/models",
                "anthropic": "/api.anthropic.com/v1/models",
                "gemini": "/generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
                "ollama": "/localhost:11434/api/tags",
            ]
            let headers = [
                "authorization": "Bearer any", "x-api-key": "any", "x-goog-api-key": "any",
                "anthropic-version": "2023-06-01",
            ]
            for (slug, target) in targets {
                let names = try #require(lists[slug]?["lists"]?.arrayValue).compactMap(\.stringValue)
                #expect(names.count > 1, "\(slug) has no recording")
                for name in names where name != "built-in" {
                    _ = try await simulator.send(
                        "POST",
                        "/_simulator/lists/\(slug)",
                        json: ["recording": .string(name)]
                    )
                    let answer = try await simulator.send("GET", target, headers)
                    let recorded = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(slug)/\(name)")))
                    #expect(answer.body == recorded, "\(slug)/\(name)")
                }
            }
            var count = 0
            var next: String? = "/api/v1/models?limit=100"
            while let target = next {
                let page = try await simulator.send("GET", "/openrouter.ai\(target)").json
                count += page["data"]?.arrayValue?.count ?? 0
                next = page["links"]["next"]?.stringValue
            }
            #expect(count == lists["openrouter"]?["models"]?.int64Value.map { Int($0) })
        }
    }
}
