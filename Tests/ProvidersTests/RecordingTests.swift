import FoundationEssentials
import JSON
import Providers
import Testing

/// The lists that providers really sent. They are read a second time with Foundation's decoder, and prices are compared as
/// text, so that nothing of the code under test stands behind an expectation.
@Suite(.enabled(if: Recordings.folder != nil, "ROSTER_RECORDINGS names no folder")) struct RecordingTests {
    private struct OpenRouterList: Decodable {
        struct Row: Decodable {
            let id: String
            let pricing: [String: String]?
            let context_length: Int?
        }
        let data: [Row]
    }

    private func run(_ definition: ProviderDefinition, _ path: String) throws -> ListedModels {
        var run = ListingRun(definition.listing, context: ListingContext(host: "x"))
        try run.read(ListingResponse(body: try Recordings.bytes(path)))
        return try run.result()
    }

    @Test(arguments: [("openrouter/models-2026-05-15.json", 364), ("openrouter/models-2024-12-08.json", 194)])
    func openRouterToTheLastDigit(_ path: String, _ count: Int) throws {
        let list = try self.run(.openRouter, path)
        let raw = try JSONDecoder().decode(OpenRouterList.self, from: Data(try Recordings.bytes(path)))
        #expect(list.models.count == count)
        #expect(list.skipped.isEmpty)
        #expect(list.models.map(\.providerModelID) == raw.data.map(\.id))
        let names: [(PriceField, String)] = [
            (.prompt, "prompt"), (.completion, "completion"), (.cacheRead, "input_cache_read"),
            (.cacheWrite, "input_cache_write"), (.image, "image"), (.request, "request"),
            (.reasoning, "internal_reasoning"),
        ]
        var compared = 0
        var unknown = 0
        for (model, row) in zip(list.models, raw.data) {
            for (field, name) in names {
                let text = row.pricing?[name]
                if let text, !text.hasPrefix("-") {
                    #expect(model.pricing[field]?.description == plain(text), "\(row.id) \(name)")
                    #expect(model.metadata["pricing"]?[name]?.stringValue == text)
                    compared += 1
                } else {
                    #expect(model.pricing[field] == nil, "\(row.id) \(name)")
                    #expect((model.remarks[field.field] != nil) == (text != nil))
                    unknown += 1
                }
            }
            #expect(model.contextLength == row.context_length.flatMap { $0 > 0 ? $0 : nil } || row.context_length == 0)
            #expect(!model.inputModalities.isEmpty && !model.outputModalities.isEmpty)
            #expect(model.supportsVision == model.inputModalities.contains("image"))
        }
        #expect(compared >= 2 * (count - 3))
        #expect(unknown > 0)
    }

    @Test(
        arguments: [
            ("openai", "openai/models-2025-08-25.json", 82, 0), ("openai", "openai/models-2026-01.json", 119, 0),
            ("anthropic", "anthropic/models-2025-08-25.json", 9, 0), ("gemini", "gemini/models-2026-02-23.json", 43, 0),
            ("ollama", "ollama/tags-2025-06-05.json", 6, 0), ("openai-compatible", "groq/models-2026-01.json", nil, 0),
            ("openai-compatible", "cerebras/models-2026-02-05.json", nil, 0),
            ("openai-compatible", "xai/models-2025-08-13.json", nil, 0),
            ("openai-compatible", "together/models-2026-01-23.json", 131, 0),
            ("openai-compatible", "gemini/openai-compat-models-2026-01.json", nil, 0),
        ] as [(String, String, Int?, Int)]
    ) func everyRowIsRead(_ slug: String, _ path: String, _ count: Int?, _ skipped: Int) throws {
        let definition = try #require(ProviderCatalog.definition(slug: slug, adapter: nil))
        let list = try self.run(definition, path)
        let ids = String(decoding: try Recordings.bytes(path), as: UTF8.self)
            .ranges(of: slug == "gemini" ? "\"name\"" : slug == "ollama" ? "\"model\"" : "\"id\"").count
        #expect(list.models.count == ids)
        if let count { #expect(list.models.count == count) }
        #expect(list.skipped.count == skipped)
        #expect(list.models.allSatisfy { !$0.providerModelID.hasPrefix("models/") || slug == "openai-compatible" })
        // None of these lists has a price.
        for model in list.models {
            for price in PriceField.allCases where model.pricing[price] != nil {
                #expect(model.origin(of: price.field) == .curated, "\(model.providerModelID)")
            }
        }
    }

    @Test func aFirstPageIsNotTheWholeList() throws {
        var run = ListingRun(ProviderDefinition.gemini.listing, context: ListingContext(host: "x"))
        let page = try run.read(ListingResponse(body: try Recordings.bytes("gemini/models-2025-08-25.json")))
        #expect(page.models.count == 50)
        #expect(run.next?.parameter("pageToken") != nil)
        #expect(throws: ListingError.self) { try run.result() }
    }

    @Test func openAIChatModelsAreTold() throws {
        let list = try self.run(.openAI, "openai/models-2026-01.json")
        let silent = list.models.filter { $0.canChat == false }.map(\.providerModelID)
        for id in [
            "whisper-1", "tts-1", "dall-e-3", "sora-2", "gpt-realtime", "omni-moderation-latest",
            "text-embedding-3-small",
        ] {
            #expect(silent.contains(id))
        }
        for id in ["gpt-4o", "gpt-5", "o3", "gpt-audio", "chatgpt-4o-latest", "gpt-4o-search-preview"] {
            #expect(
                list.models.contains { $0.providerModelID == id && $0.canChat == true }
                    || !list.models.contains { $0.providerModelID == id }
            )
        }
    }

    @Test func ollamaDescribesItsModels() throws {
        let map = try JSONValue(parsing: try Recordings.bytes("ollama/show-map-2025.json"))
        let (id, answer) = try #require(map.objectValue?.first)
        let followUp = try #require(ProviderDefinition.ollama.listing.followUp)
        let described = try followUp.read(
            ListingResponse(body: answer.serialized()),
            about: [ListedModel(providerModelID: id)]
        )
        #expect(described.first?.contextLength == 40_960)
        #expect(described.first?.supportsTools == true)
        #expect(described.first?.sizeB?.description == "32.762123264")
    }
}
