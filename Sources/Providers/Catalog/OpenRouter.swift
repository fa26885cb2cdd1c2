import FoundationEssentials
import JSON

extension ProviderDefinition {
    /// OpenRouter: one API for the models of many providers. Its list is public and the richest there is.
    package static let openRouter = ProviderDefinition(
        slug: "openrouter",
        name: "OpenRouter",
        kind: .aggregator,
        siteURL: "https://openrouter.ai",
        baseURL: "https://openrouter.ai/api/v1",
        keyVariables: ["OPENROUTER_API_KEY"],
        listing: ModelListing(
            key: .none,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "models"),
                    total: [["total_count"]],
                    paging: .nextLink(["links", "next"]),
                    normalise: OpenRouterModels.normalise
                )
            ]
        ),
        refreshInterval: .seconds(3600)
    )
}

/// Rows of OpenRouter's list, in the shapes of 2024 (one `modality` string, no parameters) and since.
private enum OpenRouterModels {
    @Sendable static func normalise(
        _ item: ListedItem,
        _ context: ListingContext
    ) throws(ItemRefusal) -> [ListedModel] {
        var model = ListedModel(providerModelID: try item.id("id"), name: item.text("name"))
        model.description = item.text("description")
        model.contextLength = item.count("context_length") ?? item.count("top_provider", "context_length")
        model.maxOutputTokens = item.count("top_provider", "max_completion_tokens")
        model.deprecationDate = item.date("expiration_date")
        if model.deprecationDate == nil, let text = item.text("expiration_date") {
            model.remark("\"\(text.prefix(60))\" is not a day", on: .deprecationDate)
        }
        Self.readPrices(item, into: &model)
        Self.readCapabilities(item, into: &model)
        if model.providerModelID.hasPrefix("~") { model.tag(ModelTag.alias) }
        model.metadata = item.metadata(
            "canonical_slug",
            "hugging_face_id",
            "created",
            "pricing",
            "architecture",
            "top_provider",
            "per_request_limits",
            "knowledge_cutoff",
            "supported_voices",
            "alias_target",
            "reasoning"
        )
        model.estimateFromName()
        return [model]
    }

    /// Strings in USD per token, image or request. "0" is free, "-1" is the price of whatever a router picks.
    private static func readPrices(_ item: ListedItem, into model: inout ListedModel) {
        model.take(item.price(.usdPerToken, zero: .free, "pricing", "prompt"), as: .prompt)
        model.take(item.price(.usdPerToken, zero: .free, "pricing", "completion"), as: .completion)
        model.take(item.price(.usdPerToken, zero: .free, "pricing", "input_cache_read"), as: .cacheRead)
        model.take(item.price(.usdPerToken, zero: .free, "pricing", "input_cache_write"), as: .cacheWrite)
        model.take(item.price(.usdPerToken, zero: .free, "pricing", "internal_reasoning"), as: .reasoning)
        model.take(item.price(.usdPerImage, zero: .free, "pricing", "image"), as: .image)
        model.take(item.price(.usdPerRequest, zero: .free, "pricing", "request"), as: .request)
        if item.value("pricing", "prompt")?.decimalReadingStrings() == -1 { model.tag(ModelTag.dynamicPricing) }
        let others = [model.pricing.request, model.pricing.image]
        if model.pricing.prompt == 0, model.pricing.completion == 0, others.allSatisfy({ $0 ?? 0 == 0 }) {
            model.tag(ModelTag.free)
        }
    }

    private static func readCapabilities(_ item: ListedItem, into model: inout ListedModel) {
        if let (inputs, outputs) = item.modalities() {
            model.inputModalities = inputs
            model.outputModalities = outputs
            model.supportsVision = inputs.contains("image")
        }
        // An empty list says nothing: rows have one where the parameters are not known.
        guard let parameters = item.words("supported_parameters"), !parameters.isEmpty else { return }
        model.features = parameters
        model.supportsTools = parameters.contains("tools")
        model.supportsReasoning = parameters.contains("reasoning") || parameters.contains("include_reasoning")
        model.supportsJSONSchema = parameters.contains("structured_outputs")
    }
}
