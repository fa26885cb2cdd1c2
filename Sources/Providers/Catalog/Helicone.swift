import JSON

extension ProviderDefinition {
    /// Helicone's AI gateway. Its registry of models is public and on another host.
    ///
    /// Documented by its OpenAPI description; no list of it was seen. A model has several endpoints, each with prices in USD
    /// per million tokens; the one that counts is that of the model's own maker, otherwise the first.
    package static let helicone = ProviderDefinition(
        slug: "helicone",
        name: "Helicone",
        kind: .aggregator,
        siteURL: "https://www.helicone.ai",
        baseURL: "https://ai-gateway.helicone.ai/v1",
        keyVariables: ["HELICONE_API_KEY"],
        listing: ModelListing(
            key: .none,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "https://jawn.helicone.ai/v1/public/model-registry/models"),
                    rows: [["data", "models"]] + ListSource.usualRows,
                    total: [["data", "total"]],
                    shape: HeliconeModels.shape
                )
            ]
        )
    )
}

private enum HeliconeModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["contextLength"], ["context_length"]]
        shape.maxOutputTokens = [["maxOutput"], ["max_output"]]
        shape.inputModalities = [["inputModalities"]]
        shape.outputModalities = [["outputModalities"]]
        shape.features = [["supportedParameters"]]
        shape.capabilities = [
            .word(.tools, ["supportedParameters"], ["tools", "tool_choice"]),
            .word(.reasoning, ["supportedParameters"], ["reasoning", "include_reasoning", "reasoning_effort"]),
            .word(.schema, ["supportedParameters"], ["structured_outputs"]),
        ]
        shape.metadata = ["author", "trainingDate", "endpoints"]
        shape.otherwise = .chat
        shape.adjust = { item, model in
            let rows = (item.value("endpoints")?.arrayValue ?? []).compactMap(\.objectValue).map { ListedItem($0) }
            let author = item.text("author")?.lowercased()
            let own = rows.first { $0.text("provider")?.lowercased() == author || $0.text("providerSlug") == author }
            guard let endpoint = own ?? rows.first else { return }
            let members = [
                (PriceField.prompt, "prompt"), (.completion, "completion"), (.cacheRead, "cacheRead"),
                (.cacheWrite, "cacheWrite"), (.reasoning, "thinking"),
            ]
            for (price, member) in members {
                let path = ["pricing", member]
                model.take(endpoint.price(.usdPerMillionTokens, zero: .unknown, at: path), as: price)
            }
        }
    }
}
