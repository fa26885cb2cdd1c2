extension OrdinaryProvider {
    /// vLLM on the own machine: the length of context in the list, an adapter beside its model.
    static let vLLM = OrdinaryProvider(
        slug: "vllm",
        hosts: ["localhost:8000", "127.0.0.1:8000"],
        catalogue: PackageResources.vllm_json,
        lists: [SimulatedList(path: "/v1/models", needsKey: false)],
        base: "/v1",
        isOpen: true
    )
}
