import JSON

extension ProviderDefinition {
    /// AiHubMix. Lists come as strings with commas, numbers as numbers or strings.
    ///
    /// Documented: the shape, and prices “per 1K tokens”. What clients recorded of it is plainly per million (gpt-5 at 1.25 and
    /// 10), which is what is read here; the list is held against known prices, and if the documents turn out to be right, no
    /// price of it is taken over. No list of it was seen, so that a new registry begins with it switched off.
    package static let aiHubMix = ProviderDefinition(
        slug: "aihubmix",
        name: "AiHubMix",
        kind: .aggregator,
        siteURL: "https://aihubmix.com",
        baseURL: "https://aihubmix.com/v1",
        keyVariables: ["AIHUBMIX_API_KEY"],
        listing: ModelListing(
            key: .none,
            sources: [ListSource(first: ListingRequest(reference: "/api/v1/models"), shape: AiHubMixModels.shape)],
            doubtsUnit: true
        ),
        isEnabledByDefault: false
    )
}

private enum AiHubMixModels {
    static let shape = RowShape { shape in
        shape.id = ["model_id", "id"]
        shape.name = [["model_name"]]
        shape.description = [["desc"], ["description"]]
        shape.contextLength = [["context_length"]]
        shape.maxOutputTokens = [["max_output"]]
        shape.inputModalities = [["input_modalities"]]
        shape.outputModalities = [["output_modalities"]]
        shape.features = [["features"]]
        shape.capabilities = [
            .word(.tools, ["features"], ["tools", "function_calling"]), .word(.reasoning, ["features"], ["thinking"]),
            .word(.schema, ["features"], ["structured_outputs"]),
        ]
        shape.metadata = ["types", "pricing", "input_modalities", "features"]
        shape.adjust = { item, model in
            let kinds = item.words("types") ?? []
            Self.readUse(kinds, into: &model)
            let isBilledByToken = kinds.isEmpty || kinds.contains { Self.billedByToken.contains($0) }
            let members = [
                (PriceField.prompt, "input"), (.completion, "output"), (.cacheRead, "cache_read"),
                (.cacheWrite, "cache_write"),
            ]
            for (price, member) in members {
                let reading = item.price(.usdPerMillionTokens, zero: .unknown, at: ["pricing", member])
                guard isBilledByToken || reading.amount == nil else {
                    model.take(.unknown("models of this kind are not billed by the token"), as: price)
                    continue
                }
                model.take(reading, as: price)
            }
        }
    }

    private static let billedByToken = ["llm", "t2t", "embedding", "rerank"]

    private static let uses: [String: ModelName.Use] = [
        "llm": .chat, "t2t": .chat, "image_generation": .image, "t2i": .image, "video": .video, "t2v": .video,
        "tts": .speech, "stt": .transcription, "embedding": .embedding, "rerank": .rerank,
    ]

    /// A model of several kinds gives what each of them gives.
    private static func readUse(_ kinds: [String], into model: inout ListedModel) {
        let uses = kinds.compactMap { self.uses[$0] }
        guard !uses.isEmpty, model.outputModalities.isEmpty || model.origin(of: .outputModalities) == .estimated else {
            return
        }
        model.outputModalities = Modality.words(uses.flatMap(\.outputs))
        if model.inputModalities.isEmpty || model.origin(of: .inputModalities) == .estimated {
            model.inputModalities = Modality.words(uses.flatMap(\.inputs))
        }
        model.mark(.inputModalities, .outputModalities, .modality, .tags, as: .api)
    }
}
