import FoundationEssentials
import JSON

extension ProviderDefinition {
    /// Fireworks. What a key may use is in the list for OpenAI's clients; names, sizes and days of withdrawal are in the
    /// control plane's. Neither has a price.
    ///
    /// Seen: one row of the first list (March 2026). Documented: the second.
    package static let fireworks = ProviderDefinition(
        slug: "fireworks",
        name: "Fireworks",
        kind: .text,
        siteURL: "https://fireworks.ai",
        baseURL: "https://api.fireworks.ai/inference/v1",
        keyVariables: ["FIREWORKS_API_KEY"],
        listing: ModelListing(
            key: .required,
            sources: [
                ListSource(first: ListingRequest(reference: "models"), shape: FireworksModels.shape),
                ListSource(
                    first: ListingRequest(
                        reference: "/v1/accounts/fireworks/models",
                        query: [
                            QueryParameter("pageSize", "200"), QueryParameter("filter", "supports_serverless=true"),
                        ]
                    ),
                    rows: [["models"], ["data"]],
                    paging: .token(member: "nextPageToken", parameter: "pageToken"),
                    role: .describes,
                    mayBeAbsent: true,
                    omitsEmptyRows: true,
                    shape: FireworksModels.shape
                ),
            ],
            facts: [.fireworks]
        )
    )
}

private enum FireworksModels {
    /// Both lists: the one spells its members with underscores, the other in camel case, and both give the model's resource
    /// name, which is what a request names.
    static let shape = RowShape { shape in
        shape.id = ["id", "name"]
        shape.name = [["displayName"], ["display_name"]]
        shape.contextLength = [["context_length"], ["contextLength"]]
        shape.deprecationDate = [["deprecationDate"], ["deprecation_date"]]
        shape.capabilities = [
            .flag(.tools, ["supports_tools"]), .flag(.tools, ["supportsTools"]),
            .flag(.vision, ["supports_image_input"]), .flag(.vision, ["supportsImageInput"]),
        ]
        shape.metadata = ["kind", "owned_by", "huggingFaceUrl", "baseModelDetails", "state"]
        shape.adjust = { item, model in
            Self.readUse(item, into: &model)
            if let count = item.value("baseModelDetails", "parameterCount")?.decimalReadingStrings(), count > 0 {
                model.sizeB = ModelName.billions(of: count)
            }
        }
    }

    private static func readUse(_ item: ListedItem, into model: inout ListedModel) {
        if item.text("kind") == "FLUMINA_BASE_MODEL" {
            model.inputModalities = ["text"]
            model.outputModalities = ["image"]
            model.mark(.outputModalities, as: .api)
            return
        }
        if item.flag("supports_chat") == true {
            model.outputModalities = ["text"]
            model.mark(.outputModalities, as: .api)
            if let vision = model.supportsVision { model.inputModalities = vision ? ["text", "image"] : ["text"] }
        } else if item.flag("supports_chat") == false {
            model.tag(ModelTag.noChat)
        }
    }
}
