import JSON

extension ProviderDefinition {
    /// Anannas, a gateway to the models of others.
    ///
    /// Documented: `pricing.prompt` and `.completion` as strings in USD per token. Clients have seen `pricing.input` and
    /// `.output` as numbers in a unit that nobody states: those are kept and not read. Whatever is read is held against known
    /// prices. No list of it was seen, so that a new registry begins with it switched off.
    package static let anannas = ProviderDefinition(
        slug: "anannas",
        name: "Anannas",
        kind: .aggregator,
        siteURL: "https://anannas.ai",
        baseURL: "https://api.anannas.ai/v1",
        keyVariables: ["ANANNAS_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "models", query: [QueryParameter("details", "true")]),
                    shape: AnannasModels.shape
                )
            ],
            doubtsUnit: true
        ),
        isEnabledByDefault: false
    )
}

private enum AnannasModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["context_length"], ["context_window"]]
        shape.maxOutputTokens = [["max_output"], ["max_output_tokens"], ["max_completion_tokens"]]
        shape.prices = [
            RowShape.PriceList(
                .usdPerToken,
                zero: .free,
                [(.prompt, ["pricing", "prompt"]), (.completion, ["pricing", "completion"])]
            ),
            RowShape.PriceList(.usdPerRequest, zero: .free, [(.request, ["pricing", "request"])]),
        ]
        shape.architecture = "architecture"
        shape.features = [["capabilities"], ["supported_parameters"]]
        shape.capabilities = [
            .word(.tools, ["capabilities"], ["tool_calling", "tools"]),
            .word(.tools, ["supported_parameters"], ["tools", "tool_choice"]),
            .word(.reasoning, ["capabilities"], ["reasoning"]),
            .word(.reasoning, ["supported_parameters"], ["reasoning", "include_reasoning"]),
            .word(.schema, ["supported_parameters"], ["structured_outputs"]),
        ]
        shape.metadata = ["owned_by", "provider", "pricing", "architecture"]
        shape.otherwise = .chat
        shape.adjust = { item, model in
            for (price, member) in [(PriceField.prompt, "input"), (.completion, "output")]
            where model.pricing[price] == nil && item.value("pricing", member) != nil {
                model.remark("the unit of pricing.\(member) is documented nowhere", on: price.field)
            }
        }
    }
}
