extension OrdinaryProvider {
    /// Featherless: a list without prices, in numbered pages where one is asked for.
    static let featherless = OrdinaryProvider(
        slug: "featherless",
        hosts: ["api.featherless.ai"],
        catalogue: PackageResources.featherless_json,
        lists: [SimulatedList(path: "/v1/models", needsKey: false, pages: .number(size: 100))],
        base: "/v1"
    )
}
