import JSON

extension ProviderDefinition {
    /// OpenAI. Its list says which ids the key may use, and nothing about them: neither price nor limits nor what they do.
    package static let openAI = ProviderDefinition(
        slug: "openai",
        name: "OpenAI",
        kind: .text,
        siteURL: "https://platform.openai.com",
        baseURL: "https://api.openai.com/v1",
        keyVariables: ["OPENAI_API_KEY"],
        listing: ModelListing(
            key: .required,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "models"),
                    normalise: OpenAIModels.normalise
                )
            ],
            facts: [.openAI, .openAIEarlier, .openAIEmbeddings]
        )
    )
}

private enum OpenAIModels {
    @Sendable static func normalise(
        _ item: ListedItem,
        _ context: ListingContext
    ) throws(ItemRefusal) -> [ListedModel] {
        var model = ListedModel(providerModelID: try item.id("id"))
        // A fine-tuned model does what its base does: `ft:gpt-4o-mini-2024-07-18:owner::id`.
        let parts = model.providerModelID.split(separator: ":")
        let base = parts.first == "ft" && parts.count > 1 ? String(parts[1]) : model.providerModelID
        if let use = ModelName.useBesidesChat(base) {
            model.estimate(use)
        } else {
            // What is taken in is not told; guessing `text` would deny the images that most of them accept.
            model.outputModalities = base.contains("audio") ? ["text", "audio"] : ["text"]
            model.mark(.outputModalities, as: .estimated)
        }
        model.metadata = item.metadata("created", "owned_by", "parent", "root")
        model.estimateFromName()
        return [model]
    }
}
