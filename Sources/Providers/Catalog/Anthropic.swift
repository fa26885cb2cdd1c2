import JSON

extension ProviderDefinition {
    /// Anthropic. Chat goes to its OpenAI-compatible endpoint; its list has a shape, a header and pages of its own.
    package static let anthropic = ProviderDefinition(
        slug: "anthropic",
        name: "Anthropic",
        kind: .text,
        siteURL: "https://console.anthropic.com",
        baseURL: "https://api.anthropic.com/v1",
        keyVariables: ["ANTHROPIC_API_KEY"],
        listing: ModelListing(
            key: .required,
            authentication: .field("x-api-key", with: ["anthropic-version": "2023-06-01"]),
            sources: [
                ListSource(
                    first: ListingRequest(reference: "models", query: [QueryParameter("limit", "1000")]),
                    paging: .cursor(flag: "has_more", member: "last_id", parameter: "after_id"),
                    normalise: AnthropicModels.normalise
                )
            ],
            facts: [.anthropic, .anthropicBefore2026]
        )
    )
}

/// Rows of Anthropic's list. Limits and capabilities came with newer versions of it, and each may be missing.
private enum AnthropicModels {
    @Sendable static func normalise(
        _ item: ListedItem,
        _ context: ListingContext
    ) throws(ItemRefusal) -> [ListedModel] {
        var model = ListedModel(providerModelID: try item.id("id"), name: item.text("display_name"))
        model.contextLength = item.count("max_input_tokens")
        model.maxOutputTokens = item.count("max_tokens")
        // Everything in this list answers in a chat; the list does not have to say so.
        model.outputModalities = ["text"]
        model.mark(.outputModalities, as: .curated)
        if case .object(let capabilities) = item.value("capabilities") {
            Self.read(ListedItem(capabilities), into: &model)
        }
        model.metadata = item.metadata("created_at", "capabilities")
        model.estimateFromName()
        return [model]
    }

    private static func read(_ capabilities: ListedItem, into model: inout ListedModel) {
        model.supportsVision = capabilities.flag("image_input", "supported")
        model.supportsReasoning = capabilities.flag("thinking", "supported")
        model.supportsJSONSchema = capabilities.flag("structured_outputs", "supported")
        model.features = capabilities.object.keys.filter { capabilities.flag($0, "supported") == true }
        if let seesImages = model.supportsVision {
            let readsDocuments = capabilities.flag("pdf_input", "supported") == true
            model.inputModalities = ["text"] + (seesImages ? ["image"] : []) + (readsDocuments ? ["file"] : [])
        }
    }
}
