extension OrdinaryProvider {
    /// Groq: limits in its list and no prices; `x_groq` in what it streams.
    static let groq = OrdinaryProvider(
        slug: "groq",
        hosts: ["api.groq.com"],
        catalogue: PackageResources.groq_json,
        lists: [SimulatedList(path: "/openai/v1/models")],
        base: "/openai/v1",
        dialect: ChatDialect(
            head: { identity in
                """
                "id":"\(identity.id)","object":"\(identity.object)","created":\(identity.created),\
                "model":\(identity.model),"system_fingerprint":"fp_simulated",
                """
            },
            choiceMembers: #","logprobs":null"#,
            usageMembers: #","queue_time":0.01,"prompt_time":0.01,"completion_time":0.02,"total_time":0.03"#,
            streamContentType: "text/event-stream"
        )
    )
}
