import HTTPTypes
import Providers
import Secrets
import Testing

@Suite struct DestinationTests {
    private func resolve(
        _ reference: String = "models",
        _ definition: ProviderDefinition = .openRouter,
        slug: String? = nil,
        row: String? = nil,
        _ environment: [String: String] = [:]
    ) throws -> Destination {
        try Destination.resolve(
            reference,
            slug: slug ?? definition.slug,
            rowBaseURL: row,
            definition: definition,
            policy: DestinationPolicy(environment: environment)
        )
    }

    @Test(arguments: ProviderCatalog.all.map(\.slug)) func listsAreWhereTheProvidersSay(_ slug: String) throws {
        let expected = [
            "openrouter": "https://openrouter.ai/api/v1/models", "openai": "https://api.openai.com/v1/models",
            "anthropic": "https://api.anthropic.com/v1/models?limit=1000",
            "gemini": "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
            "ollama": "http://localhost:11434/api/tags", "openai-compatible": "http://localhost:8000/v1/models",
            "deepinfra": "https://api.deepinfra.com/v1/openai/models",
            "featherless": "https://api.featherless.ai/v1/models?page=1&per_page=1000",
            "groq": "https://api.groq.com/openai/v1/models",
            "fireworks": "https://api.fireworks.ai/inference/v1/models",
            "together": "https://api.together.xyz/v1/models",
            "huggingface": "https://router.huggingface.co/v1/models", "xai": "https://api.x.ai/v1/language-models",
            "cerebras": "https://api.cerebras.ai/public/v1/models",
            "vertex": "https://aiplatform.googleapis.com/v1beta1/publishers/google/models?pageSize=100",
            "nebius": "https://api.tokenfactory.nebius.com/v1/models?verbose=true",
            "novita": "https://api.novita.ai/openai/v1/models",
            "helicone": "https://jawn.helicone.ai/v1/public/model-registry/models",
            "aihubmix": "https://aihubmix.com/api/v1/models",
            "anannas": "https://api.anannas.ai/v1/models?details=true",
            "aimo": "https://beta.aimo.network/api/v1/models",
            "near": "https://cloud-api.near.ai/v1/model/list?limit=100&offset=0",
            "chutes": "https://llm.chutes.ai/v1/models",
            "alibaba": "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/models",
            "fal": "https://api.fal.ai/v1/models?limit=100", "vercel": "https://ai-gateway.vercel.sh/v1/models",
            "vllm": "http://localhost:8000/v1/models", "llama-cpp": "http://localhost:8080/v1/models",
            "lm-studio": "http://localhost:1234/api/v0/models",
        ]
        let definition = try #require(ProviderCatalog.definition(slug: slug, adapter: nil))
        let request = try #require(definition.listing.sources.first?.first)
        let destination = try Destination.resolve(
            request,
            slug: slug,
            rowBaseURL: nil,
            definition: definition,
            policy: DestinationPolicy()
        )
        #expect(destination.url == expected[slug])
        #expect(destination.mayCarryKey == (!definition.isTemplate && slug != "helicone"))
        let chat = try self.resolve(definition.chat.path, definition)
        #expect(chat.url == definition.baseURL + (definition.chat.speaksOpenAI ? "/chat/completions" : ""))
    }

    @Test(arguments: [
        "https://evil.example/v1", "http://openrouter.ai/api/v1", "https://openrouter.ai:8443/api/v1",
        "https://openrouter.ai.evil.example",
        "https://evil-openrouter.ai", "http://localhost:9999",
        "https://xn--openrouter.ai",
    ]) func aRowCannotSendTheKeyElsewhere(_ row: String) throws {
        let destination = try self.resolve(row: row)
        #expect(!destination.mayCarryKey)
        #expect(destination.keyRefusal?.contains("ROSTER_PROVIDER_HOSTS") == true)
        #expect(destination.url.hasPrefix(row))
        let through = try self.resolve(row: row, ["ROSTER_EGRESS_URL": "http://relay:7000"])
        #expect(!through.mayCarryKey)
    }

    @Test(arguments: [
        "https://openrouter.ai@evil.example/v1", "https://user:password@openrouter.ai",
        "https://openrouter.ai\\@evil.example/v1",
        "https://evil.example#@openrouter.ai", "file:///etc/passwd", "ftp://openrouter.ai", "openrouter.ai/api/v1",
        "https://",
        "https:///api", "https://open router.ai", "https://openrouter.ai:0", "https://openrouter.ai:65536",
        "https://openrouter.ai:",
        "https://openrouter.ai:8a", "https://open%72outer.ai", "https://öpenrouter.ai", "https://openrouter.ai/\u{0}",
        "https://[::1",
        "https://a..b", "https://openrouter.ai./api", "https://openrouter.ai/api?key=1", "javascript://x",
        "https://openrouter.ai\r\nHost: evil",
    ]) func anUnclearAddressIsRefused(_ row: String) throws {
        let error = try #require(throws: DestinationError.self) { try self.resolve(row: row) }
        #expect(error.code == .badAddress)
    }

    @Test(arguments: [
        ("https://openrouter.ai/api/v1/", "https://openrouter.ai/api/v1/models"),
        ("HTTPS://OpenRouter.AI:443/api/v1", "https://openrouter.ai/api/v1/models"),
        ("https://openrouter.ai", "https://openrouter.ai/models"),
        ("https://openrouter.ai/a/../b/./c", "https://openrouter.ai/b/c/models"),
        ("https://openrouter.ai/../../..", "https://openrouter.ai/models"),
    ]) func addressesAreWrittenAnew(_ row: String, _ url: String) throws {
        let destination = try self.resolve(row: row)
        #expect(destination.url == url)
        #expect(destination.mayCarryKey)
    }

    @Test func theOperatorAllowsHosts() throws {
        let settings = ["ROSTER_PROVIDER_HOSTS": "llm.example.com, 10.0.0.7:8000 [::1]:9000"]
        #expect(try self.resolve(row: "https://llm.example.com/v1", settings).mayCarryKey)
        #expect(try self.resolve(row: "http://LLM.example.com:81/v1", settings).mayCarryKey)
        #expect(try self.resolve(row: "http://10.0.0.7:8000/v1", settings).mayCarryKey)
        #expect(try self.resolve(row: "http://[::1]:9000/v1", settings).mayCarryKey)
        #expect(try !self.resolve(row: "http://10.0.0.7/v1", settings).mayCarryKey)
        #expect(try !self.resolve(row: "https://sub.llm.example.com/v1", settings).mayCarryKey)
    }

    @Test(arguments: ["*.example.com", "https://x", "a b/c", "host:99999", "user@host"]) func aBadHostSettingIsNamed(
        _ value: String
    ) throws {
        let error = try #require(throws: DestinationError.self) {
            try DestinationPolicy(environment: ["ROSTER_PROVIDER_HOSTS": value])
        }
        #expect(error.code == .badSetting)
        #expect(error.description.contains("ROSTER_PROVIDER_HOSTS"))
    }

    @Test func theEnvironmentOverridesTheRow() throws {
        let settings = ["OPENROUTER_BASE_URL": "http://relay.internal:8080/or/v1/"]
        let destination = try self.resolve(row: "https://evil.example", settings)
        #expect(destination.url == "http://relay.internal:8080/or/v1/models")
        #expect(destination.mayCarryKey)
        #expect(try self.resolve("../api/tags", row: nil, settings).url == "http://relay.internal:8080/or/api/tags")
        #expect(try !self.resolve("https://other.example/models", .openRouter, settings).mayCarryKey)
        let error = try #require(throws: DestinationError.self) {
            try self.resolve(["OPENROUTER_BASE_URL": "nonsense"])
        }
        #expect(error.description.contains("OPENROUTER_BASE_URL"))
        let own = ["MY_VLLM_BASE_URL": "http://gpu:8000/v1"]
        #expect(try self.resolve("models", .openAICompatible, slug: "my-vllm", own).url == "http://gpu:8000/v1/models")
    }

    private func resolve(_ environment: [String: String]) throws -> Destination {
        try self.resolve("models", .openRouter, environment)
    }

    @Test(arguments: [
        ("127.0.0.1", "http://127.0.0.1:11434/api/tags"), ("0.0.0.0:9000", "http://127.0.0.1:9000/api/tags"),
        ("0.0.0.0", "http://127.0.0.1:11434/api/tags"), (":7777", "http://localhost:7777/api/tags"),
        ("http://gpu:11434/", "http://gpu:11434/api/tags"), ("https://ollama.com", "https://ollama.com/api/tags"),
        ("gpu", "http://gpu:11434/api/tags"), ("[::1]", "http://[::1]:11434/api/tags"),
        ("[::1]:5", "http://[::1]:5/api/tags"),
        ("http://gpu/ollama", "http://gpu/ollama/api/tags"),
    ]) func ollamaIsFoundWhereItsOwnVariableSays(_ value: String, _ url: String) throws {
        #expect(try self.resolve("../api/tags", .ollama, ["OLLAMA_HOST": value]).url == url)
        #expect(
            try self.resolve("../api/tags", .ollama, slug: "other", ["OLLAMA_HOST": value]).url
                == "http://localhost:11434/api/tags"
        )
        let both = ["OLLAMA_HOST": value, "OLLAMA_BASE_URL": "http://b:1/v1"]
        #expect(try self.resolve("../api/tags", .ollama, both).url == "http://b:1/api/tags")
    }

    @Test func egressTakesAllTraffic() throws {
        let settings = ["ROSTER_EGRESS_URL": "http://127.0.0.1:7000/relay/"]
        let destination = try self.resolve(settings)
        #expect(destination.url == "http://127.0.0.1:7000/relay/openrouter.ai/api/v1/models")
        #expect(destination.provider.host == "openrouter.ai")
        #expect(destination.mayCarryKey)
        #expect(
            try self.resolve("../api/tags", .ollama, settings).url
                == "http://127.0.0.1:7000/relay/localhost:11434/api/tags"
        )
        let paged = try Destination.resolve(
            "models",
            query: [QueryParameter("after_id", "a b&c=d/é")],
            slug: "anthropic",
            rowBaseURL: nil,
            definition: .anthropic,
            policy: DestinationPolicy(environment: settings)
        )
        #expect(paged.url == "http://127.0.0.1:7000/relay/api.anthropic.com/v1/models?after_id=a%20b%26c%3Dd%2F%C3%A9")
    }

    @Test(arguments: ["//evil.example/x", "models?x=1", "a b", "a\\b", "m#x", "é"]) func aReferenceIsAPath(
        _ reference: String
    ) {
        #expect(throws: DestinationError.self) { try self.resolve(reference) }
    }
}

@Suite struct KeyPolicyTests {
    @Test func aProviderHasItsConventionalVariables() throws {
        #expect(
            try KeyPolicy.variables(slug: "gemini", rowVariable: "", definition: .gemini)
                == ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"]
        )
        #expect(
            try KeyPolicy.variables(slug: "gemini", rowVariable: "GOOGLE_API_KEY", definition: .gemini).first
                == "GOOGLE_API_KEY"
        )
        #expect(
            try KeyPolicy.variables(slug: "my-vllm", rowVariable: nil, definition: .openAICompatible) == [
                "MY_VLLM_API_KEY"
            ]
        )
        #expect(
            try KeyPolicy.variables(slug: "my-vllm", rowVariable: "GPU_TOKEN", definition: .openAICompatible) == [
                "GPU_TOKEN"
            ]
        )
    }

    @Test(arguments: [
        "DATABASE_URL", "PATH", "HOME", "ADMIN_API_KEY", "ROSTER_API_KEY", "IIR_API_KEY", "ROSTER_REDIS_KEY",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY", "lower_api_key", "A B_API_KEY", "X_API_KEY\u{0}", "AWS_SECRET_ACCESS",
    ]) func aRowCannotNameAnyVariable(_ variable: String) {
        #expect(throws: KeyVariableError.self) {
            try KeyPolicy.variables(slug: "my-vllm", rowVariable: variable, definition: .openAICompatible)
        }
        #expect(throws: KeyVariableError.self) {
            try KeyPolicy.variables(slug: "openrouter", rowVariable: variable, definition: .openRouter)
        }
    }

    @Test func changingTheAdapterOfARowGivesItsKeyToNobody() {
        #expect(throws: KeyVariableError.self) {
            try KeyPolicy.variables(slug: "openai", rowVariable: nil, definition: .openRouter)
        }
        #expect(throws: KeyVariableError.self) {
            try KeyPolicy.variables(slug: "openai", rowVariable: "OPENAI_API_KEY", definition: .openAICompatible)
        }
    }

    @Test func keysAreCarriedAsEachProviderWants() {
        let key = Secret("k-1")
        #expect(Authentication.bearer.fields(key: key)[.authorization] == "Bearer k-1")
        #expect(Authentication.scheme("Key").fields(key: key)[.authorization] == "Key k-1")
        #expect(Authentication.none.fields(key: key).isEmpty)
        let anthropic = ProviderDefinition.anthropic.listing.authentication
        let fields = anthropic.fields(key: key).map { "\($0.name.canonicalName): \($0.value)" }
        #expect(fields == ["anthropic-version: 2023-06-01", "x-api-key: k-1"])
        #expect(anthropic.fields(key: nil).map(\.name.canonicalName) == ["anthropic-version"])
        let gemini = ProviderDefinition.gemini.listing.authentication.fields(key: key)
        #expect(gemini.map { "\($0.name.canonicalName): \($0.value)" } == ["x-goog-api-key: k-1"])
        #expect(gemini.first?.indexingStrategy == .disallow)
    }
}
