import FoundationEssentials
import JSON
import Providers
import Testing

/// Lists with bytes changed, removed, doubled and cut: nothing crashes, and no price comes out that the text does not spell.
@Suite struct DamageTests {
    private static let fixtures: [(ProviderDefinition, String)] = [
        (
            .openRouter,
            #"""
            {"data":[{"id":"a/b-7b","name":"A","context_length":131072,"architecture":{"modality":"text->text",
            "input_modalities":["text","image"],"output_modalities":["text"]},"pricing":{"prompt":"0.00000008333333333333334",
            "completion":"3.5e-7","image":"0","request":"-1","input_cache_read":null},"top_provider":{"max_completion_tokens":8192},
            "supported_parameters":["tools"],"expiration_date":"2026-12-31"},{"id":"~x/y:free","pricing":{"prompt":"0","completion":"0"}},
            {"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}}],"total_count":3,
            "links":{"next":"https://openrouter.ai/api/v1/models?offset=3"}}
            """#
        ),
        (
            .openAI,
            #"{"object":"list","data":[{"id":"gpt-4o","created":1,"owned_by":"system"},{"id":"ft:whisper-1:x"}]}"#
        ),
        (
            .anthropic,
            #"{"data":[{"type":"model","id":"claude-x","capabilities":{"thinking":{"supported":true}}}],"has_more":true,"last_id":"claude-x"}"#
        ),
        (
            .gemini,
            #"{"models":[{"name":"models/gemini-x","inputTokenLimit":1048576,"supportedGenerationMethods":["generateContent"]}],"nextPageToken":"t"}"#
        ),
        (
            .ollama,
            #"{"models":[{"model":"qwen3:8x7b","size":9276198324,"details":{"family":"qwen3","parameter_size":"14.8B","families":null}}]}"#
        ),
        (
            .openAICompatible,
            #"[{"id":"m","max_model_len":"4096","pricing":{"prompt":0.5},"architecture":{"modality":"a+b->c"}}]"#
        ),
    ]

    @Test func damagedFixturesAreReadOrRefused() throws {
        var random = Randomness(seed: Randomness.seed(for: "damagedFixturesAreReadOrRefused"))
        var read = 0
        for (definition, text) in Self.fixtures {
            for _ in 0..<1_500 {
                var bytes = Array(text.utf8)
                for _ in 0..<Int.random(in: 1...5, using: &random) { Self.damage(&bytes, &random) }
                if try self.check(definition, bytes) { read += 1 }
            }
        }
        #expect(read > 100, "too few damaged lists could still be read for the test to mean something")
    }

    @Test(
        .enabled(if: Recordings.folder != nil, "ROSTER_RECORDINGS names no folder"),
        arguments: [
            ("openrouter", "openrouter/models-2024-12-08.json"), ("openai", "openai/models-2025-08-25.json"),
            ("gemini", "gemini/models-2025-08-25.json"), ("ollama", "ollama/tags-2025-06-05.json"),
            ("openai-compatible", "together/models-2026-01-23.json"),
            ("openai-compatible", "huggingface/router-models-2026-04-02.json"),
            ("openai-compatible", "deepinfra/openai-models-2026-02-23.json"),
        ]
    ) func damagedRecordingsAreReadOrRefused(_ slug: String, _ path: String) throws {
        var random = Randomness(seed: Randomness.seed(for: "damagedRecordingsAreReadOrRefused"))
        let definition = try #require(ProviderCatalog.definition(slug: slug, adapter: nil))
        let recording = try Recordings.bytes(path)
        for _ in 0..<10 {
            var bytes = recording
            // Changed inside strings and numbers, most lists still are JSON.
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if (0x30...0x39).contains(bytes[place]) || (0x61...0x7A).contains(bytes[place]) {
                    bytes[place] = Array("0159aez-.".utf8).randomElement(using: &random) ?? 0x30
                } else {
                    Self.damage(&bytes, &random)
                }
            }
            _ = try self.check(definition, bytes)
        }
    }

    /// Reads a list; where that works, every price must be spelled in the row that it is from.
    private func check(_ definition: ProviderDefinition, _ bytes: [UInt8]) throws -> Bool {
        var run = ListingRun(definition.listing, context: ListingContext(host: "x"))
        let page: ListedPage
        do throws(ListingError) {
            page = try run.read(ListingResponse(body: bytes))
        } catch {
            #expect(!error.message.isEmpty)
            return false
        }
        #expect(page.models.count + page.skipped.count == page.rowCount)
        for model in page.models {
            let pricing = model.metadata["pricing"]?.objectValue ?? JSONObject()
            let spelled = Set(
                pricing.compactMap { member -> String? in
                    guard let text = member.value.stringValue ?? member.value.numberValue?.spelling else { return nil }
                    return text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) } ? plain(text) : nil
                }
            )
            for price in PriceField.allCases {
                guard let amount = model.pricing[price] else { continue }
                #expect(amount >= 0)
                #expect(
                    spelled.contains(amount.description) || (model.origin(of: price.field) == .curated && amount == 0),
                    "\(model.providerModelID): \(amount) of \(spelled), \(String(decoding: bytes, as: UTF8.self))"
                )
            }
            #expect(model.contextLength ?? 1 > 0)
            #expect(!model.providerModelID.isEmpty)
        }
        return true
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout Randomness) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1, 2: bytes[place] = Array(#"{}[]",:\u0159e-.+ x"#.utf8).randomElement(using: &random) ?? 0
        case 3: bytes.remove(at: place)
        case 4: bytes.insert(bytes[place], at: place)
        default: if Int.random(in: 0..<6, using: &random) == 0 { bytes.removeLast(bytes.count - place) }
        }
    }
}
