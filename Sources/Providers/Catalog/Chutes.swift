import JSON

extension ProviderDefinition {
    /// Chutes: open models on rented hardware. Without a key only those in confidential computing are listed.
    ///
    /// Seen: the rows of 2025, with one price for both directions, and one of 2026.
    package static let chutes = ProviderDefinition(
        slug: "chutes",
        name: "Chutes",
        kind: .text,
        siteURL: "https://chutes.ai",
        baseURL: "https://llm.chutes.ai/v1",
        keyVariables: ["CHUTES_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [ListSource(first: ListingRequest(reference: "models"), shape: ChutesModels.shape)]
        )
    )
}

private enum ChutesModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["context_length"], ["max_model_len"]]
        shape.maxOutputTokens = [["max_output_length"]]
        // The same price stands in `pricing`, in `price` for each direction, and before 2026 in `price` for both.
        shape.prices = [
            RowShape.PriceList(
                .usdPerMillionTokens,
                zero: .unknown,
                [
                    (.prompt, ["pricing", "prompt"]), (.completion, ["pricing", "completion"]),
                    (.cacheRead, ["pricing", "input_cache_read"]), (.prompt, ["price", "input", "usd"]),
                    (.completion, ["price", "output", "usd"]), (.cacheRead, ["price", "input_cache_read", "usd"]),
                    (.prompt, ["price", "usd"]), (.completion, ["price", "usd"]),
                ]
            )
        ]
        shape.inputModalities = [["input_modalities"]]
        shape.outputModalities = [["output_modalities"]]
        shape.features = [["supported_features"]]
        shape.capabilities = [
            .word(.tools, ["supported_features"], ["tools"]), .word(.reasoning, ["supported_features"], ["reasoning"]),
            .word(.schema, ["supported_features"], ["structured_outputs"]),
        ]
        // `created` is stamped anew, and the price in TAO follows an exchange.
        shape.metadata = [
            "owned_by", "root", "quantization", "chute_id", "confidential_compute", "supported_sampling_parameters",
            "pricing",
        ]
        shape.otherwise = .chat
    }
}
