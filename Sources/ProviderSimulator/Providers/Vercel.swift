extension OrdinaryProvider {
    /// Vercel AI Gateway: a public list with prices as texts, and in tiers.
    static let vercel = OrdinaryProvider(
        slug: "vercel",
        hosts: ["ai-gateway.vercel.sh"],
        catalogue: PackageResources.vercel_json,
        lists: [SimulatedList(path: "/v1/models", needsKey: false)],
        base: "/v1"
    )
}
