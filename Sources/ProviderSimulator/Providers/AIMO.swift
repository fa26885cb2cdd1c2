extension OrdinaryProvider {
    /// AIMO Network: models that several people offer, some under the name of the offer.
    static let aimo = OrdinaryProvider(
        slug: "aimo",
        hosts: ["beta.aimo.network", "devnet.aimo.network"],
        catalogue: PackageResources.aimo_json,
        lists: [SimulatedList(path: "/api/v1/models", layout: ListLayout("data", id: "name"), needsKey: false)],
        base: "/api/v1"
    )
}
