import FoundationEssentials
import JSON

extension ProviderDefinition {
    /// llama.cpp's server: the list says what the model was trained with, `/props` with how much of it it was started.
    package static let llamaCpp = ProviderDefinition(
        slug: "llama-cpp",
        name: "llama.cpp",
        kind: .local,
        siteURL: "https://github.com/ggml-org/llama.cpp",
        baseURL: "http://localhost:8080/v1",
        keyVariables: ["LLAMA_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [
                // It answers with both, and `data` tells more.
                ListSource(first: ListingRequest(reference: "models"), shape: LlamaCppModels.shape)
            ],
            followUp: FollowUp(batch: .max, request: LlamaCppModels.properties, apply: LlamaCppModels.apply),
            mayBeEmpty: true
        ),
        refreshInterval: .seconds(300),
        isEnabledByDefault: false,
        mayBeAbsent: true,
        isTemplate: true
    )
}

private enum LlamaCppModels {
    static let shape = RowShape { shape in
        shape.id = ["id", "model", "name"]
        shape.name = []
        shape.contextLength = [["meta", "n_ctx"], ["meta", "n_ctx_train"]]
        shape.aliases = [["aliases"]]
        shape.features = [["capabilities"]]
        shape.metadata = ["owned_by", "meta", "details", "status"]
        shape.otherwise = .chat
        shape.adjust = { item, model in
            model.markAsLocal()
            if let count = item.value("meta", "n_params")?.decimalReadingStrings(), count > 0 {
                model.sizeB = ModelName.billions(of: count)
            }
        }
    }

    /// What it was started with, for a server that has one model. One that has several starts each with settings of its own.
    @Sendable static func properties(_ models: [ListedModel]) -> ListingRequest {
        ListingRequest(reference: "../props")
    }

    @Sendable static func apply(_ answer: JSONValue, _ models: [ListedModel]) throws(ListingError) -> [ListedModel] {
        guard let object = answer.objectValue else {
            throw ListingError(.unexpectedShape, "the server's properties are \(answer.kind), not an object")
        }
        guard models.count == 1, var model = models.first else { return models }
        let item = ListedItem(object)
        if let length = item.count("default_generation_settings", "n_ctx") ?? item.count("n_ctx") {
            model.contextLength = length
        }
        if let vision = item.flag("modalities", "vision") {
            model.supportsVision = vision
            let hears = item.flag("modalities", "audio") == true
            model.inputModalities = ["text"] + (vision ? ["image"] : []) + (hears ? ["audio"] : [])
            model.mark(.supportsVision, .inputModalities, as: .api)
        }
        if let tools = item.flag("chat_template_caps", "supports_tools") { model.supportsTools = tools }
        model.metadata["total_slots"] = item.value("total_slots")
        model.metadata["build_info"] = item.value("build_info")
        return [model]
    }
}
