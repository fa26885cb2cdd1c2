import JSON

extension OrdinaryProvider {
    /// Cerebras: a public list with prices and limits, one of ids for a key, and errors without a wrapper.
    static let cerebras = OrdinaryProvider(
        slug: "cerebras",
        hosts: ["api.cerebras.ai"],
        catalogue: PackageResources.cerebras_json,
        recordingPrefixes: ["models-", "public-v1-models-"],
        lists: [
            SimulatedList(path: "/public/v1/models", needsKey: false),
            SimulatedList(
                path: "/v1/models",
                row: { row in ["id": row["id"] ?? nil, "object": "model", "created": 0, "owned_by": "Cerebras"] }
            ),
        ],
        base: "/v1",
        refusal: { refusal, path in OpenAIShape.bareError(refusal, path: path).serialized() }
    )
}
