extension OrdinaryProvider {
    /// Chutes: rows of 2026 and of 2025 in one list.
    static let chutes = OrdinaryProvider(
        slug: "chutes",
        hosts: ["llm.chutes.ai"],
        catalogue: PackageResources.chutes_json,
        lists: [SimulatedList(path: "/v1/models", needsKey: false)],
        base: "/v1",
        dialect: ChatDialect(choiceMembers: #","logprobs":null,"matched_stop":null"#)
    )
}
