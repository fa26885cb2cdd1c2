import JSON
import Testing

@testable import ProviderSimulator

@Suite("Lists of models")
struct ListTests {
    private static let bearer = ["authorization": "Bearer any"]
    private static let anthropicHeaders = ["x-api-key": "any", "anthropic-version": "2023-06-01"]

    @Test("A built-in catalogue is served byte for byte, and is a list as its provider writes them")
    func builtIn() async throws {
        let targets: [(slug: String, target: String, headers: [String: String])] = [
            ("openrouter", "/openrouter.ai/api/v1/models", [:]),
            ("openai", "/api.openai.com/v1/models", ["authorization": "Bearer any"]),
            ("anthropic", "/api.anthropic.com/v1/models", Self.anthropicHeaders),
            ("gemini", "/generativelanguage.googleapis.com/v1beta/models", ["x-goog-api-key": "any"]),
            ("ollama", "/localhost:11434/api/tags", [:]),
            ("deepinfra", "/api.deepinfra.com/v1/openai/models", [:]),
            ("featherless", "/api.featherless.ai/v1/models", [:]),
            ("groq", "/api.groq.com/openai/v1/models", Self.bearer),
            ("fireworks", "/api.fireworks.ai/inference/v1/models", Self.bearer),
            ("together", "/api.together.xyz/v1/models", Self.bearer),
            ("huggingface", "/router.huggingface.co/v1/models", [:]),
            ("xai", "/api.x.ai/v1/language-models", Self.bearer),
            ("cerebras", "/api.cerebras.ai/public/v1/models", [:]),
            ("vertex", "/aiplatform.googleapis.com/v1beta1/publishers/google/models", Self.bearer),
            ("nebius", "/api.tokenfactory.nebius.com/v1/models?verbose=true", Self.bearer),
            ("novita", "/api.novita.ai/openai/v1/models", [:]),
            ("helicone", "/jawn.helicone.ai/v1/public/model-registry/models", [:]),
            ("aihubmix", "/aihubmix.com/api/v1/models", [:]),
            ("anannas", "/api.anannas.ai/v1/models?details=true", [:]),
            ("aimo", "/beta.aimo.network/api/v1/models", [:]),
            ("near", "/cloud-api.near.ai/v1/model/list?limit=100&offset=0", [:]),
            ("chutes", "/llm.chutes.ai/v1/models", [:]),
            ("alibaba", "/dashscope-intl.aliyuncs.com/compatible-mode/v1/models", Self.bearer),
            ("fal", "/api.fal.ai/v1/models?limit=100", [:]), ("vercel", "/ai-gateway.vercel.sh/v1/models", [:]),
            ("vllm", "/localhost:8000/v1/models", [:]), ("llama-cpp", "/localhost:8080/v1/models", [:]),
            ("lm-studio", "/localhost:1234/api/v0/models", [:]),
            ("generic", "/inference.example.com/openai/v1/models", ["authorization": "Bearer any"]),
        ]
        #expect(Set(targets.map(\.slug)) == Set(ProviderSimulator.providers))
        try await TestSimulator.run { simulator in
            for (slug, target, headers) in targets {
                let provider = try #require(SimulatedProviders.provider(slug: slug))
                let answer = try await simulator.send("GET", target, headers)
                #expect(answer.status == 200)
                #expect(answer.body == provider.catalogue, "\(slug)")
                let list = try ModelList(answer.body, layouts: provider.layouts)
                let isLocal = ["vllm", "llama-cpp", "lm-studio"].contains(slug)
                #expect((isLocal ? 1...4 : 8...15).contains(list.count), "\(slug)")
                #expect(Set(list.ids).count == list.count, "\(slug)")
            }
        }
    }

    @Test("The catalogues have the oddities of the real lists")
    func oddities() throws {
        let list = try JSONValue(parsing: SimulatedProviders.all[0].catalogue)
        let rows = try #require(list["data"]?.arrayValue)
        let prices = rows.flatMap { $0["pricing"]?.objectValue?.map(\.value) ?? [] }.compactMap(\.stringValue)
        #expect(prices.contains("-1"))
        #expect(prices.contains("0"))
        #expect(prices.contains { $0.contains("e-") })
        #expect(prices.contains { $0.split(separator: ".").last?.count == 23 })
        #expect(rows.contains { $0["id"]?.stringValue?.hasSuffix(":free") == true })
        #expect(rows.contains { $0["id"]?.stringValue?.hasPrefix("~") == true })
        #expect(rows.contains { $0["supported_parameters"] == nil })
        #expect(rows.contains { $0["top_provider"]["max_completion_tokens"]?.isNull == true })
        #expect(rows.contains { $0["context_length"] == 0 })
        #expect(rows.contains { $0["architecture"]["output_modalities"][0] == "embeddings" })
    }

    @Test(
        "Anthropic's pages, forwards and backwards, hold every row once, unchanged",
        arguments: [1, 2, 3, 7, 9, 10, 20]
    )
    func anthropicPages(limit: Int) async throws {
        let list = try ModelList(Anthropic().catalogue, layout: .openAI)
        try await TestSimulator.run { simulator in
            func page(_ query: String) async throws -> (rows: JSONValue, ids: [String], value: JSONValue) {
                let target = "/api.anthropic.com/v1/models?limit=\(limit)\(query)"
                let answer = try await simulator.send("GET", target, Self.anthropicHeaders)
                let value = try answer.json
                let page = try ModelList(answer.body, layout: .openAI)
                for (place, id) in page.ids.enumerated() {
                    let original = try #require(list.place(of: id))
                    #expect(page.row(place).elementsEqual(list.row(original)))
                }
                return (value["data"] ?? nil, page.ids, value)
            }
            var forwards: [String] = []
            var query = ""
            while true {
                let (_, ids, value) = try await page(query)
                forwards += ids
                #expect(value["first_id"]?.stringValue == ids.first)
                #expect(value["last_id"]?.stringValue == ids.last)
                guard value["has_more"]?.boolValue == true else { break }
                query = "&after_id=\(try #require(ids.last))"
            }
            #expect(forwards == list.ids)

            var backwards: [String] = []
            query = "&before_id=\(try #require(list.ids.last))"
            while true {
                let (_, ids, value) = try await page(query)
                backwards = ids + backwards
                guard value["has_more"]?.boolValue == true else { break }
                query = "&before_id=\(try #require(ids.first))"
            }
            #expect(backwards == list.ids.dropLast())
        }
    }

    @Test("Anthropic's limit is 20 unless said, and between 1 and 1000")
    func anthropicLimit() async throws {
        try await TestSimulator.run { simulator in
            let rows = (1...45).map { "{\"type\":\"model\",\"id\":\"model-\($0)\"}" }.joined(separator: ",")
            let sent = try await simulator.send(
                "PUT",
                "/_simulator/lists/anthropic",
                body: Array("{\"data\":[\(rows)]}".utf8)
            )
            #expect(sent.status == 200)
            let target = "/api.anthropic.com/v1/models"
            let first = try await simulator.send("GET", target, Self.anthropicHeaders).json
            #expect(first["data"]?.arrayValue?.count == 20)
            #expect(first["has_more"] == true)
            #expect(first["last_id"] == "model-20")
            let last = try await simulator.send("GET", target + "?after_id=model-40", Self.anthropicHeaders).json
            #expect(last["data"]?.arrayValue?.count == 5)
            #expect(last["has_more"] == false)
            for query in ["limit=0", "limit=1001", "limit=many", "after_id=unknown"] {
                let refused = try await simulator.send("GET", "\(target)?\(query)", Self.anthropicHeaders)
                #expect(refused.status == 400)
                #expect(try refused.json["error"]["type"] == "invalid_request_error")
            }
        }
    }

    @Test("Gemini's pages hold every row once, unchanged", arguments: [1, 2, 5, 11, 12, 50, 5000])
    func geminiPages(size: Int) async throws {
        let layout = try #require(Gemini().layouts.first)
        let list = try ModelList(Gemini().catalogue, layout: layout)
        try await TestSimulator.run { simulator in
            var ids: [String] = []
            var token: String?
            repeat {
                let query = "pageSize=\(size)&key=any\(token.map { "&pageToken=\($0)" } ?? "")"
                let target = "/generativelanguage.googleapis.com/v1beta/models?\(query)"
                let answer = try await simulator.send("GET", target)
                let page = try ModelList(answer.body, layout: layout)
                for (place, id) in page.ids.enumerated() {
                    let original = try #require(list.place(of: id))
                    #expect(page.row(place).elementsEqual(list.row(original)))
                }
                ids += page.ids
                token = try answer.json["nextPageToken"]?.stringValue?.replacing("=", with: "%3D")
            } while token != nil
            #expect(ids == list.ids)
        }
    }

    @Test("Gemini's token is the provider's own form, and an unknown one is refused")
    func geminiTokens() async throws {
        try await TestSimulator.run { simulator in
            let target = "/generativelanguage.googleapis.com/v1beta/models?key=any"
            // Field 1 of a protocol buffer: the name of the last model of the page.
            let recorded = Base64.encoded([0x0A, 26] + Array("models/veo-3.0-generate-001".utf8.dropLast(1)))
            let refused = try await simulator.send("GET", "\(target)&pageToken=\(recorded)")
            #expect(refused.status == 400)
            #expect(try refused.json["error"]["status"] == "INVALID_ARGUMENT")

            let last = Base64.encoded([0x0A, 27] + Array("models/veo-3.0-generate-001".utf8))
            let empty = try await simulator.send("GET", "\(target)&pageToken=\(last)")
            #expect(empty.status == 200)
            #expect(try empty.json == .object([:]))
        }
    }

    @Test("OpenRouter's list is whole without a limit, and its links lead through all pages with one")
    func openRouterPages() async throws {
        let list = try ModelList(OpenRouter().catalogue, layout: .openAI)
        try await TestSimulator.run { simulator in
            let whole = try await simulator.send("GET", "/openrouter.ai/api/v1/models").json
            #expect(whole["links"]["next"]?.isNull == true)
            #expect(whole["total_count"]?.int64Value == Int64(list.count))

            var ids: [String] = []
            var next: String? = "/api/v1/models?limit=5"
            while let target = next {
                let answer = try await simulator.send("GET", "/openrouter.ai\(target)")
                ids += try ModelList(answer.body, layout: .openAI).ids
                #expect(try answer.json["total_count"]?.int64Value == Int64(list.count))
                next = try answer.json["links"]["next"]?.stringValue
            }
            #expect(ids == list.ids)
        }
    }

    @Test("Ollama shows details with the architecture's context length, and its models in OpenAI's shape")
    func ollama() async throws {
        try await TestSimulator.run { simulator in
            let host = "/localhost:11434"
            for name in ["llama3.2", "llama3.2:latest"] {
                let show = try await simulator.send("POST", "\(host)/api/show", json: ["model": .string(name)]).json
                #expect(show["model_info"]["llama.context_length"] == 131_072)
                #expect(show["capabilities"]?.arrayValue?.contains("tools") == true)
            }
            let byName = try await simulator.send("POST", "\(host)/api/show", json: ["name": "nomic-embed-text"]).json
            #expect(byName["capabilities"] == ["embedding"])
            let unknown = try await simulator.send("POST", "\(host)/api/show", json: ["model": "nope"])
            #expect(unknown.status == 404)
            #expect(try unknown.json == ["error": "model 'nope' not found"])

            let list = try await simulator.send("GET", "\(host)/v1/models").json
            let rows = try #require(list["data"]?.arrayValue)
            #expect(rows.count == 8)
            // 2025-05-12T22:40:07.551638479+02:00
            #expect(rows.first { $0["id"] == "qwen3:14b" }?["created"] == 1_747_082_407)
        }
    }

    @Test("Gemini's list in OpenAI's shape keeps the prefix and has no dates")
    func geminiCompatible() async throws {
        try await TestSimulator.run { simulator in
            let target = "/generativelanguage.googleapis.com/v1beta/openai/models"
            let rows = try await simulator.send("GET", target, ["authorization": "Bearer any"]).json["data"]?.arrayValue
            let row = try #require(rows?.first)
            #expect(row["id"] == "models/gemini-1.5-flash")
            #expect(row["display_name"] == "Gemini 1.5 Flash")
            #expect(row["created"] == nil)
        }
    }

    @Test("One row by its name")
    func rows() async throws {
        let key = ["authorization": "Bearer any"]
        try await TestSimulator.run { simulator in
            let openAI = try await simulator.send("GET", "/api.openai.com/v1/models/gpt-4o", key).json
            #expect(openAI["id"] == "gpt-4o")
            let escaped = "/openrouter.ai/api/v1/models/meta-llama%2Fllama-3-8b-instruct"
            #expect(try await simulator.send("GET", escaped).json["id"] == "meta-llama/llama-3-8b-instruct")
            let gemini = "/generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro?key=any"
            #expect(try await simulator.send("GET", gemini).json["displayName"] == "Gemini 2.5 Pro")
            let unknown = try await simulator.send("GET", "/api.openai.com/v1/models/nope", key)
            #expect(unknown.status == 404)
            #expect(try unknown.json["error"]["code"] == "model_not_found")
        }
    }

    @Test("A provider is found by host, by slug, by the Host header; everything else is generic")
    func routing() {
        func found(_ path: String, _ host: String? = nil) -> [String] {
            let found = SimulatedProviders.find(path: path, hostHeader: host)
            return [found.provider.slug, found.host, found.path]
        }
        #expect(found("/openrouter.ai/api/v1/models") == ["openrouter", "openrouter.ai", "/api/v1/models"])
        #expect(found("/OpenRouter.ai/api/v1/models") == ["openrouter", "openrouter.ai", "/api/v1/models"])
        #expect(found("/anthropic/v1/models") == ["anthropic", "api.anthropic.com", "/v1/models"])
        #expect(found("/localhost:11434/api/tags") == ["ollama", "localhost:11434", "/api/tags"])
        #expect(found("/ollama.com/api/tags") == ["ollama", "ollama.com", "/api/tags"])
        #expect(found("/api.groq.com/openai/v1/models") == ["groq", "api.groq.com", "/openai/v1/models"])
        #expect(found("/api.example.com/openai/v1/models") == ["generic", "api.example.com", "/openai/v1/models"])
        #expect(found("/localhost:9/v1/models") == ["generic", "localhost:9", "/v1/models"])
        #expect(found("/v1/models", "api.openai.com") == ["openai", "api.openai.com", "/v1/models"])
        #expect(found("/v1/models", "127.0.0.1:8090") == ["generic", "127.0.0.1:8090", "/v1/models"])
    }
}
