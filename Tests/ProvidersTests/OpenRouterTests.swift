import FoundationEssentials
import JSON
import Providers
import Testing

@Suite struct OpenRouterTests {
    private func list(_ rows: String...) -> String { #"{"data":[\#(rows.joined(separator: ","))]}"# }

    @Test func readsARowOfToday() throws {
        let model = try readOne(
            .openRouter,
            self.list(
                #"""
                {"id":"google/gemini-3.1-flash-lite","canonical_slug":"google/gemini-3.1-flash-lite-20260301","name":"Google: Flash",
                 "created":1778613011,"description":"Quick.","context_length":1048576,
                 "architecture":{"modality":"text+image->text","input_modalities":["text","image","file"],
                                 "output_modalities":["text"],"tokenizer":"Gemini","instruct_type":null},
                 "pricing":{"prompt":"0.00000025","completion":"0.0000015","image":"0.00000025","audio":"0.0000005",
                            "internal_reasoning":"0.0000015","input_cache_read":"0.000000025",
                            "input_cache_write":"0.00000008333333333333334","web_search":"0.014"},
                 "top_provider":{"context_length":1048576,"max_completion_tokens":65536,"is_moderated":false},
                 "per_request_limits":null,"supported_parameters":["tools","reasoning","structured_outputs","max_tokens"],
                 "knowledge_cutoff":"2025-03-31","expiration_date":"2026-12-31"}
                """#
            )
        )
        #expect(model.providerModelID == "google/gemini-3.1-flash-lite")
        #expect(model.name == "Google: Flash")
        #expect(model.description == "Quick.")
        #expect(model.pricing.prompt?.description == "0.00000025")
        #expect(model.pricing.completion?.description == "0.0000015")
        #expect(model.pricing.cacheRead?.description == "0.000000025")
        #expect(model.pricing.cacheWrite?.description == "0.00000008333333333333334")
        #expect(model.pricing.image?.description == "0.00000025")
        #expect(model.pricing.reasoning?.description == "0.0000015")
        #expect(model.pricing.request == nil)
        #expect(model.contextLength == 1_048_576)
        #expect(model.maxOutputTokens == 65_536)
        #expect(model.modality == "text+image+file->text")
        #expect(model.supportsVision == true)
        #expect(model.supportsTools == true)
        #expect(model.supportsReasoning == true)
        #expect(model.supportsJSONSchema == true)
        #expect(model.supportsStreaming == nil)
        #expect(model.canChat == true)
        #expect(model.deprecationDate?.description == "2026-12-31")
        #expect(model.family == "gemini")
        #expect(model.origin(of: .family) == .estimated)
        #expect(model.origin(of: .pricingPrompt) == .api)
        #expect(model.remarks.isEmpty)
        #expect(model.metadata["pricing"]?["web_search"] == "0.014")
        #expect(model.metadata["pricing"]?["input_cache_write"] == "0.00000008333333333333334")
        #expect(model.metadata["canonical_slug"] == "google/gemini-3.1-flash-lite-20260301")
        #expect(model.metadata["created"] == 1_778_613_011)
        #expect(model.metadata["per_request_limits"] == nil)
    }

    @Test func readsARowOf2024() throws {
        let model = try readOne(
            .openRouter,
            self.list(
                #"""
                {"id":"raifle/sorcererlm-8x22b","name":"Sorcererlm 8x22b","created":1731105083,"description":"Old.",
                 "context_length":0,"architecture":{"modality":"text+image->text","tokenizer":"Mistral","instruct_type":"vicuna"},
                 "pricing":{"prompt":"0.0000045","completion":"0.0000045","image":"0","request":"0"},
                 "top_provider":{"context_length":16000,"max_completion_tokens":null,"is_moderated":false},
                 "per_request_limits":null}
                """#
            )
        )
        #expect(model.contextLength == 16_000)
        #expect(model.maxOutputTokens == nil)
        #expect(model.modality == "text+image->text")
        #expect(model.supportsVision == true)
        #expect(model.supportsTools == nil)
        #expect(model.pricing.image == 0)
        #expect(model.pricing.cacheRead == nil)
        #expect(model.sizeB == 176)
        #expect(!model.tags.contains(ModelTag.free))
    }

    @Test func keepsIdsAsTheyAre() throws {
        let list = try read(
            .openRouter,
            self.list(
                #"{"id":"~anthropic/claude-haiku-latest","name":"a"}"#,
                #"{"id":"qwen/qwen3-30b-a3b:free","name":"b","pricing":{"prompt":"0","completion":"0"}}"#
            )
        )
        #expect(list.models.map(\.providerModelID) == ["~anthropic/claude-haiku-latest", "qwen/qwen3-30b-a3b:free"])
        #expect(list.models[0].tags == [ModelTag.alias])
        #expect(list.models[1].tags == [ModelTag.free])
        #expect(list.models[1].pricing.prompt == 0)
        #expect(list.models[1].sizeB == 30)
    }

    @Test func aRouterHasNoPriceOfItsOwn() throws {
        let model = try readOne(
            .openRouter,
            self.list(#"{"id":"openrouter/auto","name":"Auto","pricing":{"prompt":"-1","completion":"-1"}}"#)
        )
        #expect(model.pricing == ModelPricing())
        #expect(model.tags == [ModelTag.dynamicPricing])
        #expect(model.remarks[.pricingPrompt]?.contains("negative") == true)
        #expect(model.metadata["pricing"]?["prompt"] == "-1")
    }

    @Test func emptyParametersTellNothing() throws {
        let model = try readOne(.openRouter, self.list(#"{"id":"a/b","supported_parameters":[],"pricing":null}"#))
        #expect(model.supportsTools == nil)
        #expect(model.supportsReasoning == nil)
        #expect(model.pricing == ModelPricing())
        #expect(model.canChat == nil)
        let undated = try readOne(.openRouter, self.list(#"{"id":"a/b","expiration_date":"soon"}"#))
        #expect(undated.deprecationDate == nil)
        #expect(undated.remarks[.deprecationDate]?.contains("soon") == true)
    }

    @Test func aBadRowIsLeftOutWithItsReason() throws {
        let list = try read(
            .openRouter,
            self.list(
                #"{"id":"a/b"}"#,
                "17",
                #"{"name":"no id"}"#,
                #"{"id":5}"#,
                #"{"id":"a/b"}"#,
                #"{"id":"x\ny"}"#,
                #"{"id":" x"}"#
            )
        )
        #expect(list.models.map(\.providerModelID) == ["a/b"])
        #expect(list.rowCount == 7)
        #expect(list.skipped.count == 6)
        #expect(list.skipped.map(\.index).prefix(4) == [1, 2, 3, 5])
        #expect(list.skipped[1].id == "no id")
        #expect(list.skipped.contains { $0.reason.contains("more than once") })
    }

    @Test func followsPagesUntilTheLast() throws {
        var run = ListingRun(ProviderDefinition.openRouter.listing, context: ListingContext(host: "openrouter.ai"))
        let first =
            #"{"data":[{"id":"a"}],"total_count":2,"links":{"next":"https://openrouter.ai/api/v1/models?offset=1&limit=1"}}"#
        try run.read(ListingResponse(body: Array(first.utf8)))
        let next = try #require(run.next)
        #expect(next.reference == "models")
        #expect(next.query == [QueryParameter("offset", "1"), QueryParameter("limit", "1")])
        #expect(throws: ListingError.self) { try run.result() }
        try run.read(ListingResponse(body: Array(#"{"data":[{"id":"b"}],"total_count":2,"links":{"next":null}}"#.utf8)))
        #expect(run.next == nil)
        #expect(try run.result().models.map(\.providerModelID) == ["a", "b"])
    }

    @Test func fewerModelsThanDeclaredAreNotTheWholeList() throws {
        let short = try read(.openRouter, #"{"data":[{"id":"a"}],"total_count":364}"#)
        #expect(short.models.count == 1)
        #expect(short.shortfall == 363)
        #expect(!short.isComplete)
        #expect(try read(.openRouter, #"{"data":[{"id":"a"},17],"total_count":2}"#).isComplete)
        #expect(try read(.openRouter, #"{"data":[{"id":"a"}]}"#).isComplete)
        for odd in ["-9223372036854775808", "9223372036854775807", "\"many\"", "null", "1e400"] {
            #expect(try read(.openRouter, #"{"data":[{"id":"a"}],"total_count":\#(odd)}"#).isComplete)
        }
    }
}
