import JSON

extension ProviderDefinition {
    /// Vercel AI Gateway: models of many makers for chat, embeddings, images and video.
    ///
    /// Documented, with one full row as an example. Prices that depend on the length of the prompt stand in `*_tiers` too, and
    /// the one that is taken over is the first tier's.
    package static let vercel = ProviderDefinition(
        slug: "vercel",
        name: "Vercel AI Gateway",
        kind: .image,
        siteURL: "https://vercel.com/ai-gateway",
        baseURL: "https://ai-gateway.vercel.sh/v1",
        keyVariables: ["AI_GATEWAY_API_KEY", "VERCEL_AI_GATEWAY_API_KEY"],
        listing: ModelListing(
            key: .none,
            sources: [ListSource(first: ListingRequest(reference: "models"), shape: VercelModels.shape)]
        )
    )
}

private enum VercelModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["context_window"]]
        shape.maxOutputTokens = [["max_tokens"]]
        shape.prices = [
            RowShape.PriceList(
                .usdPerToken,
                zero: .unknown,
                [
                    (.prompt, ["pricing", "input"]), (.completion, ["pricing", "output"]),
                    (.cacheRead, ["pricing", "input_cache_read"]), (.cacheWrite, ["pricing", "input_cache_write"]),
                ]
            ),
            RowShape.PriceList(.usdPerImage, zero: .unknown, [(.image, ["pricing", "image"])]),
        ]
        shape.kind = RowShape.Kind(
            ["type"],
            [
                "language": .chat, "embedding": .embedding, "image": .image, "video": .video, "reranking": .rerank,
                "transcription": .transcription, "speech": .speech, "realtime": .realtime,
            ]
        )
        shape.features = [["tags"]]
        shape.capabilities = [.word(.tools, ["tags"], ["tool-use"]), .word(.reasoning, ["tags"], ["reasoning"])]
        // `created` is the same for all rows; `released` is the model's own day.
        shape.metadata = ["owned_by", "type", "released", "pricing"]
        shape.adjust = { item, model in
            guard item.text("type") == "language", let tags = item.words("tags"), !tags.isEmpty else { return }
            let sees = tags.contains("vision")
            model.supportsVision = sees
            model.inputModalities = ["text"] + (sees ? ["image"] : []) + (tags.contains("file-input") ? ["file"] : [])
            if tags.contains("image-generation") { model.outputModalities = ["text", "image"] }
        }
    }
}
