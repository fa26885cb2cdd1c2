import JSON

extension ProviderDefinition {
    /// NEAR AI Cloud. Its own list has prices as an amount with the number of decimal places; the one for OpenAI's clients has
    /// two units in one object, of which the strings, USD per token, are read.
    ///
    /// Documented by the source of the server; a sample was seen.
    package static let near = ProviderDefinition(
        slug: "near",
        name: "NEAR AI Cloud",
        kind: .text,
        siteURL: "https://cloud.near.ai",
        baseURL: "https://cloud-api.near.ai/v1",
        keyVariables: ["NEARAI_API_KEY", "NEAR_API_KEY"],
        listing: ModelListing(
            key: .none,
            sources: [
                ListSource(
                    first: ListingRequest(
                        reference: "model/list",
                        query: [QueryParameter("limit", "100"), QueryParameter("offset", "0")]
                    ),
                    rows: [["models"], ["data"]],
                    total: [["total"]],
                    paging: .offset(parameter: "offset", size: 100),
                    mayBeAbsent: true,
                    shape: NearModels.shape
                ),
                ListSource(
                    first: ListingRequest(reference: "models"),
                    role: .completes,
                    mayBeAbsent: true,
                    shape: NearModels.shape
                ),
            ]
        )
    )
}

private enum NearModels {
    static let shape = RowShape { shape in
        shape.id = ["modelId", "id"]
        shape.name = [["metadata", "modelDisplayName"], ["name"]]
        shape.description = [["metadata", "modelDescription"], ["description"]]
        shape.contextLength = [["metadata", "contextLength"], ["context_length"]]
        shape.maxOutputTokens = [
            ["metadata", "maxOutputLength"], ["top_provider", "max_completion_tokens"], ["max_output_length"],
        ]
        shape.deprecationDate = [["metadata", "deprecationDate"], ["deprecationDate"], ["deprecation_date"]]
        shape.aliases = [["metadata", "aliases"], ["aliases"]]
        shape.inputModalities = [["metadata", "architecture", "inputModalities"], ["input_modalities"]]
        shape.outputModalities = [["metadata", "architecture", "outputModalities"], ["output_modalities"]]
        shape.architecture = "architecture"
        shape.features = [["supported_features"], ["supported_parameters"]]
        shape.capabilities = [
            .word(.tools, ["supported_features"], ["tools"]), .word(.tools, ["supported_parameters"], ["tools"]),
            .word(.reasoning, ["supported_features"], ["reasoning"]),
        ]
        shape.prices = [
            RowShape.PriceList(
                .usdPerToken,
                zero: .unknown,
                [(.prompt, ["pricing", "prompt"]), (.completion, ["pricing", "completion"])]
            )
        ]
        shape.metadata = [
            "inputCostPerToken", "outputCostPerToken", "cacheReadCostPerToken", "metadata", "owned_by", "pricing",
        ]
        shape.adjust = { item, model in
            let members = [
                (PriceField.prompt, "inputCostPerToken"), (.completion, "outputCostPerToken"),
                (.cacheRead, "cacheReadCostPerToken"),
            ]
            for (price, member) in members where item.value(member) != nil {
                model.take(Self.price(item, member), as: price)
            }
        }
    }

    /// `{"amount": 850, "scale": 9, "currency": "USD"}` is 850 thousand-millionths of a dollar per token.
    private static func price(_ item: ListedItem, _ member: String) -> PriceReading {
        guard let scale = item.value(member, "scale")?.int64ReadingStrings(), (0...30).contains(scale) else {
            return .unknown("the price does not say how many decimal places it has")
        }
        if let currency = item.text(member, "currency"), currency.uppercased() != "USD" {
            return .unknown("the price is in \(currency.prefix(20)), not in US dollars")
        }
        return item.price(.scaledUSDPerToken(scale: Int(scale)), zero: .unknown, member, "amount")
    }
}
