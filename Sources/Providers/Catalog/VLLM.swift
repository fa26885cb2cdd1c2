import JSON

extension ProviderDefinition {
    /// vLLM: the length of context stands in the list; adapters (LoRA) are listed with the model that they adapt.
    package static let vLLM = ProviderDefinition(
        slug: "vllm",
        name: "vLLM",
        kind: .local,
        siteURL: "https://docs.vllm.ai",
        baseURL: "http://localhost:8000/v1",
        keyVariables: ["VLLM_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [ListSource(first: ListingRequest(reference: "models"), shape: VLLMModels.shape)],
            mayBeEmpty: true
        ),
        refreshInterval: .seconds(300),
        isEnabledByDefault: false,
        mayBeAbsent: true,
        isTemplate: true
    )
}

private enum VLLMModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["max_model_len"]]
        shape.metadata = ["owned_by", "root", "parent"]
        shape.otherwise = .chat
        shape.adjust = { _, model in model.markAsLocal() }
    }
}
