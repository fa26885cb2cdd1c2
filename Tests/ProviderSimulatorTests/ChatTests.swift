import JSON
import Testing

@testable import ProviderSimulator

@Suite("Chat")
struct ChatTests {
    private static let prompts = [
        "Hello", "", " leading and trailing ", "two  spaces", "quotes \" and \\ back\\\\slashes",
        "line\nbreaks\r\n\tand tabs",
        "naïve façade — 日本語のテキスト 👩‍👩‍👧 emoji", "\u{0}control\u{1F}characters", "</script> & {\"json\": [1, 2]}",
        String(repeating: "word ", count: 500),
    ]

    private static func text(of events: [String]) throws -> String {
        try events.dropLast().map { event in
            try JSONValue(parsing: event.utf8)["choices"][0]["delta"]["content"]?.stringValue ?? ""
        }.joined()
    }

    @Test("An answer repeats the last message; whole and streamed it is the same text", arguments: ChatEndpoint.all)
    func sameText(endpoint: ChatEndpoint) async throws {
        try await TestSimulator.run { simulator in
            for prompt in Self.prompts {
                let whole = try await endpoint.ask(simulator, prompt)
                #expect(whole.status == 200)
                let value = try whole.json
                let text = value["choices"][0]["message"]["content"]?.stringValue
                #expect(text == (prompt.isEmpty ? "You said nothing." : "You said: \(prompt)"))
                #expect(value["object"] == "chat.completion")
                #expect(value["choices"][0]["finish_reason"] == "stop")

                let stream = try await endpoint.ask(simulator, prompt, stream: true)
                #expect(stream.headers["content-type"]?.hasPrefix("text/event-stream") == true)
                #expect(try Self.text(of: stream.events) == text)
                #expect(stream.events.last == "[DONE]")
                let ends = try stream.events.dropLast().compactMap {
                    try JSONValue(parsing: $0.utf8)["choices"][0]["finish_reason"]?.stringValue
                }
                #expect(ends == ["stop"])
            }
        }
    }

    @Test("A stream names the role first, and its usage last where it is asked for", arguments: ChatEndpoint.all)
    func streamShape(endpoint: ChatEndpoint) async throws {
        try await TestSimulator.run { simulator in
            let plain = try await endpoint.ask(simulator, stream: true)
            let events = try plain.events.dropLast().map { try JSONValue(parsing: $0.utf8) }
            #expect(events.first?["choices"][0]["delta"]["role"] == "assistant")
            #expect(events.allSatisfy { $0["choices"][0] != nil && $0["usage"] == nil })
            #expect(Set(events.map { $0["id"]?.stringValue }).count == 1)
            #expect(events.allSatisfy { $0["object"] == "chat.completion.chunk" })

            let options: JSONObject = ["stream_options": ["include_usage": true]]
            let counted = try await endpoint.ask(simulator, stream: true, options)
            let last = try JSONValue(parsing: try #require(counted.events.dropLast().last).utf8)
            #expect(last["choices"] == [])
            let whole = try await endpoint.ask(simulator).json
            for name in ["prompt_tokens", "completion_tokens", "total_tokens"] {
                #expect(last["usage"]?[name] == whole["usage"]?[name])
                #expect(try #require(last["usage"]?[name]?.int64Value) > 0)
            }
        }
    }

    @Test("What is particular to a provider's stream")
    func dialects() async throws {
        try await TestSimulator.run { simulator in
            let router = try await ChatEndpoint.all[1].ask(simulator, stream: true)
            #expect(router.text.hasPrefix(": OPENROUTER PROCESSING\n\n"))
            let event = try JSONValue(parsing: router.events[0].utf8)
            #expect(event["provider"] != nil)
            #expect(event["choices"][0]["native_finish_reason"]?.isNull == true)
            #expect(event["id"]?.stringValue?.hasPrefix("gen-") == true)

            let options: JSONObject = ["stream_options": ["include_usage": true]]
            let openAI = try await ChatEndpoint.openAI.ask(simulator, stream: true, options)
            #expect(try JSONValue(parsing: openAI.events[0].utf8)["usage"]?.isNull == true)
            #expect(openAI.headers["x-request-id"] != nil)

            let anthropic = try await ChatEndpoint.all[2].ask(simulator).json
            #expect(anthropic["id"]?.stringValue?.hasPrefix("msg_01") == true)
            let ollama = try await ChatEndpoint.all[4].ask(simulator).json
            #expect(ollama["system_fingerprint"] == "fp_ollama")
        }
    }

    @Test("The length of an answer is adjustable, and cut by max_tokens")
    func length() async throws {
        try await TestSimulator.run { simulator in
            let endpoint = ChatEndpoint.openAI
            for tokens in [0, 1, 3, 40, 1000] {
                let whole = try await endpoint.ask(simulator, simulate: "tokens=\(tokens)").json
                #expect(whole["usage"]["completion_tokens"]?.int64Value == Int64(tokens))
                #expect(whole["choices"][0]["finish_reason"] == "stop")
                let stream = try await endpoint.ask(simulator, stream: true, simulate: "tokens=\(tokens)")
                // A role, the tokens, an end, and [DONE].
                #expect(stream.events.count == tokens + 3)
                #expect(try Self.text(of: stream.events) == whole["choices"][0]["message"]["content"]?.stringValue)
            }
            for name in ["max_tokens", "max_completion_tokens"] {
                let cut = try await endpoint.ask(simulator, "one two three four", [name: 3]).json
                #expect(cut["choices"][0]["message"]["content"] == "You said: one")
                #expect(cut["choices"][0]["finish_reason"] == "length")
                #expect(cut["usage"]["completion_tokens"] == 3)
            }
        }
    }

    @Test("A long stream arrives whole")
    func longStream() async throws {
        try await TestSimulator.run { simulator in
            let answer = try await ChatEndpoint.all[5].ask(simulator, stream: true, simulate: "tokens=10000")
            #expect(answer.events.count == 10003)
            #expect(answer.rest.isEmpty)
        }
    }

    private static let tools: JSONObject = [
        "tools": [
            ["type": "function", "function": ["name": "first", "parameters": ["type": "object"]]],
            ["type": "function", "function": ["name": "get_weather", "parameters": ["type": "object"]]],
        ]
    ]

    @Test("A prompt can ask for tool calls; whole and streamed they are the same", arguments: ChatEndpoint.all)
    func tools(endpoint: ChatEndpoint) async throws {
        let cases: [(prompt: String, calls: [(name: String, arguments: String)])] = [
            ("call:", [("first", "{}")]),
            (
                "call: get_weather {\"city\": \"Zürich 👋\", \"n\": 1.50}",
                [("get_weather", "{\"city\": \"Zürich 👋\", \"n\": 1.50}")]
            ),
            ("call: some words", [("first", "{\"input\":\"some words\"}")]),
            ("call: first {\"a\":1}\ncall: get_weather {}", [("first", "{\"a\":1}"), ("get_weather", "{}")]),
        ]
        try await TestSimulator.run { simulator in
            for (prompt, expected) in cases {
                let whole = try await endpoint.ask(simulator, prompt, Self.tools).json
                #expect(whole["choices"][0]["finish_reason"] == "tool_calls")
                let calls = try #require(whole["choices"][0]["message"]["tool_calls"]?.arrayValue)
                #expect(calls.map { $0["function"]["name"]?.stringValue } == expected.map(\.name))
                #expect(calls.map { $0["function"]["arguments"]?.stringValue } == expected.map(\.arguments))
                #expect(calls.allSatisfy { $0["id"]?.stringValue?.hasPrefix("call_") == true })

                let stream = try await endpoint.ask(simulator, prompt, stream: true, Self.tools)
                var names: [Int64: String] = [:]
                var arguments: [Int64: String] = [:]
                for event in stream.events.dropLast() {
                    for call in try JSONValue(parsing: event.utf8)["choices"][0]["delta"]["tool_calls"]?.arrayValue
                        ?? []
                    {
                        let index = try #require(call["index"]?.int64Value)
                        if let name = call["function"]["name"]?.stringValue { names[index] = name }
                        arguments[index, default: ""] += call["function"]["arguments"]?.stringValue ?? ""
                    }
                }
                #expect(expected.indices.map { names[Int64($0)] } == expected.map(\.name))
                #expect(expected.indices.map { arguments[Int64($0)] } == expected.map(\.arguments))
            }
        }
    }

    @Test("Without tools, and after a tool has answered, the answer is text")
    func noTools() async throws {
        try await TestSimulator.run { simulator in
            let without = try await ChatEndpoint.openAI.ask(simulator, "call: first {}").json
            #expect(without["choices"][0]["message"]["content"] == "You said: call: first {}")

            var messages: JSONObject = Self.tools
            messages["messages"] = [
                ["role": "user", "content": "call: first {}"],
                ["role": "assistant", "content": nil, "tool_calls": []],
                ["role": "tool", "tool_call_id": "call_1", "content": "21 degrees"],
            ]
            let after = try await ChatEndpoint.openAI.ask(simulator, "", messages).json
            #expect(after["choices"][0]["message"]["content"] == "The tool answered: 21 degrees")
        }
    }

    @Test("A message in parts is read as its texts; JSON is answered where JSON is asked for")
    func forms() async throws {
        try await TestSimulator.run { simulator in
            let parts: JSONObject = [
                "messages": [
                    [
                        "role": "user",
                        "content": [
                            ["type": "text", "text": "What is this?"],
                            ["type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA"]],
                        ],
                    ]
                ]
            ]
            let answer = try await ChatEndpoint.openAI.ask(simulator, "", parts).json
            #expect(answer["choices"][0]["message"]["content"] == "You said: What is this?")

            let object = try await ChatEndpoint.openAI.ask(
                simulator,
                "say \"it\"",
                ["response_format": ["type": "json_object"]]
            )
            let content = try #require(try object.json["choices"][0]["message"]["content"]?.stringValue)
            #expect(try JSONValue(parsing: content.utf8)["answer"] == "You said: say \"it\"")
        }
    }

    @Test("An unknown model is refused with 404 in the provider's own words")
    func unknownModel() async throws {
        try await TestSimulator.run { simulator in
            func ask(_ endpoint: ChatEndpoint) async throws -> (Int, JSONValue) {
                let unknown = ChatEndpoint(slug: endpoint.slug, target: endpoint.target, model: "acme/nope")
                let answer = try await unknown.ask(simulator)
                return (answer.status, try answer.json)
            }
            for endpoint in ChatEndpoint.all where endpoint.slug != "generic" {
                #expect(try await ask(endpoint).0 == 404, "\(endpoint.slug)")
            }
            var refusals: [JSONValue] = []
            for endpoint in ChatEndpoint.all { refusals.append(try await ask(endpoint).1) }
            #expect(refusals[0]["error"]["code"] == "model_not_found")
            #expect(refusals[1]["error"]["code"] == 404)
            #expect(refusals[2]["error"]["type"] == "not_found_error")
            #expect(refusals[3][0]["error"]["status"] == "NOT_FOUND")
            #expect(refusals[4]["error"]["message"] == "model 'acme/nope' not found")
            // Nobody knows what an unknown host would know.
            #expect(try await ask(ChatEndpoint.all[5]).0 == 200)
        }
        var configuration = SimulatorConfiguration()
        configuration.acceptsUnknownModels = true
        try await TestSimulator.run(configuration) { simulator in
            let any = ChatEndpoint(slug: "openai", target: ChatEndpoint.openAI.target, model: "acme/nope")
            let status = try await any.ask(simulator).status
            #expect(status == 200)
        }
    }

    @Test(
        "A body that is no chat request is refused with 400",
        arguments: [
            "", "{", "[]", "null", "{\"model\":\"gpt-4o\"}", "{\"model\":\"gpt-4o\",\"messages\":{}}",
            "{\"model\":\"gpt-4o\",\"messages\":[1]}", "{\"messages\":[]}", "{\"model\":7,\"messages\":[]}",
            "{\"model\":\"gpt-4o\",\"messages\":[{\"content\":\"no role\"}]}",
        ]
    )
    func badBodies(body: String) async throws {
        try await TestSimulator.run { simulator in
            let headers = ["authorization": "Bearer any"]
            let answer = try await simulator.send("POST", ChatEndpoint.openAI.target, headers, body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(try answer.json["error"]["type"] == "invalid_request_error")
        }
    }

    @Test("Embeddings are the same for the same text, unit vectors, and alike in both encodings")
    func embeddings() async throws {
        try await TestSimulator.run { simulator in
            func ask(_ more: JSONObject) async throws -> JSONValue {
                var body: JSONObject = ["model": "text-embedding-3-small", "input": ["one", "two", "one"]]
                body.merge(more)
                let headers = ["authorization": "Bearer any"]
                let answer = try await simulator.send(
                    "POST",
                    "/api.openai.com/v1/embeddings",
                    headers,
                    json: .object(body)
                )
                return try answer.json
            }
            let floats = try await ask(["dimensions": 64])
            let vectors = try #require(floats["data"]?.arrayValue).map { row in
                try #require(row["embedding"]?.arrayValue).map { Float(try #require($0.numberValue).double) }
            }
            #expect(vectors.count == 3)
            #expect(vectors.allSatisfy { $0.count == 64 })
            #expect(vectors[0] == vectors[2])
            #expect(vectors[0] != vectors[1])
            for vector in vectors {
                #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
            }
            let encoded = try await ask(["dimensions": 64, "encoding_format": "base64"])
            let text = try #require(encoded["data"][0]["embedding"]?.stringValue)
            let bytes = try #require(Base64.decoded(text))
            let decoded = stride(from: 0, to: bytes.count, by: 4).map { start in
                Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
            }
            #expect(decoded == vectors[0])
            #expect(try await ask([:])["data"][0]["embedding"]?.arrayValue?.count == 1536)
            #expect(try await ask(["dimensions": 0])["error"] != nil)
            #expect(try await ask(["input": []])["error"] != nil)
            #expect(try await ask(["input": [1, 2, 3]])["data"]?.arrayValue?.count == 1)
        }
    }
}
