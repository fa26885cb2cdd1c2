import JSON

extension OrdinaryProvider {
    /// Fireworks: the list for OpenAI's clients, and the control plane's with names, in pages.
    static let fireworks = OrdinaryProvider(
        slug: "fireworks",
        hosts: ["api.fireworks.ai"],
        catalogue: PackageResources.fireworks_json,
        recordingPrefixes: ["models-", "inference-models-"],
        lists: [
            SimulatedList(path: "/inference/v1/models"),
            SimulatedList(
                path: "/v1/accounts/fireworks/models",
                layout: ListLayout("models", id: "name"),
                pages: .token(size: 50, most: 200),
                row: Self.fireworksRow
            ),
        ],
        base: "/inference/v1"
    )

    @Sendable private static func fireworksRow(_ row: JSONValue) -> JSONValue? {
        guard let id = row["id"]?.stringValue, let name = id.split(separator: "/").last else { return nil }
        return [
            "name": .string(id), "displayName": .string(name.split(separator: "-").joined(separator: " ")),
            "description": "A model that Fireworks serves.", "createTime": "2026-02-11T16:12:24Z", "state": "READY",
            "status": ["code": "OK", "message": ""], "kind": row["kind"] ?? "HF_BASE_MODEL",
            "baseModelDetails": ["checkpointFormat": "HUGGINGFACE", "moe": false],
            "contextLength": row["context_length"] ?? 0, "supportsImageInput": row["supports_image_input"] ?? false,
            "supportsTools": row["supports_tools"] ?? false, "public": true,
            "deprecationDate": name == "deepseek-v3p2" ? ["year": 2027, "month": 1, "day": 31] : nil,
        ]
    }
}
