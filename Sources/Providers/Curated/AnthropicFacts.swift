extension CuratedFacts {
    /// Anthropic's prices and limits, as OpenRouter passes them on without a margin. Context lengths that need a header of
    /// the beta are not among them.
    package static let anthropic = CuratedFacts(
        source: "https://openrouter.ai/api/v1/models",
        asOf: "2026-05-15",
        models: [
            CuratedModel(
                "claude-opus-4-7",
                prompt: "5",
                completion: "25",
                cacheRead: "0.5",
                cacheWrite: "6.25",
                context: 1_000_000,
                output: 128_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "claude-opus-4-6",
                prompt: "5",
                completion: "25",
                cacheRead: "0.5",
                cacheWrite: "6.25",
                context: 1_000_000,
                output: 128_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "claude-opus-4-5",
                "claude-opus-4-5-20251101",
                prompt: "5",
                completion: "25",
                cacheRead: "0.5",
                cacheWrite: "6.25",
                context: 200_000,
                output: 64_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "claude-opus-4-1",
                "claude-opus-4-1-20250805",
                prompt: "15",
                completion: "75",
                cacheRead: "1.5",
                cacheWrite: "18.75",
                context: 200_000,
                output: 32_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "claude-opus-4-0",
                "claude-opus-4-20250514",
                prompt: "15",
                completion: "75",
                cacheRead: "1.5",
                cacheWrite: "18.75",
                context: 200_000,
                output: 32_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true
            ),
            CuratedModel(
                "claude-sonnet-4-6",
                prompt: "3",
                completion: "15",
                cacheRead: "0.3",
                cacheWrite: "3.75",
                context: 1_000_000,
                output: 128_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "claude-sonnet-4-5",
                "claude-sonnet-4-5-20250929",
                prompt: "3",
                completion: "15",
                cacheRead: "0.3",
                cacheWrite: "3.75",
                context: 200_000,
                output: 64_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "claude-sonnet-4-0",
                "claude-sonnet-4-20250514",
                prompt: "3",
                completion: "15",
                cacheRead: "0.3",
                cacheWrite: "3.75",
                context: 200_000,
                output: 64_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true
            ),
            CuratedModel(
                "claude-haiku-4-5",
                "claude-haiku-4-5-20251001",
                prompt: "1",
                completion: "5",
                cacheRead: "0.1",
                cacheWrite: "1.25",
                context: 200_000,
                output: 64_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "claude-3-5-haiku-20241022",
                "claude-3-5-haiku-latest",
                prompt: "0.8",
                completion: "4",
                cacheRead: "0.08",
                cacheWrite: "1",
                context: 200_000,
                output: 8192,
                from: ["text", "image"],
                to: ["text"],
                tools: true
            ),
            CuratedModel(
                "claude-3-haiku-20240307",
                prompt: "0.25",
                completion: "1.25",
                cacheRead: "0.03",
                cacheWrite: "0.3",
                context: 200_000,
                output: 4096,
                from: ["text", "image"],
                to: ["text"],
                tools: true
            ),
        ]
    )

    /// Models of Anthropic's that were withdrawn since, or are no longer offered elsewhere.
    package static let anthropicBefore2026 = CuratedFacts(
        source: "https://docs.anthropic.com/en/docs/about-claude/pricing",
        asOf: "2025-08-25",
        models: [
            CuratedModel(
                "claude-3-7-sonnet-20250219",
                "claude-3-7-sonnet-latest",
                prompt: "3",
                completion: "15",
                cacheRead: "0.3",
                cacheWrite: "3.75",
                context: 200_000,
                output: 64_000,
                from: ["text", "image", "file"],
                to: ["text"],
                tools: true,
                reasoning: true
            ),
            CuratedModel(
                "claude-3-5-sonnet-20241022",
                "claude-3-5-sonnet-20240620",
                "claude-3-5-sonnet-latest",
                prompt: "3",
                completion: "15",
                cacheRead: "0.3",
                cacheWrite: "3.75",
                context: 200_000,
                output: 8192,
                from: ["text", "image"],
                to: ["text"],
                tools: true
            ),
            CuratedModel(
                "claude-3-opus-20240229",
                "claude-3-opus-latest",
                prompt: "15",
                completion: "75",
                cacheRead: "1.5",
                cacheWrite: "18.75",
                context: 200_000,
                output: 4096,
                from: ["text", "image"],
                to: ["text"],
                tools: true
            ),
        ]
    )
}
