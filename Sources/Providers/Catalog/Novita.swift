import JSON

extension ProviderDefinition {
    /// Novita. Its prices are whole numbers: ten-thousandths of a dollar per million tokens, so that 630 is 0.063 USD.
    ///
    /// Seen: the rows of 2024. Documented by clients: the newer ones, and that the list may be had without a key.
    package static let novita = ProviderDefinition(
        slug: "novita",
        name: "Novita",
        kind: .text,
        siteURL: "https://novita.ai",
        baseURL: "https://api.novita.ai/openai/v1",
        keyVariables: ["NOVITA_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [ListSource(first: ListingRequest(reference: "models"), shape: NovitaModels.shape)]
        )
    )
}

private enum NovitaModels {
    static let shape = RowShape { shape in
        shape.name = [["display_name"], ["title"]]
        shape.contextLength = [["context_size"]]
        shape.maxOutputTokens = [["max_output_tokens"]]
        // 0 stands for models that are billed in tiers, and for rows that are tests; -1 for unknown.
        shape.prices = [
            RowShape.PriceList(
                .tenThousandthsOfUSDPerMillionTokens,
                zero: .unknown,
                [(.prompt, ["input_token_price_per_m"]), (.completion, ["output_token_price_per_m"])]
            )
        ]
        shape.inputModalities = [["input_modalities"]]
        shape.outputModalities = [["output_modalities"]]
        shape.kind = RowShape.Kind(
            ["model_type"],
            [
                "chat": .chat, "completion": .completion, "embedding": .embedding, "rerank": .rerank, "image": .image,
                "video": .video, "audio": .speech, "tts": .speech, "moderation": .moderation,
            ]
        )
        shape.features = [["features"], ["tags"]]
        shape.capabilities = [
            .word(.tools, ["features"], ["function-calling", "tools"]), .word(.reasoning, ["features"], ["reasoning"]),
            .word(.schema, ["features"], ["structured-outputs"]),
        ]
        shape.metadata = [
            "owned_by", "status", "model_type", "endpoints", "is_tiered_billing", "tiered_billing_configs",
            "input_token_price_per_m", "output_token_price_per_m",
        ]
        shape.otherwise = .chat
        shape.adjust = { item, model in
            // 1 is in service; 4 is retired, and stays listed.
            switch item.value("status")?.int64ReadingStrings() {
            case 1: model.isActive = true
            case 4: model.isActive = false
            default: break
            }
        }
    }
}
