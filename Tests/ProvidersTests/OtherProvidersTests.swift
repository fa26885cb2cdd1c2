import FoundationEssentials
import HTTPTypes
import JSON
import Providers
import Testing

@Suite struct OpenAITests {
    @Test(
        arguments: [
            ("gpt-4o", ["text"], true), ("o3-mini-2025-01-31", ["text"], true),
            ("gpt-4o-audio-preview", ["text", "audio"], true),
            ("gpt-audio-mini", ["text", "audio"], true), ("gpt-4o-search-preview", ["text"], true),
            ("chatgpt-4o-latest", ["text"], true),
            ("ft:gpt-4o-mini-2024-07-18:tts:whisper:id", ["text"], true), ("gpt-3.5-turbo-1106", ["text"], true),
            ("text-embedding-3-large", ["embeddings"], false), ("text-embedding-ada-002", ["embeddings"], false),
            ("whisper-1", ["transcription"], false), ("gpt-4o-transcribe-diarize", ["transcription"], false),
            ("tts-1-hd", ["audio"], false), ("gpt-4o-mini-tts-2025-12-15", ["audio"], false),
            ("dall-e-3", ["image"], false),
            ("gpt-image-1.5", ["image"], false), ("chatgpt-image-latest", ["image"], false),
            ("sora-2-pro", ["video"], false),
            ("omni-moderation-latest", ["moderation"], false), ("gpt-realtime-mini", ["text", "audio"], false),
            ("gpt-4o-realtime-preview-2024-10-01", ["text", "audio"], false), ("davinci-002", ["text"], false),
            ("gpt-3.5-turbo-instruct-0914", ["text"], false),
        ] as [(String, [String], Bool)]
    ) func tellsWhatCanChat(_ id: String, _ outputs: [String], _ canChat: Bool) throws {
        let model = try readOne(
            .openAI,
            #"{"object":"list","data":[{"id":"\#(id)","object":"model","created":1,"owned_by":"system"}]}"#
        )
        #expect(model.outputModalities == outputs)
        #expect(model.canChat == canChat)
        // The list says nothing of it.
        #expect([.estimated, .curated].contains(model.origin(of: .outputModalities)))
        for price in PriceField.allCases where model.pricing[price] != nil {
            #expect(model.origin(of: price.field) == .curated)
        }
        #expect(model.contextLength == nil || model.origin(of: .contextLength) == .curated)
        #expect(model.metadata["owned_by"] == "system")
    }
}

@Suite struct AnthropicTests {
    @Test func asksForTheNextPageWithItsCursor() throws {
        var run = ListingRun(ProviderDefinition.anthropic.listing, context: ListingContext(host: "api.anthropic.com"))
        #expect(run.next?.query == [QueryParameter("limit", "1000")])
        let first =
            #"{"data":[{"type":"model","id":"claude-a","display_name":"A"}],"has_more":true,"first_id":"claude-a","last_id":"claude-a"}"#
        try run.read(ListingResponse(body: Array(first.utf8)))
        #expect(run.next?.parameter("after_id") == "claude-a")
        #expect(run.next?.parameter("limit") == "1000")
        try run.read(ListingResponse(body: Array(#"{"data":[],"has_more":false,"first_id":null,"last_id":null}"#.utf8)))
        let list = try run.result()
        #expect(list.models.map(\.name) == ["A"])
        #expect(list.models.first?.canChat == true)
        #expect(list.models.first?.supportsVision == nil)
    }

    @Test(arguments: [
        #"{"data":[{"id":"a"}],"has_more":true}"#, #"{"data":[{"id":"a"}],"has_more":true,"last_id":null}"#,
        #"{"data":[{"id":"a"}],"has_more":true,"last_id":""}"#,
        #"{"data":[{"id":"a"}],"has_more":"yes","last_id":"a"}"#,
        #"{"data":[],"has_more":true,"last_id":"a"}"#,
    ]) func moreWithoutACursorIsAnError(_ page: String) throws {
        let error = try #require(throws: ListingError.self) { try read(.anthropic, page) }
        #expect(error.code == .brokenPaging)
    }

    @Test func readsLimitsAndCapabilitiesWhereThereAreSome() throws {
        let model = try readOne(
            .anthropic,
            #"""
            {"data":[{"type":"model","id":"claude-opus-5","display_name":"Claude Opus 5","created_at":"2026-01-02T00:00:00Z",
              "max_input_tokens":1000000,"max_tokens":128000,"capabilities":{"image_input":{"supported":true},
              "pdf_input":{"supported":true},"thinking":{"supported":true},"structured_outputs":{"supported":false},
              "batch":{"supported":true},"effort":null}}],"has_more":false}
            """#
        )
        #expect(model.contextLength == 1_000_000)
        #expect(model.maxOutputTokens == 128_000)
        #expect(model.modality == "text+image+file->text")
        #expect(model.supportsVision == true)
        #expect(model.supportsReasoning == true)
        #expect(model.supportsJSONSchema == false)
        #expect(model.supportsTools == nil)
        #expect(model.features == ["image_input", "pdf_input", "thinking", "batch"])
        #expect(model.metadata["created_at"] == "2026-01-02T00:00:00Z")
    }
}

@Suite struct GeminiTests {
    private func row(_ id: String, _ methods: String...) -> String {
        let list = methods.map { "\"\($0)\"" }.joined(separator: ",")
        return
            #"{"name":"models/\#(id)","displayName":"\#(id)","inputTokenLimit":1048576,"outputTokenLimit":65536,"supportedGenerationMethods":[\#(list)]}"#
    }

    @Test func chatIsWhatGeneratesContent() throws {
        let list = try read(
            .gemini,
            """
            {"models":[\(self.row("gemini-2.5-flash", "generateContent", "countTokens")),
            \(self.row("gemini-2.5-flash-image", "generateContent")),\(self.row("gemini-2.5-pro-preview-tts", "generateContent")),
            \(self.row("gemini-embedding-001", "embedContent")),\(self.row("imagen-4.0-generate-001", "predict")),
            \(self.row("veo-3.0-generate-001", "predictLongRunning")),\(self.row("aqa", "generateAnswer")),
            \(self.row("gemini-2.5-flash-native-audio-latest", "countTokens", "bidiGenerateContent"))]}
            """
        )
        #expect(list.models.map(\.providerModelID).first == "gemini-2.5-flash")
        #expect(
            list.models.map(\.outputModalities) == [
                ["text"], ["text", "image"], ["audio"], ["embeddings"], ["image"], ["video"], ["text"],
                ["text", "audio"],
            ]
        )
        #expect(list.models.map(\.canChat) == [true, true, false, false, false, false, false, false])
        #expect(list.models.first?.contextLength == 1_048_576)
        #expect(list.models.first?.origin(of: .outputModalities) == .api)
    }

    @Test func asksForTheNextPageWithItsToken() throws {
        var run = ListingRun(ProviderDefinition.gemini.listing, context: ListingContext(host: "g"))
        try run.read(
            ListingResponse(
                body: Array(#"{"models":[\#(self.row("a", "generateContent"))],"nextPageToken":"Ch/x=="}"#.utf8)
            )
        )
        #expect(run.next?.parameter("pageToken") == "Ch/x==")
        #expect(run.next?.parameter("pageSize") == "1000")
        #expect(throws: ListingError.self) { try run.result() }
        let same = #"{"models":[\#(self.row("b", "generateContent"))],"nextPageToken":"Ch/x=="}"#
        let error = try #require(throws: ListingError.self) { try run.read(ListingResponse(body: Array(same.utf8))) }
        #expect(error.code == .brokenPaging)
    }
}

@Suite struct OllamaTests {
    private let tags = #"""
        {"models":[{"name":"qwen3:latest","model":"qwen3:latest","modified_at":"2025-05-17T15:10:26Z","size":9276198324,
          "digest":"7d7d","details":{"parent_model":"","format":"gguf","family":"qwen3","families":null,
          "parameter_size":"14.8B","quantization_level":"Q4_K_M"}}]}
        """#

    @Test func localModelsCostNothingAndAreNoFreeTier() throws {
        let model = try readOne(.ollama, self.tags, host: "localhost")
        #expect(model.pricing.prompt == 0)
        #expect(model.pricing.completion == 0)
        #expect(model.origin(of: .pricingPrompt) == .curated)
        #expect(model.tags == [ModelTag.local])
        #expect(model.sizeB?.description == "14.8")
        #expect(model.origin(of: .sizeB) == .api)
        #expect(model.family == "qwen3")
        #expect(model.contextLength == nil)
        #expect(model.metadata["size"] == 9_276_198_324)
    }

    @Test func modelsInTheCloudHaveNoKnownPrice() throws {
        let cloud = try readOne(.ollama, self.tags, host: "ollama.com")
        #expect(cloud.pricing == ModelPricing())
        #expect(cloud.tags == [ModelTag.cloud])
        let passedOn = try readOne(
            .ollama,
            #"{"models":[{"model":"gpt-oss:120b-cloud","remote_model":"gpt-oss:120b","remote_host":"https://ollama.com:443"}]}"#
        )
        #expect(passedOn.pricing == ModelPricing())
        #expect(passedOn.tags == [ModelTag.cloud])
    }

    @Test func noModelsIsAListToo() throws {
        #expect(try read(.ollama, #"{"models":[]}"#).models.isEmpty)
    }

    @Test func asksWhatEachModelCanDo() throws {
        let followUp = try #require(ProviderDefinition.ollama.listing.followUp)
        let model = try readOne(.ollama, self.tags)
        let request = followUp.request([model])
        #expect(request.method == .post)
        #expect(request.reference == "../api/show")
        #expect(try JSONValue(parsing: request.body) == ["model": "qwen3:latest"])
        let answer = #"""
            {"details":{"family":"qwen3"},"model_info":{"general.architecture":"qwen3","general.parameter_count":32762123264,
             "qwen3.context_length":40960,"tokenizer.ggml.tokens":null},"capabilities":["completion","tools","vision"]}
            """#
        let described = try #require(try followUp.read(ListingResponse(body: Array(answer.utf8)), about: [model]).first)
        #expect(described.contextLength == 40_960)
        #expect(described.modality == "text+image->text")
        #expect(described.supportsTools == true)
        #expect(described.supportsVision == true)
        #expect(described.supportsReasoning == false)
        #expect(described.canChat == true)
        #expect(described.sizeB?.description == "14.8")
        let embedding = #"{"model_info":{},"capabilities":["embedding"]}"#
        #expect(try followUp.read(ListingResponse(body: Array(embedding.utf8)), about: [model]).first?.canChat == false)
        let unknown = try followUp.read(ListingResponse(body: Array("{}".utf8)), about: [model])
        #expect(unknown == [model])
    }

    @Test(arguments: ["[]", "null", "\"no\"", #"{"error":"model 'x' not found"}"#, ""]) func aFailedAnswerIsAnError(
        _ body: String
    ) throws {
        let followUp = try #require(ProviderDefinition.ollama.listing.followUp)
        let model = try readOne(.ollama, self.tags)
        #expect(throws: ListingError.self) {
            try followUp.read(ListingResponse(body: Array(body.utf8)), about: [model])
        }
    }
}

@Suite struct OpenAICompatibleTests {
    @Test(arguments: [
        #"{"object":"list","data":[{"id":"m","max_model_len":32768,"owned_by":"vllm"}]}"#,
        #"{"models":[{"name":"m"}],"object":"list","data":[{"id":"m","meta":{"n_ctx_train":32768},"owned_by":"llamacpp"}]}"#,
        #"[{"id":"m","context_length":"32768"}]"#, #"{"models":[{"model":"m","context_window":32768}]}"#,
        #"{"data":[{"id":"m","context_length":0,"max_context_length":32768}]}"#,
    ]) func readsTheShapesOfLocalServers(_ body: String) throws {
        let model = try readOne(.openAICompatible, body)
        #expect(model.providerModelID == "m")
        #expect(model.contextLength == 32_768)
        #expect(model.canChat == nil)
    }

    @Test func takesNoPriceWhoseUnitNobodyStated() throws {
        let model = try readOne(
            .openAICompatible,
            #"{"data":[{"id":"nomic-embed-text","pricing":{"prompt":"0.5","input":3}}]}"#
        )
        #expect(model.pricing == ModelPricing())
        #expect(model.metadata["pricing"]?["input"] == 3)
        #expect(model.canChat == false)
    }
}
