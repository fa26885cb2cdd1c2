/// Every kind of provider that this program knows.
package enum ProviderCatalog {
    /// The definitions. A new registry gets its rows in this order, so that OpenRouter is the provider with id 1.
    package static let all: [ProviderDefinition] = [
        .openRouter,
        .openAI,
        .anthropic,
        .gemini,
        .ollama,
        .deepInfra,
        .featherless,
        .groq,
        .fireworks,
        .together,
        .huggingFace,
        .xAI,
        .cerebras,
        .vertex,
        .nebius,
        .novita,
        .helicone,
        .aiHubMix,
        .anannas,
        .aimo,
        .near,
        .chutes,
        .alibaba,
        .fal,
        .vercel,
        .openAICompatible,
        .vLLM,
        .llamaCpp,
        .lmStudio,
    ]

    /// Those that are rows of a new registry.
    package static var seeded: [ProviderDefinition] { self.all.filter { !$0.isTemplate } }

    /// The definition for a row of `providers`: by its adapter, or by its slug where the adapter is left empty.
    ///
    /// - Parameters:
    ///   - slug: the row's slug, which may be one that a person chose.
    ///   - adapter: the row's adapter.
    /// - Returns: the definition, or nil where the row names an adapter that does not exist.
    package static func definition(slug: String, adapter: String?) -> ProviderDefinition? {
        guard let adapter, !adapter.isEmpty else { return self.all.first { $0.slug == slug } }
        return self.all.first { $0.adapter == adapter }
    }
}
