import JSON

extension ProviderDefinition {
    /// Groq. Its list has limits, and neither prices nor what a model does.
    ///
    /// Seen: October 2025 and January 2026. A `pricing` member, which newer lists are said to have, is kept and not read: its
    /// unit is documented nowhere.
    package static let groq = ProviderDefinition(
        slug: "groq",
        name: "Groq",
        kind: .text,
        siteURL: "https://console.groq.com",
        baseURL: "https://api.groq.com/openai/v1",
        keyVariables: ["GROQ_API_KEY"],
        listing: ModelListing(
            key: .required,
            sources: [ListSource(first: ListingRequest(reference: "models"), shape: GroqModels.shape)],
            facts: [.groq]
        )
    )
}

private enum GroqModels {
    static let shape = RowShape { shape in
        shape.contextLength = [["context_window"]]
        shape.maxOutputTokens = [["max_completion_tokens"]]
        shape.metadata = ["created", "owned_by", "active", "public_apps", "pricing"]
        shape.otherwise = .chat
        shape.adjust = { item, model in
            model.isActive = item.flag("active")
            // Speech comes with a length of output in other units, which is longer than the context.
            if let output = model.maxOutputTokens, let context = model.contextLength, output > context {
                model.maxOutputTokens = nil
                model.remark("\(output) is more than the context of \(context)", on: .maxOutputTokens)
            }
        }
    }
}
