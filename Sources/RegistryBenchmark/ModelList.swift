/// What a provider of very many models lists, made up: every column that a refresh may fill is filled, and descriptions
/// are as long as aggregators write them.
struct ModelList: Sendable {
    /// One model as it is copied into the database.
    struct Row: Sendable {
        let apiName: String
        let cells: String
    }

    /// How many models.
    let count: Int

    private static let words = [
        "a", "large", "language", "model", "trained", "on", "diverse", "text", "and", "code", "with", "strong",
        "reasoning", "multilingual", "support", "long", "context", "window", "tool", "calling", "structured", "output",
        "vision", "inputs", "fast", "inference", "low", "latency", "open", "weights", "instruction", "tuned", "for",
        "chat", "summaries", "extraction", "agents", "research", "production", "at", "scale",
    ]

    /// The list, in which some models have new prices.
    ///
    /// - Parameter isRepriced: Says of a model's number whether its prices are new.
    /// - Returns: A row for each model.
    func rows(repricing isRepriced: (Int) -> Bool = { _ in false }) -> [Row] {
        (1...self.count).map { number in
            Row(apiName: "vendor/model-\(number)", cells: Self.cells(number, isRepriced: isRepriced(number)))
        }
    }

    private static func cells(_ number: Int, isRepriced: Bool) -> String {
        var random = UInt64(number)
        var description = "Model \(number) is"
        while description.utf8.count < 350 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            description += " " + self.words[Int(random >> 33) % self.words.count]
        }
        let price = (isRepriced ? 1_230 : 1_500) + number % 1000
        return """
            {"model_name": "Vendor \(number % 50): Model \(number)", "description": "\(description).", \
            "model_family": "family-\(number % 200)", "pricing_prompt": \(price)e-9, "pricing_completion": \(price * 4)e-9, \
            "pricing_cache_read": \(150 + number % 100)e-9, "pricing_cache_write": \(1_800 + number % 100)e-9, \
            "pricing_image": 0.00\(10 + number % 90), "pricing_request": 0, "pricing_reasoning": 0.000006, \
            "context_length": \(8_192 * (1 + number % 32)), "max_output_tokens": \(4_096 * (1 + number % 8)), \
            "modality": "text+image->text", "input_modalities": ["text", "image"], "output_modalities": ["text"], \
            "supports_streaming": true, "supports_tools": \(number % 2 == 0), "supports_vision": \(number % 3 == 0), \
            "supports_reasoning": \(number % 5 == 0), "supports_json_schema": true, "size_b": \(number % 700).5, \
            "features": ["tools", "json", "stream"], "regions": ["us", "eu"], "tags": ["chat"], "is_active": true, \
            "deprecation_date": "2031-12-31", "successor": "vendor/model-\(number + 1)", \
            "metadata": {"created": \(1_700_000_000 + number), "owned_by": "vendor-\(number % 50)"}, \
            "sources": {"size_b": "estimated"}}
            """
    }
}
