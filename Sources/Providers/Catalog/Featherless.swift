import JSON

extension ProviderDefinition {
    /// Featherless: thousands of open models at a flat rate, so that most rows have no price.
    ///
    /// Documented: the rows and their parameters `page` and `per_page`. Unverified: that a price, which some clients expect in
    /// the rows, is in USD per token; it is held against known ones.
    package static let featherless = ProviderDefinition(
        slug: "featherless",
        name: "Featherless",
        kind: .text,
        siteURL: "https://featherless.ai",
        baseURL: "https://api.featherless.ai/v1",
        keyVariables: ["FEATHERLESS_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [
                ListSource(
                    first: ListingRequest(
                        reference: "models",
                        query: [QueryParameter("page", "1"), QueryParameter("per_page", "1000")]
                    ),
                    total: [["total"], ["pagination", "total"], ["pagination", "total_count"]],
                    paging: .number(parameter: "page", size: 1000),
                    shape: FeatherlessModels.shape
                )
            ],
            doubtsUnit: true
        ),
        refreshInterval: .seconds(24 * 3600)
    )
}

private enum FeatherlessModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["context_length"]]
        shape.maxOutputTokens = [["max_completion_tokens"]]
        shape.prices = [
            RowShape.PriceList(
                .usdPerToken,
                zero: .unknown,
                [(.prompt, ["pricing", "prompt"]), (.completion, ["pricing", "completion"])]
            )
        ]
        shape.metadata = ["model_class", "is_gated", "available_on_current_plan", "owned_by", "pricing"]
        shape.otherwise = .chat
        shape.adjust = { item, model in
            // Told only to who has a key: a model of another plan answers 403.
            if item.flag("available_on_current_plan") == false { model.isActive = false }
        }
    }
}
