import FoundationEssentials
import JSON

extension OrdinaryProvider {
    /// DeepInfra: the list for OpenAI's clients, and its own, which says what the models are for and prices them in cents per
    /// token.
    static let deepInfra = OrdinaryProvider(
        slug: "deepinfra",
        hosts: ["api.deepinfra.com"],
        catalogue: PackageResources.deepinfra_json,
        recordingPrefixes: ["models-", "openai-models-"],
        lists: [
            SimulatedList(path: "/v1/openai/models", needsKey: false),
            SimulatedList(path: "/models/list", layout: .array, needsKey: false, row: Self.deepInfraRow),
        ],
        base: "/v1/openai"
    )

    @Sendable private static func deepInfraRow(_ row: JSONValue) -> JSONValue? {
        let id = row["id"]?.stringValue ?? ""
        let prices = row["metadata"]["pricing"]
        let use = id.lowercased().contains("bge") ? "embeddings" : "text-to-image"
        var made: JSONObject = [
            "model_name": .string(id), "type": .string(prices == nil ? use : "text-generation"),
            "reported_type": .string(prices == nil ? use : "text-generation"), "tags": row["metadata"]["tags"] ?? [],
            "max_tokens": row["metadata"]["context_length"] ?? nil, "deprecated": nil, "replaced_by": nil,
        ]
        var pricing: JSONObject = ["type": .string(prices == nil ? "time" : "tokens")]
        for side in ["input", "output"] {
            guard let dollars = prices["\(side)_tokens"]?.decimalValue else { continue }
            // Dollars per million are ten-thousandths of a cent each.
            let cents = Decimal(sign: .plus, exponent: -4, significand: dollars)
            pricing["cents_per_\(side)_token"] = JSONValue(cents)
        }
        made["pricing"] = .object(pricing)
        return .object(made)
    }
}
