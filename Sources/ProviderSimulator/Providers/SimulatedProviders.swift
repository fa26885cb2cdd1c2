/// The providers that are impersonated, and how the right one is found.
enum SimulatedProviders {
    /// One line each. What is not among them is ``generic``.
    static let all: [any SimulatedProvider] = [
        OpenRouter(),
        OpenAI(),
        Anthropic(),
        Gemini(),
        Ollama(),
        OrdinaryProvider.deepInfra,
        OrdinaryProvider.featherless,
        OrdinaryProvider.groq,
        OrdinaryProvider.fireworks,
        OrdinaryProvider.together,
        OrdinaryProvider.huggingFace,
        OrdinaryProvider.xAI,
        OrdinaryProvider.cerebras,
        OrdinaryProvider.vertex,
        OrdinaryProvider.nebius,
        OrdinaryProvider.novita,
        OrdinaryProvider.helicone,
        OrdinaryProvider.aiHubMix,
        OrdinaryProvider.anannas,
        OrdinaryProvider.aimo,
        OrdinaryProvider.near,
        OrdinaryProvider.chutes,
        OrdinaryProvider.alibaba,
        OrdinaryProvider.fal,
        OrdinaryProvider.vercel,
        OrdinaryProvider.vLLM,
        OrdinaryProvider.llamaCpp,
        OrdinaryProvider.lmStudio,
        generic,
    ]

    /// For every other host.
    static let generic = Generic()

    private static let byHost: [String: any SimulatedProvider] = {
        var byHost: [String: any SimulatedProvider] = [:]
        for provider in Self.all {
            for host in provider.hosts { byHost[host] = provider }
        }
        return byHost
    }()

    private static let bySlug: [String: any SimulatedProvider] = Dictionary(
        uniqueKeysWithValues: Self.all.map { ($0.slug, $0) }
    )

    /// The provider of this name.
    static func provider(slug: String) -> (any SimulatedProvider)? { Self.bySlug[slug] }

    /// Splits a path into the provider that it is meant for and the path there.
    ///
    /// - Parameters:
    ///   - path: begins with the provider's host (`/api.openai.com/v1/models`) or slug (`/openai/v1/models`).
    ///   - hostHeader: decides where the path names neither.
    /// - Returns: the provider, its host, and the path without the first segment.
    static func find(
        path: String,
        hostHeader: String?
    ) -> (provider: any SimulatedProvider, host: String, path: String) {
        let rest = path.dropFirst()
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        let segment = rest[..<end].lowercased()
        let remainder = end == rest.endIndex ? "/" : String(rest[end...])
        if let provider = Self.byHost[segment] { return (provider, segment, remainder) }
        if let provider = Self.bySlug[segment] { return (provider, provider.hosts.first ?? segment, remainder) }
        if segment.contains(".") || segment.contains(":") || segment == "localhost" {
            return (Self.generic, segment, remainder)
        }
        let name = hostHeader?.lowercased() ?? ""
        if let provider = Self.byHost[name] { return (provider, name, path) }
        return (Self.generic, name, path)
    }
}
