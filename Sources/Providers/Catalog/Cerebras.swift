import JSON

extension ProviderDefinition {
    /// Cerebras. A public list has prices, limits and abilities; the one for a key has ids, and may have more of them.
    ///
    /// Seen: both, the public one trimmed (August 2026). Rows of previews are said to be wrong at times.
    package static let cerebras = ProviderDefinition(
        slug: "cerebras",
        name: "Cerebras",
        kind: .text,
        siteURL: "https://cloud.cerebras.ai",
        baseURL: "https://api.cerebras.ai/v1",
        keyVariables: ["CEREBRAS_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "/public/v1/models"),
                    mayBeAbsent: true,
                    shape: CerebrasModels.shape
                ),
                ListSource(
                    first: ListingRequest(reference: "models"),
                    role: .completes,
                    mayBeAbsent: true,
                    needsKey: true,
                    shape: CerebrasModels.shape
                ),
            ],
            facts: [.cerebras]
        )
    )
}

private enum CerebrasModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["limits", "max_context_length"]]
        shape.maxOutputTokens = [["limits", "max_completion_tokens"]]
        shape.prices = [
            RowShape.PriceList(
                .usdPerToken,
                zero: .unknown,
                [
                    (.prompt, ["pricing", "prompt"]), (.completion, ["pricing", "completion"]),
                    (.cacheRead, ["pricing", "input_cache_read"]),
                ]
            )
        ]
        shape.capabilities = [
            .flag(.tools, ["capabilities", "tools"]), .flag(.tools, ["capabilities", "function_calling"]),
            .flag(.vision, ["capabilities", "vision"]), .flag(.reasoning, ["capabilities", "reasoning"]),
            .flag(.schema, ["capabilities", "structured_outputs"]),
        ]
        shape.metadata = ["owned_by", "hugging_face_id", "pricing", "limits", "capabilities", "architecture"]
        shape.otherwise = .chat
        shape.adjust = { item, model in
            // `text+vision` is what goes in; text is what comes out.
            if let modality = item.text("architecture", "modality"), !modality.contains("->") {
                model.inputModalities = Modality.words(modality.split(separator: "+").map(String.init))
                if model.supportsVision == nil { model.supportsVision = model.inputModalities.contains("image") }
            }
            if item.flag("deprecated") == true { model.tag(ModelTag.deprecated) }
            if item.flag("preview") == true { model.tag(ModelTag.preview) }
        }
    }
}
