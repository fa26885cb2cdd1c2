import JSON

extension ProviderDefinition {
    /// Nebius Token Factory. Only with `verbose=true` does its list say more than ids.
    ///
    /// Seen: the plain list (February 2026) and rows of the full one without prices. Documented by clients: its prices.
    package static let nebius = ProviderDefinition(
        slug: "nebius",
        name: "Nebius Token Factory",
        kind: .text,
        siteURL: "https://tokenfactory.nebius.com",
        baseURL: "https://api.tokenfactory.nebius.com/v1",
        keyVariables: ["NEBIUS_API_KEY"],
        otherKeyHosts: ["api.studio.nebius.com", "api.studio.nebius.ai"],
        listing: ModelListing(
            key: .required,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "models", query: [QueryParameter("verbose", "true")]),
                    shape: NebiusModels.shape
                )
            ]
        )
    )
}

private enum NebiusModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["context_length"]]
        shape.maxOutputTokens = [["max_output_tokens"], ["top_provider", "max_completion_tokens"]]
        shape.prices = [
            RowShape.PriceList(
                .usdPerToken,
                zero: .unknown,
                [
                    (.prompt, ["pricing", "prompt"]), (.completion, ["pricing", "completion"]),
                    (.cacheRead, ["pricing", "input_cache_read"]), (.cacheWrite, ["pricing", "input_cache_write"]),
                ]
            ),
            RowShape.PriceList(.usdPerImage, zero: .unknown, [(.image, ["pricing", "image"])]),
            RowShape.PriceList(.usdPerRequest, zero: .unknown, [(.request, ["pricing", "request"])]),
        ]
        shape.architecture = "architecture"
        shape.features = [["supported_features"], ["supported_parameters"]]
        shape.capabilities = [
            .word(.tools, ["supported_features"], ["tools", "tool_choice", "function_calling"]),
            .word(.reasoning, ["supported_features"], ["reasoning", "thinking"]),
        ]
        shape.otherwise = .chat
        // `created` is stamped anew.
        shape.metadata = ["owned_by", "architecture", "pricing", "quantization", "hugging_face_id"]
    }
}
