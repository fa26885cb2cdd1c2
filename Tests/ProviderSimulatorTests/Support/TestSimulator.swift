import JSON
import ProviderSimulator
import Testing

/// A simulator that runs for as long as a closure does, and what a test says to it.
struct TestSimulator: Sendable {
    let simulator: ProviderSimulator
    let port: Int

    var wire: WireClient { WireClient(port: self.port) }

    /// Runs a simulator on a free port while the closure runs.
    static func run<Value: Sendable>(
        _ configuration: SimulatorConfiguration = SimulatorConfiguration(),
        _ body: @Sendable (TestSimulator) async throws -> Value
    ) async throws -> Value {
        let simulator = ProviderSimulator(configuration)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await simulator.run() }
            let address = try await simulator.address
            let value = try await body(TestSimulator(simulator: simulator, port: address.port))
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    /// The bytes of a request.
    static func request(
        _ method: String = "GET",
        _ target: String,
        _ headers: [String: String] = [:],
        body: [UInt8] = []
    ) -> [UInt8] {
        var head = "\(method) \(target) HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
        if method != "GET" { head += "content-length: \(body.count)\r\n" }
        return Array("\(head)\r\n".utf8) + body
    }

    /// Sends one request, and reads one whole answer.
    func send(
        _ method: String = "GET",
        _ target: String,
        _ headers: [String: String] = [:],
        body: [UInt8] = []
    ) async throws -> HTTPAnswer {
        var headers = headers
        headers["connection"] = headers["connection"] ?? "close"
        return try HTTPAnswer(try await self.wire.exchange(Self.request(method, target, headers, body: body)))
    }

    func send(
        _ method: String,
        _ target: String,
        _ headers: [String: String] = [:],
        json: JSONValue
    ) async throws -> HTTPAnswer {
        try await self.send(method, target, headers, body: json.serialized())
    }

    /// A number of `GET /_simulator/state`, read until it is what is expected.
    func waitForState(_ name: String, _ expected: Int, within limit: Duration = .seconds(60)) async throws {
        let deadline = ContinuousClock.now + limit
        var state: JSONValue
        repeat {
            state = try await self.send("GET", "/_simulator/state").json
            if state[name]?.int64Value == Int64(expected) { return }
            try await Task.sleep(for: .milliseconds(2))
        } while ContinuousClock.now < deadline
        Issue.record("\(name) is not \(expected): \(state.serializedString())")
    }
}

/// One way to reach a chat, and a model there.
struct ChatEndpoint: Sendable, CustomTestStringConvertible {
    let slug: String
    let target: String
    let model: String

    var testDescription: String { self.slug }

    static let all = [
        ChatEndpoint(slug: "openai", target: "/api.openai.com/v1/chat/completions", model: "gpt-4o-mini"),
        ChatEndpoint(
            slug: "openrouter",
            target: "/openrouter.ai/api/v1/chat/completions",
            model: "meta-llama/llama-3-8b-instruct"
        ),
        ChatEndpoint(
            slug: "anthropic",
            target: "/api.anthropic.com/v1/chat/completions",
            model: "claude-3-5-haiku-20241022"
        ),
        ChatEndpoint(
            slug: "gemini",
            target: "/generativelanguage.googleapis.com/v1beta/openai/chat/completions",
            model: "gemini-1.5-flash"
        ),
        ChatEndpoint(slug: "ollama", target: "/localhost:11434/v1/chat/completions", model: "llama3.2"),
        ChatEndpoint(slug: "generic", target: "/llm.example.org/v1/chat/completions", model: "llama-3-8b-instruct"),
        ChatEndpoint(
            slug: "deepinfra",
            target: "/api.deepinfra.com/v1/openai/chat/completions",
            model: "openai/gpt-oss-120b"
        ),
        ChatEndpoint(
            slug: "featherless",
            target: "/api.featherless.ai/v1/chat/completions",
            model: "Qwen/Qwen3-32B"
        ),
        ChatEndpoint(slug: "groq", target: "/api.groq.com/openai/v1/chat/completions", model: "llama-3.1-8b-instant"),
        ChatEndpoint(
            slug: "fireworks",
            target: "/api.fireworks.ai/inference/v1/chat/completions",
            model: "accounts/fireworks/models/gpt-oss-120b"
        ),
        ChatEndpoint(
            slug: "together",
            target: "/api.together.xyz/v1/chat/completions",
            model: "deepseek-ai/DeepSeek-V3.1"
        ),
        ChatEndpoint(
            slug: "huggingface",
            target: "/router.huggingface.co/v1/chat/completions",
            model: "openai/gpt-oss-120b"
        ),
        ChatEndpoint(slug: "xai", target: "/api.x.ai/v1/chat/completions", model: "grok-3"),
        ChatEndpoint(slug: "cerebras", target: "/api.cerebras.ai/v1/chat/completions", model: "llama3.1-8b"),
        ChatEndpoint(
            slug: "vertex",
            target: "/aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi/chat/completions",
            model: "google/gemini-2.5-flash"
        ),
        ChatEndpoint(
            slug: "nebius",
            target: "/api.tokenfactory.nebius.com/v1/chat/completions",
            model: "Qwen/Qwen3-32B"
        ),
        ChatEndpoint(
            slug: "novita",
            target: "/api.novita.ai/openai/v1/chat/completions",
            model: "deepseek/deepseek-v3.2"
        ),
        ChatEndpoint(slug: "helicone", target: "/ai-gateway.helicone.ai/v1/chat/completions", model: "gpt-4o-mini"),
        ChatEndpoint(slug: "aihubmix", target: "/aihubmix.com/v1/chat/completions", model: "gpt-5"),
        ChatEndpoint(slug: "anannas", target: "/api.anannas.ai/v1/chat/completions", model: "openai/gpt-4o-mini"),
        ChatEndpoint(slug: "aimo", target: "/beta.aimo.network/api/v1/chat/completions", model: "openai/gpt-5-pro"),
        ChatEndpoint(slug: "near", target: "/cloud-api.near.ai/v1/chat/completions", model: "openai/gpt-oss-120b"),
        ChatEndpoint(slug: "chutes", target: "/llm.chutes.ai/v1/chat/completions", model: "Qwen/Qwen3-32B-TEE"),
        ChatEndpoint(
            slug: "alibaba",
            target: "/dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions",
            model: "qwen-max"
        ),
        ChatEndpoint(slug: "vercel", target: "/ai-gateway.vercel.sh/v1/chat/completions", model: "openai/gpt-4o"),
        ChatEndpoint(slug: "vllm", target: "/localhost:8000/v1/chat/completions", model: "support-tone"),
        ChatEndpoint(
            slug: "llama-cpp",
            target: "/localhost:8080/v1/chat/completions",
            model: "Qwen3-30B-A3B-Q4_K_M.gguf"
        ),
        ChatEndpoint(slug: "lm-studio", target: "/localhost:1234/v1/chat/completions", model: "openai/gpt-oss-20b"),
    ]

    static let openAI = Self.all[0]

    func body(_ prompt: String, stream: Bool = false, _ more: JSONObject = [:]) -> [UInt8] {
        var body: JSONObject = [
            "model": .string(self.model),
            "messages": [["role": "system", "content": "Be brief."], ["role": "user", "content": .string(prompt)]],
        ]
        if stream { body["stream"] = true }
        body.merge(more)
        return body.serialized()
    }

    func request(
        _ prompt: String = "Hello there",
        stream: Bool = false,
        simulate: String? = nil,
        _ more: JSONObject = [:]
    ) -> [UInt8] {
        var headers = ["authorization": "Bearer any", "content-type": "application/json"]
        headers["x-simulate"] = simulate
        return TestSimulator.request("POST", self.target, headers, body: self.body(prompt, stream: stream, more))
    }

    /// Has a prompt answered, whole or streamed.
    func ask(
        _ simulator: TestSimulator,
        _ prompt: String = "Hello there",
        stream: Bool = false,
        simulate: String? = nil,
        _ more: JSONObject = [:]
    ) async throws -> HTTPAnswer {
        var headers = ["authorization": "Bearer any", "content-type": "application/json"]
        headers["x-simulate"] = simulate
        return try await simulator.send(
            "POST",
            self.target,
            headers,
            body: self.body(prompt, stream: stream, more)
        )
    }
}
