import JSON

extension ProviderDefinition {
    /// xAI. Three lists: language models with prices, image models, and one of everything, which since 2026 has lengths of
    /// context. What they show depends on what the key may use.
    ///
    /// Seen: the plain list of 2025. Documented with an example: the other two. Prices are whole numbers of US cents per
    /// hundred million tokens, 12500 being 1.25 USD per million; 0 means that there is no such price. What `image_price` counts
    /// is documented in two ways, so that it is kept and not read.
    package static let xAI = ProviderDefinition(
        slug: "xai",
        name: "xAI",
        kind: .text,
        siteURL: "https://console.x.ai",
        baseURL: "https://api.x.ai/v1",
        keyVariables: ["XAI_API_KEY"],
        listing: ModelListing(
            key: .required,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "language-models"),
                    rows: [["models"], ["data"]],
                    mayBeAbsent: true,
                    shape: XAIModels.language
                ),
                ListSource(
                    first: ListingRequest(reference: "image-generation-models"),
                    rows: [["models"], ["data"]],
                    role: .completes,
                    mayBeAbsent: true,
                    shape: XAIModels.images
                ),
                ListSource(
                    first: ListingRequest(reference: "models"),
                    role: .completes,
                    mayBeAbsent: true,
                    shape: XAIModels.language
                ),
            ]
        )
    )
}

private enum XAIModels {
    static let language = RowShape { shape in
        shape.contextLength = [["context_length"], ["max_prompt_length"]]
        shape.maxOutputTokens = [["max_completion_tokens"], ["max_output_tokens"]]
        shape.aliases = [["aliases"]]
        shape.prices = [
            RowShape.PriceList(
                .usdCentsPerHundredMillionTokens,
                zero: .unknown,
                [
                    (.prompt, ["prompt_text_token_price"]), (.completion, ["completion_text_token_price"]),
                    (.cacheRead, ["cached_prompt_text_token_price"]),
                ]
            )
        ]
        shape.inputModalities = [["input_modalities"]]
        shape.outputModalities = [["output_modalities"]]
        shape.metadata = Self.metadata
        shape.otherwise = .chat
    }

    /// An image is billed by the image, whatever tokens go into it.
    static let images = RowShape { shape in
        shape.contextLength = [["max_prompt_length"]]
        shape.aliases = [["aliases"]]
        shape.inputModalities = [["input_modalities"]]
        shape.outputModalities = [["output_modalities"]]
        shape.metadata = Self.metadata
        shape.adjust = { item, model in
            if model.inputModalities.isEmpty { model.inputModalities = ["text"] }
            if item.words("output_modalities")?.isEmpty ?? true {
                model.outputModalities = ["image"]
                model.mark(.outputModalities, .modality, as: .api)
            }
            if item.value("image_price") != nil {
                model.remark("what the price of an image is counted in is documented in two ways", on: .pricingImage)
            }
        }
    }

    private static let metadata = [
        "created", "owned_by", "version", "aliases", "prompt_text_token_price", "completion_text_token_price",
        "cached_prompt_text_token_price", "prompt_image_token_price", "generated_image_token_price", "image_price",
        "search_price", "prompt_text_token_price_long_context", "completion_text_token_price_long_context",
        "cached_prompt_text_token_price_long_context", "long_context_threshold",
    ]
}
