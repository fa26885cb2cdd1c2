extension OrdinaryProvider {
    /// Nebius Token Factory: a list that says more than ids where `verbose=true` is asked for.
    static let nebius = OrdinaryProvider(
        slug: "nebius",
        hosts: ["api.tokenfactory.nebius.com", "api.studio.nebius.com", "api.studio.nebius.ai"],
        catalogue: PackageResources.nebius_json,
        lists: [SimulatedList(path: "/v1/models")],
        base: "/v1"
    )
}
