extension CuratedFacts {
    /// Google's prices, as OpenRouter passes them on without a margin; the ones for prompts up to 200,000 tokens where
    /// longer ones cost more. The same models cost the same at Vertex AI.
    package static let gemini = CuratedFacts(
        source: "https://openrouter.ai/api/v1/models",
        asOf: "2026-05-15",
        models: [
            CuratedModel(
                "gemini-3.1-pro-preview",
                prompt: "2",
                completion: "12",
                cacheRead: "0.2",
                context: 1_048_576,
                output: 65_536,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemini-3.1-flash-lite",
                prompt: "0.25",
                completion: "1.5",
                cacheRead: "0.025",
                context: 1_048_576,
                output: 65_536,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemini-3.1-flash-lite-preview",
                prompt: "0.25",
                completion: "1.5",
                cacheRead: "0.025",
                context: 1_048_576,
                output: 65_536,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemini-3-flash-preview",
                prompt: "0.5",
                completion: "3",
                cacheRead: "0.05",
                context: 1_048_576,
                output: 65_536,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemini-2.5-pro",
                prompt: "1.25",
                completion: "10",
                cacheRead: "0.125",
                context: 1_048_576,
                output: 65_536,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemini-2.5-flash",
                prompt: "0.3",
                completion: "2.5",
                cacheRead: "0.03",
                context: 1_048_576,
                output: 65_536,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemini-2.5-flash-lite",
                prompt: "0.1",
                completion: "0.4",
                cacheRead: "0.01",
                context: 1_048_576,
                output: 65_536,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemini-2.5-flash-lite-preview-09-2025",
                prompt: "0.1",
                completion: "0.4",
                cacheRead: "0.01",
                context: 1_048_576,
                output: 65_536,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemini-2.0-flash",
                "gemini-2.0-flash-001",
                prompt: "0.1",
                completion: "0.4",
                cacheRead: "0.025",
                context: 1_048_576,
                output: 8192,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                schema: true
            ),
            CuratedModel(
                "gemini-2.0-flash-lite",
                "gemini-2.0-flash-lite-001",
                prompt: "0.075",
                completion: "0.3",
                context: 1_048_576,
                output: 8192,
                from: ["text", "image", "file", "audio", "video"],
                to: ["text"],
                tools: true,
                schema: true
            ),
        ]
    )

    /// Google's embeddings, which have no price for output.
    package static let geminiEmbeddings = CuratedFacts(
        source: "https://ai.google.dev/gemini-api/docs/pricing",
        asOf: "2025-08-25",
        models: [
            CuratedModel("gemini-embedding-001", prompt: "0.15", context: 2048, from: ["text"], to: ["embeddings"])
        ]
    )
}
