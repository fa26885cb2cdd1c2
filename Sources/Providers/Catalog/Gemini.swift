import JSON

extension ProviderDefinition {
    /// Google's Gemini API (AI Studio). Chat goes to its OpenAI-compatible layer; the native list beside it tells more.
    package static let gemini = ProviderDefinition(
        slug: "gemini",
        name: "Google Gemini",
        kind: .text,
        siteURL: "https://ai.google.dev",
        baseURL: "https://generativelanguage.googleapis.com/v1beta/openai",
        keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"],
        listing: ModelListing(
            key: .required,
            // In a field and never in the address, where logs would show it.
            authentication: .field("x-goog-api-key"),
            sources: [
                ListSource(
                    first: ListingRequest(reference: "../models", query: [QueryParameter("pageSize", "1000")]),
                    rows: [["models"]],
                    paging: .token(member: "nextPageToken", parameter: "pageToken"),
                    omitsEmptyRows: true,
                    normalise: GeminiModels.normalise
                )
            ],
            facts: [.gemini, .geminiEmbeddings]
        )
    )
}

private enum GeminiModels {
    @Sendable static func normalise(
        _ item: ListedItem,
        _ context: ListingContext
    ) throws(ItemRefusal) -> [ListedModel] {
        var model = ListedModel(
            providerModelID: try item.id("name", droppingPrefix: "models/"),
            name: item.text("displayName")
        )
        model.description = item.text("description")
        model.contextLength = item.count("inputTokenLimit")
        model.maxOutputTokens = item.count("outputTokenLimit")
        model.supportsReasoning = item.flag("thinking")
        if let methods = item.words("supportedGenerationMethods") {
            model.features = methods
            Self.readUse(methods, into: &model)
        }
        model.metadata = item.metadata("version", "baseModelId", "temperature", "maxTemperature", "topP", "topK")
        model.estimateFromName()
        return [model]
    }

    /// What can be asked of a model tells what it gives: `generateContent` is a chat. What kind of content a model generates
    /// beside text shows in its name only.
    private static func readUse(_ methods: [String], into model: inout ListedModel) {
        let id = model.providerModelID
        if methods.contains("generateContent") {
            if let use = ModelName.useBesidesChat(id), use == .speech {
                model.estimate(use)
            } else {
                let drawsImages = id.contains("-image") || id.hasPrefix("nano-banana")
                model.outputModalities = drawsImages ? ["text", "image"] : ["text"]
                if drawsImages { model.mark(.outputModalities, as: .estimated) }
            }
            return
        }
        model.tag(ModelTag.noChat)
        if methods.contains("bidiGenerateContent") {
            model.outputModalities = ["text", "audio"]
            model.tag(ModelTag.realtime)
            model.mark(.outputModalities, as: .estimated)
        } else if methods.contains("embedContent") || methods.contains("embedText") {
            model.inputModalities = ["text"]
            model.outputModalities = ["embeddings"]
        } else if methods.contains("predictLongRunning") {
            model.outputModalities = ["video"]
            model.mark(.outputModalities, as: .estimated)
        } else if methods.contains("predict") {
            model.outputModalities = ["image"]
            model.mark(.outputModalities, as: .estimated)
        } else if methods.contains("generateAnswer") {
            model.outputModalities = ["text"]
        }
    }
}
