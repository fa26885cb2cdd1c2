import JSON

extension ProviderDefinition {
    /// LM Studio: its own list says of every model on disk what it is and how long its context may be; OpenAI's list stands in
    /// for it where it is switched off.
    package static let lmStudio = ProviderDefinition(
        slug: "lm-studio",
        name: "LM Studio",
        kind: .local,
        siteURL: "https://lmstudio.ai",
        baseURL: "http://localhost:1234/v1",
        keyVariables: ["LM_API_TOKEN", "LMSTUDIO_API_KEY"],
        listing: ModelListing(
            key: .optional,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "../api/v0/models"),
                    mayBeAbsent: true,
                    shape: LMStudioModels.shape
                ),
                ListSource(
                    first: ListingRequest(reference: "models"),
                    role: .completes,
                    mayBeAbsent: true,
                    shape: LMStudioModels.shape
                ),
            ],
            mayBeEmpty: true
        ),
        refreshInterval: .seconds(300),
        isEnabledByDefault: false,
        mayBeAbsent: true,
        isTemplate: true
    )
}

private enum LMStudioModels {
    static let shape = RowShape { shape in
        shape.id = ["id", "key"]
        shape.name = [["display_name"]]
        shape.contextLength = [["loaded_context_length"], ["max_context_length"]]
        shape.kind = RowShape.Kind(
            ["type"],
            ["llm": .chat, "vlm": .chat, "embeddings": .embedding, "embedding": .embedding]
        )
        shape.features = [["capabilities"]]
        shape.capabilities = [
            .word(.tools, ["capabilities"], ["tool_use"]), .flag(.tools, ["capabilities", "trained_for_tool_use"]),
            .flag(.vision, ["capabilities", "vision"]),
        ]
        shape.metadata = [
            "publisher", "arch", "architecture", "compatibility_type", "format", "quantization", "state", "size_bytes",
            "max_context_length",
        ]
        shape.otherwise = .chat
        shape.adjust = { item, model in
            model.markAsLocal()
            if let kind = item.text("type"), ["llm", "vlm"].contains(kind) {
                model.supportsVision = kind == "vlm" || item.flag("capabilities", "vision") == true
                model.inputModalities = model.supportsVision == true ? ["text", "image"] : ["text"]
            }
            model.sizeB = item.text("params_string").flatMap { ModelName.sizeB($0) }
        }
    }
}
