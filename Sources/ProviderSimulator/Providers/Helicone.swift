extension OrdinaryProvider {
    /// Helicone: a public registry on a host of its own, with several endpoints for each model.
    static let helicone = OrdinaryProvider(
        slug: "helicone",
        hosts: ["ai-gateway.helicone.ai", "jawn.helicone.ai"],
        catalogue: PackageResources.helicone_json,
        recordingPrefixes: ["models-", "model-registry-", "public-model-registry-"],
        lists: [
            SimulatedList(
                path: "/v1/public/model-registry/models",
                host: "jawn.helicone.ai",
                layout: ListLayout("data", "models", id: "id"),
                needsKey: false
            )
        ],
        base: "/v1"
    )
}
