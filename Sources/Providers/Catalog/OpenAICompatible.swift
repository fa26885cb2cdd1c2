import JSON

extension ProviderDefinition {
    /// Any server that speaks OpenAI's API and that a person adds by its address, for instance a company's own gateway.
    package static let openAICompatible = ProviderDefinition(
        slug: "openai-compatible",
        name: "OpenAI-compatible server",
        kind: .local,
        siteURL: "",
        baseURL: "http://localhost:8000/v1",
        keyVariables: ["OPENAI_COMPATIBLE_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "models"),
                    // llama.cpp answers with both, and `data` tells more.
                    rows: ListSource.usualRows,
                    normalise: OpenAICompatibleModels.normalise
                )
            ],
            mayBeEmpty: true
        ),
        refreshInterval: .seconds(3600),
        isEnabledByDefault: false,
        mayBeAbsent: true,
        isTemplate: true
    )
}

private enum OpenAICompatibleModels {
    /// Prices are not read: servers that print some do not agree on a unit. They stay in the metadata, as sent.
    @Sendable static func normalise(
        _ item: ListedItem,
        _ context: ListingContext
    ) throws(ItemRefusal) -> [ListedModel] {
        let id = try item.id("id", "model", "name")
        var model = ListedModel(providerModelID: id, name: item.text("display_name") ?? item.text("name"))
        model.description = item.text("description")
        model.contextLength =
            item.count("context_length") ?? item.count("max_model_len") ?? item.count("context_window")
            ?? item.count("max_context_length") ?? item.count("meta", "n_ctx_train")
        model.maxOutputTokens = item.count("max_output_tokens") ?? item.count("max_completion_tokens")
        if let (inputs, outputs) = item.modalities() {
            model.inputModalities = inputs
            model.outputModalities = outputs
            model.supportsVision = inputs.contains("image")
        } else if let use = ModelName.useBesidesChat(id) {
            model.estimate(use)
        }
        model.metadata = item.metadata("created", "owned_by", "root", "parent", "pricing", "meta")
        model.estimateFromName()
        return [model]
    }
}
