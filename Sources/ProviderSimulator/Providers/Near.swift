import FoundationEssentials
import JSON

extension OrdinaryProvider {
    /// NEAR AI Cloud: its own list in pages by offset, and the one for OpenAI's clients with two units side by side.
    static let near = OrdinaryProvider(
        slug: "near",
        hosts: ["cloud-api.near.ai"],
        catalogue: PackageResources.near_json,
        recordingPrefixes: ["models-", "model-list-"],
        lists: [
            SimulatedList(
                path: "/v1/model/list",
                layout: ListLayout("models", id: "modelId"),
                needsKey: false,
                pages: .offset(size: 100)
            ),
            SimulatedList(path: "/v1/models", needsKey: false, row: Self.nearRow),
        ],
        base: "/v1"
    )

    @Sendable private static func nearRow(_ row: JSONValue) -> JSONValue? {
        // A recorded list of this shape is handed out as it is.
        guard let id = row["modelId"]?.stringValue else { return row }
        var pricing: JSONObject = [:]
        for (side, perToken, perMillion) in [("input", "prompt", "input"), ("output", "completion", "output")] {
            guard let amount = row["\(side)CostPerToken"]["amount"]?.decimalValue else { continue }
            pricing[perToken] = .string(Decimal(sign: .plus, exponent: -9, significand: amount).description)
            pricing[perMillion] = JSONValue(Decimal(sign: .plus, exponent: -3, significand: amount))
        }
        return [
            "id": .string(id), "object": "model", "created": 0, "owned_by": "nearai",
            "context_length": row["metadata"]["contextLength"] ?? nil, "pricing": .object(pricing),
            "architecture": [
                "input_modalities": row["metadata"]["architecture"]["inputModalities"] ?? ["text"],
                "output_modalities": row["metadata"]["architecture"]["outputModalities"] ?? ["text"],
            ],
        ]
    }
}
