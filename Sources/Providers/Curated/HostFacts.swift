/// Prices of those who host models of others and do not put them into their lists.
extension CuratedFacts {
    /// Groq's prices on demand.
    package static let groq = CuratedFacts(
        source: "https://groq.com/pricing",
        asOf: "2026-06-04",
        models: [
            CuratedModel(
                "llama-3.3-70b-versatile",
                prompt: "0.59",
                completion: "0.79",
                from: ["text"],
                to: ["text"],
                tools: true
            ),
            CuratedModel(
                "llama-3.1-8b-instant",
                prompt: "0.05",
                completion: "0.08",
                from: ["text"],
                to: ["text"],
                tools: true
            ),
            CuratedModel(
                "meta-llama/llama-4-scout-17b-16e-instruct",
                prompt: "0.11",
                completion: "0.34",
                from: ["text", "image"],
                to: ["text"],
                tools: true
            ),
            CuratedModel(
                "openai/gpt-oss-120b",
                prompt: "0.15",
                completion: "0.60",
                cacheRead: "0.075",
                from: ["text"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "openai/gpt-oss-20b",
                prompt: "0.075",
                completion: "0.30",
                cacheRead: "0.0375",
                from: ["text"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "qwen/qwen3-32b",
                prompt: "0.29",
                completion: "0.59",
                from: ["text"],
                to: ["text"],
                tools: true,
                reasoning: true
            ),
        ]
    )

    /// What Cerebras' public list says of models that its plain list only names.
    package static let cerebras = CuratedFacts(
        source: "https://api.cerebras.ai/public/v1/models",
        asOf: "2026-08-05",
        models: [
            CuratedModel(
                "zai-glm-4.7",
                prompt: "2.25",
                completion: "2.75",
                context: 131_072,
                output: 40_960,
                from: ["text"],
                to: ["text"],
                tools: true,
                reasoning: true,
                schema: true
            ),
            CuratedModel(
                "gemma-4-31b",
                prompt: "0.99",
                completion: "1.49",
                context: 131_072,
                output: 40_960,
                from: ["text", "image"],
                to: ["text"]
            ),
            CuratedModel(
                "gpt-oss-120b",
                prompt: "0.35",
                completion: "0.75",
                context: 131_072,
                output: 40_960,
                from: ["text"],
                to: ["text"]
            ),
        ]
    )

    /// Fireworks' serverless prices.
    package static let fireworks = CuratedFacts(
        source: "https://models.dev/api.json",
        asOf: "2026-05-27",
        models: [
            CuratedModel(
                "accounts/fireworks/models/gpt-oss-120b",
                prompt: "0.15",
                completion: "0.60",
                cacheRead: "0.01"
            )
        ]
    )

    /// Alibaba's international prices that do not depend on the length of the prompt.
    package static let alibaba = CuratedFacts(
        source: "https://models.dev/api.json",
        asOf: "2026-05-27",
        models: [
            CuratedModel("qwen-max", prompt: "1.6", completion: "6.4", cacheRead: "0.32", from: ["text"], to: ["text"])
        ]
    )
}
