import JSON

extension OrdinaryProvider {
    /// LM Studio on the own machine: its own list of everything on disk, and OpenAI's.
    static let lmStudio = OrdinaryProvider(
        slug: "lm-studio",
        hosts: ["localhost:1234", "127.0.0.1:1234"],
        catalogue: PackageResources.lm_studio_json,
        lists: [
            SimulatedList(path: "/api/v0/models", needsKey: false),
            SimulatedList(
                path: "/v1/models",
                needsKey: false,
                row: { row in ["id": row["id"] ?? nil, "object": "model", "owned_by": "organization_owner"] }
            ),
        ],
        base: "/v1",
        isOpen: true
    )
}
