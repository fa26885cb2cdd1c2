import JSON
import Secrets
import Testing

@testable import ProviderSimulator

@Suite("Keys")
struct KeyTests {
    private struct Case {
        let method: String
        let target: String
        let headers: [String: String]
        let status: Int
        let message: String?

        init(
            _ method: String,
            _ target: String,
            _ headers: [String: String] = [:],
            _ status: Int,
            _ message: String? = nil
        ) {
            self.method = method
            self.target = target
            self.headers = headers
            self.status = status
            self.message = message
        }
    }

    private static let version = "2023-06-01"
    private static let google = "/generativelanguage.googleapis.com/v1beta"

    private static func run(_ cases: [Case], _ simulator: TestSimulator) async throws {
        for test in cases {
            let body: [UInt8] = test.method == "POST" ? Array("{}".utf8) : []
            let answer = try await simulator.send(test.method, test.target, test.headers, body: body)
            #expect(answer.status == test.status, "\(test.method) \(test.target) \(test.headers)")
            guard let message = test.message else { continue }
            let value = try answer.json
            let error = value["error"] ?? value[0]["error"]
            #expect(error?["message"]?.stringValue?.contains(message) == true, "\(value)")
        }
    }

    @Test("Without a key each provider answers as the real one does")
    func missing() async throws {
        try await TestSimulator.run { simulator in
            try await Self.run(
                [
                    Case("GET", "/api.openai.com/v1/models", [:], 401, "You didn't provide an API key"),
                    Case("GET", "/api.openai.com/v1/models", ["authorization": "Bearer "], 401),
                    Case("GET", "/api.openai.com/v1/models", ["authorization": "Basic abc"], 401),
                    Case(
                        "GET",
                        "/api.anthropic.com/v1/models",
                        ["anthropic-version": Self.version],
                        401,
                        "x-api-key header"
                    ),
                    Case("GET", "/api.anthropic.com/v1/models", ["x-api-key": "any"], 400, "anthropic-version: header"),
                    Case("POST", "/api.anthropic.com/v1/chat/completions", [:], 401, "x-api-key header is required"),
                    Case("GET", "\(Self.google)/models", [:], 403, "unregistered callers"),
                    Case(
                        "POST",
                        "\(Self.google)/openai/chat/completions",
                        [:],
                        400,
                        "Missing or invalid Authorization header."
                    ),
                    Case("GET", "/openrouter.ai/api/v1/models", [:], 200),
                    Case("POST", "/openrouter.ai/api/v1/chat/completions", [:], 401, "No auth credentials found"),
                    Case("GET", "/localhost:11434/api/tags", [:], 200),
                    Case("POST", "/localhost:11434/v1/chat/completions", [:], 400),
                    Case("POST", "/ollama.com/v1/chat/completions", [:], 401, "Unauthorized"),
                    Case("GET", "/llm.example.org/v1/models", [:], 401, "You didn't provide an API key"),
                ],
                simulator
            )
        }
    }

    @Test("A wrong key is refused where one is configured, and any is accepted where none is")
    func wrong() async throws {
        var configuration = SimulatorConfiguration()
        for slug in ProviderSimulator.providers { configuration.acceptedKeys[slug] = Secret("right") }
        let wrong = ["authorization": "Bearer wrong", "x-api-key": "wrong", "x-goog-api-key": "wrong"]
        let right = ["authorization": "Bearer right", "x-api-key": "right", "x-goog-api-key": "right"]
        let version = ["anthropic-version": Self.version]
        try await TestSimulator.run(configuration) { simulator in
            try await Self.run(
                [
                    Case("GET", "/api.openai.com/v1/models", wrong, 401, "Incorrect API key provided"),
                    Case("GET", "/api.openai.com/v1/models", right, 200),
                    Case(
                        "GET",
                        "/api.anthropic.com/v1/models",
                        wrong.merging(version) { $1 },
                        401,
                        "invalid x-api-key"
                    ),
                    Case("GET", "/api.anthropic.com/v1/models", right.merging(version) { $1 }, 200),
                    Case("GET", "\(Self.google)/models", wrong, 400, "API key not valid"),
                    Case("GET", "\(Self.google)/models?key=wrong", [:], 400, "API key not valid"),
                    Case("GET", "\(Self.google)/models?key=right", [:], 200),
                    Case("GET", "\(Self.google)/openai/models", wrong, 400, "API key not valid"),
                    Case("POST", "/openrouter.ai/api/v1/chat/completions", wrong, 401, "User not found."),
                    Case("GET", "/llm.example.org/v1/models", wrong, 401),
                    Case("GET", "/llm.example.org/v1/models", right, 200),
                ],
                simulator
            )
        }
    }

    @Test("Paths and methods that a provider does not have are refused in its shape")
    func paths() async throws {
        let key = ["authorization": "Bearer any", "x-api-key": "any", "anthropic-version": Self.version]
        try await TestSimulator.run { simulator in
            try await Self.run(
                [
                    Case("GET", "/api.openai.com/v1/nothing", key, 404, "Invalid URL (/v1/nothing)"),
                    Case("GET", "/api.openai.com/v1/chat/completions", key, 405),
                    Case("POST", "/api.openai.com/v1/models", key, 405),
                    Case("DELETE", "/api.anthropic.com/v1/models", key, 405),
                    Case("GET", "/api.anthropic.com/v1/nothing", key, 404),
                    Case("GET", "\(Self.google)/nothing?key=any", [:], 404),
                    Case("GET", "/openrouter.ai/nothing", key, 404),
                    Case("GET", "/localhost:11434/api/nothing", key, 404),
                    Case("POST", "/localhost:11434/api/tags", key, 405),
                ],
                simulator
            )
        }
    }
}
