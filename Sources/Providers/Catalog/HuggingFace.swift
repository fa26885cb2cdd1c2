import FoundationEssentials
import JSON

extension ProviderDefinition {
    /// Hugging Face Inference Providers: one router for the offers of many hosts.
    ///
    /// Seen: April 2026, with 117 models and 221 offers, 76 of them without a price. A model is one row here, as it is one name
    /// in a request; which host answers is Hugging Face's choice unless the name ends with `:cheapest` or a host's name. The
    /// row has the price and limits of the cheapest live offer that tells its price, names it in its metadata, and says by a
    /// tag where offers differ.
    package static let huggingFace = ProviderDefinition(
        slug: "huggingface",
        name: "Hugging Face",
        kind: .aggregator,
        siteURL: "https://huggingface.co/docs/inference-providers",
        baseURL: "https://router.huggingface.co/v1",
        keyVariables: ["HF_TOKEN"],
        listing: ModelListing(
            key: .none,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "models"),
                    paging: .linkField,
                    shape: HuggingFaceModels.shape
                )
            ]
        )
    )
}

private enum HuggingFaceModels {
    static let shape = RowShape { shape in
        shape.architecture = "architecture"
        shape.metadata = ["created", "owned_by", "architecture"]
        shape.adjust = { item, model in Self.readOffers(item, into: &model) }
    }

    private static func readOffers(_ item: ListedItem, into model: inout ListedModel) {
        let rows = item.value("providers")?.arrayValue ?? []
        let offers = rows.compactMap { $0.objectValue.map { Offer(ListedItem($0)) } }
        // Latency and throughput are measured anew for each answer.
        let kept = offers.map { offer in
            JSONValue.object(
                offer.item.metadata(
                    "provider",
                    "status",
                    "context_length",
                    "pricing",
                    "is_free",
                    "supports_tools",
                    "supports_structured_output",
                    "is_model_author"
                )
            )
        }
        if !kept.isEmpty { model.metadata["providers"] = .array(kept) }
        let live = offers.filter(\.isLive)
        if !offers.isEmpty { model.isActive = !live.isEmpty }

        let priced = live.filter { $0.completion.amount != nil && $0.prompt.amount != nil }
        if let cheapest = priced.min(by: { $0.isCheaper(than: $1) }) {
            model.take(cheapest.prompt, as: .prompt)
            model.take(cheapest.completion, as: .completion)
            model.metadata["pricing_of"] = JSONValue(cheapest.name)
            if priced.contains(where: { $0.prompt != cheapest.prompt || $0.completion != cheapest.completion }) {
                model.tag(ModelTag.dynamicPricing)
            }
            if cheapest.prompt.amount == 0, cheapest.completion.amount == 0 { model.tag(ModelTag.free) }
        } else if let offer = live.first(where: { $0.prompt != .absent || $0.completion != .absent }) {
            model.take(offer.prompt, as: .prompt)
            model.take(offer.completion, as: .completion)
        }
        let described = priced.min { $0.isCheaper(than: $1) } ?? live.first
        model.contextLength = described?.contextLength ?? live.compactMap(\.contextLength).min()
        model.supportsTools = Self.any(live.map { $0.item.flag("supports_tools") })
        model.supportsJSONSchema = Self.any(live.map { $0.item.flag("supports_structured_output") })
    }

    /// Whether an offer has something; nil where none says.
    private static func any(_ flags: [Bool?]) -> Bool? {
        let told = flags.compactMap { $0 }
        return told.isEmpty ? nil : told.contains(true)
    }

    /// What one host asks for a model: USD per million tokens.
    private struct Offer {
        let item: ListedItem
        let prompt: PriceReading
        let completion: PriceReading

        init(_ item: ListedItem) {
            self.item = item
            let zero: PriceUnit.Zero = item.flag("is_free") == true ? .free : .unknown
            self.prompt = item.price(.usdPerMillionTokens, zero: zero, "pricing", "input")
            self.completion = item.price(.usdPerMillionTokens, zero: zero, "pricing", "output")
        }

        var name: String? { self.item.text("provider") }
        var isLive: Bool { self.item.text("status").map { $0 == "live" } ?? true }
        var contextLength: Int? { self.item.count("context_length") }

        /// The order of `:cheapest`: by the price of what is said.
        func isCheaper(than other: Offer) -> Bool {
            guard let mine = self.completion.amount, let others = other.completion.amount, mine != others else {
                return (self.prompt.amount ?? 0) < (other.prompt.amount ?? 0)
            }
            return mine < others
        }
    }
}
