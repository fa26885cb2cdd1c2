import FoundationEssentials
import JSON
import Providers
import Testing

@Suite struct CuratedFactsTests {
    @Test(arguments: CuratedFacts.all.indices) func tableIsWellFormed(_ index: Int) throws {
        let table = CuratedFacts.all[index]
        #expect(try ProviderAddress(table.source).isSecure)
        #expect(CalendarDate(table.asOf) != nil)
        #expect(!table.models.isEmpty)
        let ids = table.models.flatMap(\.ids)
        #expect(Set(ids).count == ids.count)
        for model in table.models {
            #expect(!model.ids.isEmpty)
            for price in PriceField.allCases {
                switch model.price(price) {
                case .absent: break
                case .unknown(let reason): Issue.record("\(model.ids): \(reason)")
                case .known(let amount):
                    // A tenth of a cent to a thousand dollars per million.
                    #expect(amount >= Decimal(sign: .plus, exponent: -9, significand: 1))
                    #expect(amount <= Decimal(sign: .plus, exponent: -3, significand: 1))
                }
            }
            #expect(model.maxOutputTokens ?? 1 <= model.contextLength ?? .max)
        }
    }

    @Test func everyTableIsOfSomeProvider() {
        let used = ProviderCatalog.all.flatMap(\.listing.facts).map { "\($0.source) \($0.models.first?.ids ?? [])" }
        for table in CuratedFacts.all {
            #expect(used.contains("\(table.source) \(table.models.first?.ids ?? [])"))
        }
    }

    @Test func whatTheListSaysStays() throws {
        let model = try readOne(
            .anthropic,
            #"{"data":[{"id":"claude-opus-4-1-20250805","display_name":"X","max_input_tokens":5,"max_tokens":3}]}"#
        )
        #expect(model.contextLength == 5)
        #expect(model.origin(of: .contextLength) == .api)
        #expect(model.pricing.cacheWrite?.description == "0.00001875")
        #expect(model.origin(of: .pricingCacheWrite) == .curated)
        #expect(model.origin(of: .supportsTools) == .curated)
        #expect(model.metadata["curated"]?["as_of"] == "2026-05-15")
    }

    @Test func whatOnlyTheNameSaysGives() throws {
        let model = try readOne(.openAI, #"{"data":[{"id":"gpt-4o"}]}"#)
        #expect(model.outputModalities == ["text"])
        #expect(model.origin(of: .outputModalities) == .curated)
        #expect(model.supportsVision == true)
        #expect(model.origin(of: .family) == .estimated)
    }

    @Test(arguments: [
        "gpt-4o-2099-01-01", "ft:gpt-4o-mini-2024-07-18:acme::1", "gpt-4o-turbo", "unheard-of", "openai/",
    ])
    func nothingIsInferredFromANameAlike(_ id: String) throws {
        let model = try readOne(.openAI, #"{"data":[{"id":"\#(id)"}]}"#)
        #expect(model.pricing == ModelPricing())
        #expect(model.contextLength == nil)
        #expect(model.metadata["curated"] == nil)
    }

    @Test func aListInAnotherUnitIsNotBelieved() throws {
        // As AiHubMix documents it: per thousand tokens.
        let list = try read(
            .aiHubMix,
            #"""
            {"data":[{"model_id":"gpt-5","types":"llm","pricing":{"input":0.00125,"output":0.01}},
            {"model_id":"claude-opus-4-5","types":"llm","pricing":{"input":0.005,"output":0.025}},
            {"model_id":"somebody-elses","types":"llm","pricing":{"input":0.001,"output":0.002}}]}
            """#
        )
        #expect(list.models.allSatisfy { $0.pricing == ModelPricing() })
        #expect(list.models.allSatisfy { $0.remarks[.pricingPrompt]?.contains("unit") == true })
        #expect(list.notes.count == 1)
        #expect(list.models[2].metadata["pricing"]?["input"] != nil)
        // One that differs is a price of its own.
        let mixed = try read(
            .aiHubMix,
            #"""
            {"data":[{"model_id":"gpt-5","pricing":{"input":1.25,"output":10}},{"model_id":"gpt-4o","pricing":{"input":2.5}},
            {"model_id":"o1","pricing":{"input":0.015}}]}
            """#
        )
        #expect(mixed.models.allSatisfy { $0.pricing.prompt != nil })
        #expect(mixed.notes.isEmpty)
    }
}
