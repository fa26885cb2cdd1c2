import JSON

extension ProviderDefinition {
    /// DeepInfra. The list that it has for OpenAI's clients prices chat models and says nothing of half of the others; its own
    /// list beside it says what those are for, and what is withdrawn.
    ///
    /// Seen: the first list (February 2026). Documented by clients only: the second.
    package static let deepInfra = ProviderDefinition(
        slug: "deepinfra",
        name: "DeepInfra",
        kind: .text,
        siteURL: "https://deepinfra.com",
        baseURL: "https://api.deepinfra.com/v1/openai",
        keyVariables: ["DEEPINFRA_API_KEY", "DEEPINFRA_TOKEN"],
        listing: ModelListing(
            key: .optional,
            sources: [
                ListSource(first: ListingRequest(reference: "models"), shape: DeepInfraModels.compatible),
                ListSource(
                    first: ListingRequest(reference: "/models/list"),
                    role: .describes,
                    mayBeAbsent: true,
                    shape: DeepInfraModels.native
                ),
            ]
        )
    )
}

private enum DeepInfraModels {
    /// USD per million tokens; `metadata` is null where the model is not billed by the token.
    static let compatible = RowShape { shape in
        shape.description = [["metadata", "description"]]
        shape.contextLength = [["metadata", "context_length"]]
        shape.maxOutputTokens = [["metadata", "max_tokens"]]
        shape.prices = [
            RowShape.PriceList(
                .usdPerMillionTokens,
                zero: .unknown,
                [
                    (.prompt, ["metadata", "pricing", "input_tokens"]),
                    (.completion, ["metadata", "pricing", "output_tokens"]),
                    (.cacheRead, ["metadata", "pricing", "cache_read_tokens"]),
                    (.cacheWrite, ["metadata", "pricing", "cache_write_tokens"]),
                ]
            )
        ]
        shape.features = [["metadata", "tags"]]
        shape.metadata = ["owned_by", "root", "parent", "metadata"]
        shape.adjust = { item, model in
            // The tags name what stands out: that one is missing says nothing.
            if model.features.contains("vision") {
                model.supportsVision = true
                model.inputModalities = ["text", "image"]
            }
            if model.features.contains("reasoning_effort") || model.features.contains("reasoning") {
                model.supportsReasoning = true
            }
            // A price for what is said means that something is said.
            guard model.outputModalities.isEmpty, model.pricing.completion != nil else { return }
            model.outputModalities = ["text"]
            model.mark(.outputModalities, as: .estimated)
        }
    }

    /// US cents per token, where `pricing.type` says tokens; per image or second elsewhere. `max_tokens` is the context.
    static let native = RowShape { shape in
        shape.id = ["model_name", "id"]
        shape.description = [["description"]]
        shape.contextLength = [["max_tokens"]]
        shape.successor = [["replaced_by"]]
        shape.kind = RowShape.Kind(
            ["reported_type"],
            [
                "text-generation": .chat, "embeddings": .embedding, "reranker": .rerank, "text-to-image": .image,
                "text-to-speech": .speech, "automatic-speech-recognition": .transcription, "text-to-video": .video,
            ]
        )
        shape.metadata = ["type", "reported_type", "replaced_by", "deprecated"]
        shape.adjust = { item, model in
            if item.text("pricing", "type") == "tokens" {
                for (price, member) in [(PriceField.prompt, "input"), (.completion, "output")] {
                    let path = ["pricing", "cents_per_\(member)_token"]
                    model.take(item.price(.usdCentsPerToken, zero: .unknown, at: path), as: price)
                }
            }
            if item.flag("deprecated") == true || item.count("deprecated") != nil { model.tag(ModelTag.deprecated) }
        }
    }
}
