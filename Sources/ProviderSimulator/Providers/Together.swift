extension OrdinaryProvider {
    /// Together AI: an array of everything, with prices of 0 for what is not billed by the token.
    static let together = OrdinaryProvider(
        slug: "together",
        hosts: ["api.together.xyz", "api.together.ai"],
        catalogue: PackageResources.together_json,
        lists: [SimulatedList(path: "/v1/models", layout: .array)],
        base: "/v1",
        dialect: ChatDialect(choiceMembers: #","logprobs":null"#)
    )
}
