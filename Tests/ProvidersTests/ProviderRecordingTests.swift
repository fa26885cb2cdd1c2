import FoundationEssentials
import JSON
import Providers
import Testing

/// A list that a provider really sent, and what must become of it.
struct Recording: Sendable, CustomTestStringConvertible {
    let slug: String
    let path: String

    /// Which of the provider's endpoints sent it.
    var source = 0

    /// Its rows, none of which may be lost.
    let rows: Int

    /// How many of them have a price of input in the list itself.
    let priced: Int

    /// Models that answer in a chat, that do not, and that nobody says of.
    let chat: (yes: Int, no: Int, unknown: Int)

    /// Named models with both prices in USD per token, as text; those of this project's own facts are marked with `*`.
    let checks: [(id: String, prompt: String, completion: String)]

    var testDescription: String { self.path }

    static let all = [
        Recording(
            slug: "deepinfra",
            path: "deepinfra/openai-models-2026-02-23.json",
            rows: 142,
            priced: 78,
            chat: (77, 48, 17),
            checks: [
                ("openai/gpt-oss-120b", "0.000000039", "0.00000019"),
                ("openai/gpt-oss-20b", "0.000000030000000000000002", "0.00000014"), ("BAAI/bge-m3", "", ""),
            ]
        ),
        Recording(
            slug: "groq",
            path: "groq/models-2026-01.json",
            rows: 20,
            priced: 0,
            chat: (13, 7, 0),
            checks: [("llama-3.3-70b-versatile", "0.00000059*", "0.00000079*"), ("whisper-large-v3", "", "")]
        ),
        Recording(slug: "groq", path: "groq/models-2025-10-05.json", rows: 21, priced: 0, chat: (14, 7, 0), checks: []),
        Recording(
            slug: "featherless",
            path: "featherless/models-doc-example.json",
            rows: 1,
            priced: 0,
            chat: (1, 0, 0),
            checks: [("vicgalle/Roleplay-Llama-3-8B", "", "")]
        ),
        Recording(
            slug: "fireworks",
            path: "fireworks/inference-models-item.json",
            rows: 1,
            priced: 0,
            chat: (1, 0, 0),
            checks: [("accounts/fireworks/models/glm-5", "", "")]
        ),
        Recording(
            slug: "together",
            path: "together/models-2026-01-23.json",
            rows: 131,
            priced: 68,
            chat: (61, 70, 0),
            checks: [
                ("meta-llama/Llama-3.3-70B-Instruct-Turbo", "0.00000088", "0.00000088"),
                ("openai/gpt-oss-20b", "0.00000005", "0.0000002"), ("cartesia/sonic", "", ""),
                ("openai/whisper-large-v3", "", ""), ("togethercomputer/MoA-1", "", ""),
                ("black-forest-labs/FLUX.1-schnell", "", ""),
            ]
        ),
        Recording(
            slug: "huggingface",
            path: "huggingface/router-models-2026-04-02.json",
            rows: 117,
            priced: 94,
            chat: (117, 0, 0),
            checks: [("Qwen/Qwen3.5-27B", "0.0000003", "0.0000024")]
        ),
        Recording(
            slug: "xai",
            path: "xai/language-models-doc-example.json",
            rows: 2,
            priced: 2,
            chat: (2, 0, 0),
            checks: [("latest", "0.00000125", "0.0000025"), ("grok-420-reasoning", "0.000002", "0.000008")]
        ),
        Recording(
            slug: "xai",
            path: "xai/image-generation-models-doc-example.json",
            source: 1,
            rows: 1,
            priced: 0,
            chat: (0, 1, 0),
            checks: [("grok-imagine-image", "", "")]
        ),
        Recording(
            slug: "xai",
            path: "xai/models-2025-08-13.json",
            source: 2,
            rows: 8,
            priced: 0,
            chat: (7, 1, 0),
            checks: [("grok-3", "", ""), ("grok-2-image-1212", "", "")]
        ),
        Recording(
            slug: "cerebras",
            path: "cerebras/public-v1-models-2026-08-trimmed.json",
            rows: 3,
            priced: 3,
            chat: (3, 0, 0),
            checks: [("gpt-oss-120b", "0.00000035", "0.00000075"), ("zai-glm-4.7", "0.00000225", "0.00000275")]
        ),
        Recording(
            slug: "cerebras",
            path: "cerebras/models-2026-02-05.json",
            source: 1,
            rows: 8,
            priced: 0,
            chat: (8, 0, 0),
            checks: [("gpt-oss-120b", "0.00000035*", "0.00000075*"), ("qwen-3-32b", "", "")]
        ),
        Recording(
            slug: "nebius",
            path: "nebius/models-2026-02-23.json",
            rows: 46,
            priced: 0,
            chat: (39, 7, 0),
            checks: [("Qwen/Qwen3-32B-fast", "", "")]
        ),
        Recording(
            slug: "nebius",
            path: "nebius/models-verbose-trimmed.json",
            rows: 4,
            priced: 0,
            chat: (3, 1, 0),
            checks: [("moonshotai/Kimi-K3", "", "")]
        ),
        Recording(
            slug: "novita",
            path: "novita/models-2024-07-29.json",
            rows: 18,
            priced: 18,
            chat: (18, 0, 0),
            checks: [
                ("meta-llama/llama-3-8b-instruct", "0.000000063", "0.000000063"),
                ("meta-llama/llama-3-70b-instruct", "0.00000055", "0.00000076"),
            ]
        ),
        Recording(
            slug: "near",
            path: "near/model-list-sample.json",
            rows: 9,
            priced: 3,
            chat: (4, 3, 2),
            checks: [("zai-org/GLM-5.1-FP8", "0.00000085", "0.0000033"), ("Qwen/Qwen3-Reranker-0.6B", "", "")]
        ),
        Recording(
            slug: "chutes",
            path: "chutes/models-2025-08-02-old-shape.json",
            rows: 65,
            priced: 56,
            chat: (65, 0, 0),
            checks: [("deepseek-ai/DeepSeek-R1", "0.00000027216", "0.00000027216")]
        ),
        Recording(
            slug: "chutes",
            path: "chutes/models-2026-07-26-one-entry.json",
            rows: 1,
            priced: 1,
            chat: (1, 0, 0),
            checks: [("Qwen/Qwen3-32B-TEE", "0.000000104", "0.000000416")]
        ),
        Recording(
            slug: "vercel",
            path: "vercel/models-doc-example-2026.json",
            rows: 1,
            priced: 1,
            chat: (1, 0, 0),
            checks: [("google/gemini-3-pro", "0.000002", "0.000012")]
        ),
        Recording(
            slug: "openai",
            path: "openai/models-2026-01.json",
            rows: 119,
            priced: 0,
            chat: (79, 40, 0),
            checks: [("gpt-4o", "0.0000025*", "0.00001*"), ("gpt-4o-2024-05-13", "0.000005*", "0.000015*")]
        ),
        Recording(
            slug: "anthropic",
            path: "anthropic/models-2025-08-25.json",
            rows: 9,
            priced: 0,
            chat: (9, 0, 0),
            checks: [("claude-opus-4-1-20250805", "0.000015*", "0.000075*")]
        ),
        Recording(
            slug: "gemini",
            path: "gemini/models-2026-02-23.json",
            rows: 43,
            priced: 0,
            chat: (28, 15, 0),
            checks: [("gemini-2.5-pro", "0.00000125*", "0.00001*")]
        ),
    ]
}

/// The lists of providers that price in units of their own, compared as text with what they sent.
@Suite(.enabled(if: Recordings.folder != nil, "ROSTER_RECORDINGS names no folder")) struct ProviderRecordingTests {
    @Test(arguments: Recording.all) func noRowIsLostAndPricesAreExact(_ recording: Recording) throws {
        let definition = try #require(ProviderCatalog.definition(slug: recording.slug, adapter: nil))
        let list = try read(definition, source: recording.source, try Recordings.bytes(recording.path))
        #expect(list.rowCount == recording.rows)
        #expect(list.models.count == recording.rows)
        #expect(list.skipped.isEmpty)
        let told = list.models.filter { $0.pricing.prompt != nil && $0.origin(of: .pricingPrompt) == .api }
        #expect(told.count == recording.priced)
        #expect(list.models.filter { $0.canChat == true }.count == recording.chat.yes)
        #expect(list.models.filter { $0.canChat == false }.count == recording.chat.no)
        #expect(list.models.filter { $0.canChat == nil }.count == recording.chat.unknown)
        for check in recording.checks {
            let model = try #require(list.models.first { $0.providerModelID == check.id }, "\(check.id)")
            #expect(Self.text(model, .prompt) == check.prompt, "\(check.id)")
            #expect(Self.text(model, .completion) == check.completion, "\(check.id)")
        }
        // Read twice, it is the same.
        #expect(try read(definition, source: recording.source, try Recordings.bytes(recording.path)) == list)
    }

    private static func text(_ model: ListedModel, _ price: PriceField) -> String {
        guard let amount = model.pricing[price] else { return "" }
        return amount.description + (model.origin(of: price.field) == .curated ? "*" : "")
    }

    /// Where a row has its two prices, and how far the point moves, written down a second time.
    private static let members:
        [(path: String, slug: String, rows: String, prompt: [String], completion: [String], Int)] =
            [
                (
                    "deepinfra/openai-models-2026-02-23.json", "deepinfra", "data",
                    ["metadata", "pricing", "input_tokens"],
                    ["metadata", "pricing", "output_tokens"], -6
                ),
                (
                    "together/models-2026-01-23.json", "together", "", ["pricing", "input"], ["pricing", "output"], -6
                ),
                (
                    "novita/models-2024-07-29.json", "novita", "", ["input_token_price_per_m"],
                    ["output_token_price_per_m"], -10
                ),
                ("chutes/models-2025-08-02-old-shape.json", "chutes", "data", ["price", "usd"], ["price", "usd"], -6),
            ]

    @Test(arguments: 0..<4) func everyPriceIsWhatTheRowSpells(_ index: Int) throws {
        let (path, slug, rows, prompt, completion, shift) = Self.members[index]
        let definition = try #require(ProviderCatalog.definition(slug: slug, adapter: nil))
        let bytes = try Recordings.bytes(path)
        let list = try read(definition, source: 0, bytes)
        let value = try JSONValue(parsing: bytes)
        let raw = try #require((rows.isEmpty ? value : value[rows])?.arrayValue)
        var compared = 0
        for (model, row) in zip(list.models, raw) {
            for (price, path) in [(PriceField.prompt, prompt), (.completion, completion)] {
                var member: JSONValue? = row
                for name in path { member = member[name] }
                guard let amount = model.pricing[price] else { continue }
                let spelling = try #require(member?.numberValue?.spelling)
                #expect(amount.description == plain(spelling, shiftedBy: shift), "\(model.providerModelID)")
                #expect(amount > 0)
                compared += 1
            }
        }
        #expect(compared >= raw.count / 2)
    }

    @Test func aPageOfFalIsNotTheWholeList() throws {
        var run = ListingRun(ProviderDefinition.fal.listing, context: ListingContext(host: "api.fal.ai"))
        let page = try run.read(ListingResponse(body: try Recordings.bytes("fal/models-2026-04-18.json")))
        #expect(page.models.count == 100)
        #expect(page.skipped.isEmpty)
        #expect(run.next?.parameter("cursor") == "Mg")
        try run.read(ListingResponse(body: Array(#"{"models":[],"next_cursor":null,"has_more":false}"#.utf8)))
        let list = try run.result()
        #expect(list.models.allSatisfy { $0.canChat == false && $0.pricing == ModelPricing() && $0.isActive == true })
        #expect(list.models.filter { $0.outputModalities == ["image"] }.count == 51)
        #expect(list.models.filter { $0.outputModalities == ["video"] }.count == 43)
    }

    @Test func oneModelIsRecognisedAcrossProviders() throws {
        var offers: [String: Set<String>] = [:]
        for recording in Recording.all {
            let definition = try #require(ProviderCatalog.definition(slug: recording.slug, adapter: nil))
            let list = try read(definition, source: recording.source, try Recordings.bytes(recording.path))
            for model in list.models { offers[model.canonicalName, default: []].insert(recording.slug) }
        }
        for (name, least) in [
            ("gpt-oss-120b", 6), ("gpt-oss-20b", 5), ("llama-3-3-70b", 4), ("llama-3-1-8b", 4), ("qwen-3-32b", 4),
            ("deepseek-v3-2", 2), ("kimi-k2-thinking", 3), ("gemma-3-27b", 3),
        ] {
            #expect(offers[name]?.count ?? 0 >= least, "\(name): \(offers[name] ?? [])")
        }
    }
}
