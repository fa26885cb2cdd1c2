import FoundationEssentials
import HTTPTypes
import JSON
import Providers
import Testing

/// Every provider's list in its documented shape, and what is particular about some of them.
@Suite struct FixtureTests {
    private func read(_ slug: String, source: Int = 0, _ text: String? = nil) throws -> ListedModels {
        let definition = try #require(ProviderCatalog.definition(slug: slug, adapter: nil))
        let list = try text ?? #require(Fixture.all.first { $0.slug == slug }).list
        return try ProvidersTests.read(definition, source: source, Array(list.utf8))
    }

    private func model(_ slug: String, _ id: String) throws -> ListedModel {
        try #require(try self.read(slug).models.first { $0.providerModelID == id })
    }

    @Test func everyProviderHasAFixture() {
        #expect(Set(Fixture.all.map(\.slug)) == Set(ProviderCatalog.all.map(\.slug)))
        #expect(ProviderCatalog.seeded.count == 25)
    }

    @Test(arguments: Fixture.all) func pricesAreExact(_ fixture: Fixture) throws {
        let list = try self.read(fixture.slug)
        #expect(list.skipped.isEmpty)
        #expect(list.models.map(\.providerModelID) == fixture.prices.map(\.id))
        for (model, expected) in zip(list.models, fixture.prices) {
            #expect(model.pricing.prompt?.description ?? "" == expected.prompt, "\(expected.id)")
            #expect(model.pricing.completion?.description ?? "" == expected.completion, "\(expected.id)")
        }
    }

    @Test func twoEndpointsMakeOneList() throws {
        let definition = ProviderDefinition.xAI
        var run = ListingRun(definition.listing, context: ListingContext(host: "api.x.ai"))
        let languages = #"{"models":[{"id":"grok-4-0709","aliases":["grok-4"],"prompt_text_token_price":30000}]}"#
        let images = #"{"models":[{"id":"grok-2-image-1212","max_prompt_length":1024,"image_price":7}]}"#
        let all = #"""
            {"data":[{"id":"grok-4","context_length":256000},{"id":"grok-2-image-1212"},{"id":"grok-new"}],"object":"list"}
            """#
        for page in [languages, images, all] { try run.read(ListingResponse(body: Array(page.utf8))) }
        let list = try run.result()
        #expect(list.models.map(\.providerModelID) == ["grok-4-0709", "grok-2-image-1212", "grok-new"])
        // An alias is its model.
        #expect(list.models.first?.contextLength == 256_000)
        #expect(list.models.first?.pricing.prompt?.description == "0.000003")
        #expect(list.models[1].outputModalities == ["image"])
        #expect(list.models[1].pricing == ModelPricing())
        #expect(list.models[1].remarks[.pricingImage] != nil)
        #expect(list.rowCount == list.models.count + list.skipped.count)
        #expect(list.skipped.isEmpty)
    }

    @Test func anEndpointThatIsNotThereIsNotTheList() throws {
        let plain = Array(#"{"data":[{"id":"grok-3"}],"object":"list"}"#.utf8)
        let list = try ProvidersTests.read(.xAI, source: 2, plain)
        #expect(list.models.map(\.providerModelID) == ["grok-3"])
        #expect(list.notes.count == 2)
        #expect(list.isComplete)
        // A failure of the provider's own is not an absence.
        for status in [500, 503, 429, 400, 302] {
            var run = ListingRun(ProviderDefinition.xAI.listing, context: ListingContext(host: "x"))
            #expect(throws: ListingError.self) { try run.read(ListingResponse(status: status, body: [])) }
        }
        // None of them is.
        var run = ListingRun(ProviderDefinition.xAI.listing, context: ListingContext(host: "x"))
        while run.next != nil { try run.read(ListingResponse(status: 403, body: [])) }
        let error = try #require(throws: ListingError.self) { try run.result() }
        #expect(error.code == .refused)
        #expect(error.status == 403)
    }

    @Test func whatOnlyDescribesMayFail() throws {
        for answer in [ListingResponse(status: 500, body: []), ListingResponse(body: Array("<html>".utf8))] {
            var run = ListingRun(ProviderDefinition.deepInfra.listing, context: ListingContext(host: "x"))
            try run.read(ListingResponse(body: Array(#"{"data":[{"id":"a","metadata":null}]}"#.utf8)))
            #expect(run.canSkipNext)
            try run.read(answer)
            #expect(try run.result().models.count == 1)
            #expect(try run.result().notes.count == 1)
        }
    }

    @Test func deepInfraSaysBesideWhatModelsAreFor() throws {
        var run = ListingRun(ProviderDefinition.deepInfra.listing, context: ListingContext(host: "x"))
        let compatible = #"""
            {"data":[{"id":"Bria/fibo","metadata":null},{"id":"a/b","metadata":null},
            {"id":"c/d","metadata":{"pricing":{"input_tokens":0.5,"output_tokens":1}}}]}
            """#
        let native = #"""
            [{"model_name":"Bria/fibo","reported_type":"text-to-image","deprecated":null,"pricing":{"type":"image_units",
            "cents_per_image_unit":4}},{"model_name":"a/b","reported_type":"text-generation","max_tokens":8192,
            "deprecated":1767225600,"replaced_by":"c/d","pricing":{"type":"tokens","cents_per_input_token":0.0001,
            "cents_per_output_token":3e-5}},{"model_name":"c/d","pricing":{"type":"tokens","cents_per_input_token":9}},
            {"model_name":"not/listed"}]
            """#
        for page in [compatible, native] { try run.read(ListingResponse(body: Array(page.utf8))) }
        let list = try run.result()
        #expect(list.models.count == 3)
        #expect(list.rowCount == 3)
        #expect(list.models[0].outputModalities == ["image"])
        #expect(list.models[0].pricing == ModelPricing())
        #expect(list.models[1].pricing.prompt?.description == "0.000001")
        #expect(list.models[1].pricing.completion?.description == "0.0000003")
        #expect(list.models[1].tags.contains(ModelTag.deprecated))
        #expect(list.models[1].successor == "c/d")
        // What the list itself says stays.
        #expect(list.models[2].pricing.prompt?.description == "0.0000005")
    }

    @Test func fireworksIsDescribedByItsControlPlane() throws {
        var run = ListingRun(ProviderDefinition.fireworks.listing, context: ListingContext(host: "x"))
        let id = "accounts/fireworks/models/deepseek-v3p2"
        try run.read(ListingResponse(body: Array(#"{"data":[{"id":"\#(id)","supports_chat":true}]}"#.utf8)))
        #expect(run.next?.query.first == QueryParameter("pageSize", "200"))
        let page = #"""
            {"models":[{"name":"\#(id)","displayName":"DeepSeek V3.2","contextLength":163840,"supportsTools":true,
            "deprecationDate":{"year":2027,"month":1,"day":31},"baseModelDetails":{"parameterCount":"671000000000"}}],
            "nextPageToken":"t"}
            """#
        try run.read(ListingResponse(body: Array(page.utf8)))
        #expect(run.next?.parameter("pageToken") == "t")
        try run.read(ListingResponse(body: Array("{}".utf8)))
        let model = try #require(try run.result().models.first)
        #expect(model.name == "DeepSeek V3.2")
        #expect(model.contextLength == 163_840)
        #expect(model.supportsTools == true)
        #expect(model.deprecationDate?.description == "2027-01-31")
        #expect(model.sizeB == 671)
        #expect(model.canonicalName == "deepseek-v3-2")
    }

    @Test func theCheapestLiveOfferCounts() throws {
        let list = try self.read("huggingface")
        let model = list.models[0]
        #expect(model.metadata["pricing_of"] == "cheap")
        #expect(model.tags == [ModelTag.dynamicPricing])
        #expect(model.contextLength == 8192)
        #expect(model.supportsTools == true)
        #expect(model.metadata["providers"]?.arrayValue?.count == 4)
        #expect(list.models.map(\.isActive) == [true, false, nil])
        let free = try self.read(
            "huggingface",
            #"{"data":[{"id":"a","providers":[{"provider":"x","is_free":true,"pricing":{"input":0,"output":0}}]}]}"#
        )
        #expect(free.models[0].pricing.prompt == 0)
        #expect(free.models[0].tags == [ModelTag.free])
        let zero = try self.read(
            "huggingface",
            #"{"data":[{"id":"a","providers":[{"provider":"x","pricing":{"input":0,"output":0}}]}]}"#
        )
        #expect(zero.models[0].pricing.prompt == nil)
        #expect(zero.models[0].remarks[.pricingPrompt] != nil)
    }

    @Test func whatIsNotBilledByTheTokenHasNoPrice() throws {
        #expect(try self.model("together", "c/sonic").remarks[.pricingPrompt]?.contains("billed") == true)
        #expect(try self.model("together", "c/sonic").outputModalities == ["audio"])
        #expect(try self.model("together", "b/flux").canChat == false)
        #expect(try self.model("aihubmix", "dall-e-3").remarks[.pricingPrompt]?.contains("billed") == true)
        #expect(try self.model("aihubmix", "dall-e-3").canChat == false)
        #expect(try self.model("vercel", "bfl/flux").pricing.image?.description == "0.08")
        #expect(try self.model("vercel", "bfl/flux").contextLength == nil)
    }

    @Test func limitsAndAbilitiesAreRead() throws {
        let gpt = try self.model("aihubmix", "gpt-5")
        #expect(gpt.maxOutputTokens == 128_000)
        #expect(gpt.contextLength == 400_000)
        #expect(gpt.modality == "text+image->text")
        #expect([gpt.supportsTools, gpt.supportsReasoning, gpt.supportsJSONSchema] == [true, true, false])
        let gemini = try self.model("vercel", "google/gemini-3-pro")
        #expect(gemini.modality == "text+image+file->text")
        #expect(gemini.supportsTools == true)
        #expect(gemini.pricing.cacheRead?.description == "0.0000002")
        let cerebras = try self.model("cerebras", "a")
        #expect(cerebras.modality == "text+image->text")
        #expect([cerebras.supportsTools, cerebras.supportsVision, cerebras.supportsReasoning] == [true, true, nil])
        #expect(cerebras.tags == [ModelTag.deprecated])
        let kimi = try self.model("nebius", "a/Kimi")
        #expect(kimi.supportsVision == true)
        #expect(kimi.pricing.image == nil)
        #expect(try self.model("nebius", "b/Embedding-8B").outputModalities == ["embeddings"])
        #expect(try self.read("novita").models.map(\.isActive) == [true, true, false])
        #expect(try self.model("near", "a/GLM").aliases == ["glm"])
        #expect(try self.model("near", "b").remarks[.pricingPrompt]?.contains("EUR") == true)
        #expect(try self.model("xai", "grok-x").aliases == ["grok-latest"])
        #expect(try self.model("groq", "x").isActive == false)
        #expect(try self.model("groq", "whisper-large-v3").canChat == false)
        #expect(try self.model("fireworks", "accounts/fireworks/models/flux-1-dev-fp8").outputModalities == ["image"])
        #expect(try self.model("vertex", "google/timesfm").canChat == false)
        #expect(try self.model("fal", "fal-ai/flux/dev").modality == "text->image")
        #expect(try self.read("fal").models.allSatisfy { $0.canChat == false })
    }

    @Test func chutesReadsBothOfItsShapes() throws {
        let list = try self.read("chutes")
        #expect(list.models[0].pricing.cacheRead?.description == "0.000000052")
        #expect(list.models[0].contextLength == 40_960)
        #expect(list.models[1].contextLength == nil)
    }

    @Test func aPlanThatLacksAModelSwitchesItOff() throws {
        let list = try self.read(
            "featherless",
            #"{"data":[{"id":"a","available_on_current_plan":false},{"id":"b","available_on_current_plan":true},{"id":"c"}]}"#
        )
        #expect(list.models.map(\.isActive) == [false, nil, nil])
    }

    @Test func numberedPagesGoOnAsFarAsTheTotal() throws {
        func page(_ range: ClosedRange<Int>, total: Int?) -> ListingResponse {
            let rows = range.map { #"{"id":"m\#($0)"}"# }.joined(separator: ",")
            let tail = total.map { #","pagination":{"total":\#($0)}"# } ?? ""
            return ListingResponse(body: Array(#"{"data":[\#(rows)]\#(tail)}"#.utf8))
        }
        // A server that sends fewer at once than it was asked for.
        var capped = ListingRun(ProviderDefinition.featherless.listing, context: ListingContext(host: "x"))
        try capped.read(page(1...100, total: 250))
        #expect(capped.next?.parameter("page") == "2")
        try capped.read(page(101...200, total: 250))
        try capped.read(page(201...250, total: 250))
        #expect(try capped.result().models.count == 250)
        #expect(try capped.result().isComplete)
        // One that knows no pages.
        var whole = ListingRun(ProviderDefinition.featherless.listing, context: ListingContext(host: "x"))
        try whole.read(page(1...7206, total: nil))
        #expect(whole.next == nil)
        #expect(try whole.result().models.count == 7206)
    }

    @Test func vertexHasModelsWhereItsListIsNotOffered() throws {
        var run = ListingRun(ProviderDefinition.vertex.listing, context: ListingContext(host: "x"))
        try run.read(ListingResponse(status: 404, body: []))
        let list = try run.result()
        #expect(list.models.map(\.providerModelID).contains("google/gemini-2.5-pro"))
        #expect(list.models.allSatisfy { $0.origin(of: .name) == .curated && $0.pricing.prompt != nil })
        // Nothing may be taken for withdrawn because of it.
        #expect(!list.isComplete)
        #expect(list.notes.count == 1)
    }

    @Test func falPricesAreInTheirOwnUnits() throws {
        let followUp = try #require(ProviderDefinition.fal.listing.followUp)
        #expect(followUp.needsKey)
        #expect(followUp.batch == 50)
        let models = ["a", "b", "c", "d"].map { ListedModel(providerModelID: $0) }
        #expect(followUp.request(models).query == [QueryParameter("endpoint_id", "a,b,c,d")])
        let answer = #"""
            {"prices":[{"endpoint_id":"a","unit_price":0.025,"unit":"images","currency":"USD"},
            {"endpoint_id":"b","unit_price":0.5,"unit":"seconds","currency":"USD"},
            {"endpoint_id":"c","unit_price":1,"unit":"image","currency":"EUR"}]}
            """#
        let priced = try followUp.read(ListingResponse(body: Array(answer.utf8)), about: models)
        #expect(priced.map { $0.pricing.image?.description } == ["0.025", nil, nil, nil])
        #expect(priced.allSatisfy { $0.pricing.prompt == nil })
        #expect(priced[1].remarks[.pricingImage]?.contains("seconds") == true)
        #expect(priced[1].metadata["pricing"]?["unit_price"] == .number(try #require(JSONNumber(spelling: "0.5"))))
        #expect(throws: ListingError.self) { try followUp.read(ListingResponse(body: Array("{}".utf8)), about: models) }
    }

    @Test func localServersTellTheirContext() throws {
        #expect(try self.model("vllm", "m").contextLength == 4096)
        #expect(try self.model("vllm", "m").tags == [ModelTag.local])
        #expect(try self.model("lm-studio", "m").contextLength == 8192)
        #expect(try self.model("lm-studio", "m").supportsVision == true)
        #expect(try self.model("lm-studio", "m").supportsTools == true)
        #expect(try self.model("lm-studio", "e").canChat == false)
        let llama = try self.model("llama-cpp", "m.gguf")
        #expect(llama.contextLength == 262_144)
        #expect(llama.sizeB?.description == "30.532122624")
        let followUp = try #require(ProviderDefinition.llamaCpp.listing.followUp)
        let properties = #"{"default_generation_settings":{"n_ctx":16384},"modalities":{"vision":true,"audio":false}}"#
        let started = try followUp.read(ListingResponse(body: Array(properties.utf8)), about: [llama])
        #expect(started.first?.contextLength == 16_384)
        #expect(started.first?.modality == "text+image->text")
    }
}
