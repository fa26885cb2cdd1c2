import JSON

extension OrdinaryProvider {
    /// AiHubMix: a public list with texts for lists and for numbers, and a shorter one for the key.
    static let aiHubMix = OrdinaryProvider(
        slug: "aihubmix",
        hosts: ["aihubmix.com"],
        catalogue: PackageResources.aihubmix_json,
        lists: [
            SimulatedList(path: "/api/v1/models", layout: ListLayout("data", id: "model_id"), needsKey: false),
            SimulatedList(
                path: "/v1/models",
                row: { row in
                    guard row["types"]?.stringValue == "llm" else { return nil }
                    return ["id": row["model_id"] ?? nil, "object": "model", "created": 0, "owned_by": "aihubmix"]
                }
            ),
        ],
        base: "/v1"
    )
}
