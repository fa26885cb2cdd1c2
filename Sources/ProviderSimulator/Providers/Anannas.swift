extension OrdinaryProvider {
    /// Anannas: a public list with prices as texts.
    static let anannas = OrdinaryProvider(
        slug: "anannas",
        hosts: ["api.anannas.ai"],
        catalogue: PackageResources.anannas_json,
        lists: [SimulatedList(path: "/v1/models", needsKey: false)],
        base: "/v1"
    )
}
