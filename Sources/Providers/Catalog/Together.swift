import JSON

extension ProviderDefinition {
    /// Together AI: chat, images, video, speech and more in one array.
    ///
    /// Seen: January 2026. Models that are only rented by the hour are listed with prices of 0, which are none.
    package static let together = ProviderDefinition(
        slug: "together",
        name: "Together AI",
        kind: .text,
        siteURL: "https://api.together.ai",
        baseURL: "https://api.together.xyz/v1",
        keyVariables: ["TOGETHER_API_KEY"],
        otherKeyHosts: ["api.together.ai"],
        listing: ModelListing(
            key: .required,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "models"),
                    rows: [[], ["data"], ["models"]],
                    shape: TogetherModels.shape
                )
            ]
        )
    )
}

private enum TogetherModels {
    /// Kinds that are billed by the token. Speech is billed by the character, and transcription by the minute, in the same
    /// members.
    private static let billedByToken = ["chat", "language", "code", "embedding", "moderation", "rerank"]

    static let shape = RowShape { shape in
        shape.name = [["display_name"]]
        shape.contextLength = [["context_length"]]
        shape.maxOutputTokens = [["config", "max_output_length"]]
        shape.kind = RowShape.Kind(
            ["type"],
            [
                "chat": .chat, "language": .completion, "code": .completion, "image": .image, "video": .video,
                "audio": .speech, "embedding": .embedding, "moderation": .moderation, "rerank": .rerank,
                "transcribe": .transcription,
            ]
        )
        shape.metadata = ["type", "organization", "link", "license", "pricing"]
        shape.adjust = { item, model in Self.readPrices(item, into: &model) }
    }

    /// USD per million tokens.
    private static func readPrices(_ item: ListedItem, into model: inout ListedModel) {
        let members = [
            (PriceField.prompt, ["pricing", "input"]), (.completion, ["pricing", "output"]),
            (.cacheRead, ["pricing", "cached_input"]),
        ]
        for (price, path) in members {
            let reading = item.price(.usdPerMillionTokens, zero: .unknown, at: path)
            if let kind = item.text("type"), !self.billedByToken.contains(kind.lowercased()), reading.amount != nil {
                model.take(.unknown("models for \(kind.prefix(40)) are not billed by the token"), as: price)
            } else {
                model.take(reading, as: price)
            }
        }
    }
}
