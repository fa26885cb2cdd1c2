extension OrdinaryProvider {
    /// Alibaba Model Studio, in its mode for OpenAI's clients: ids and nothing else, for a key.
    static let alibaba = OrdinaryProvider(
        slug: "alibaba",
        hosts: ["dashscope-intl.aliyuncs.com", "dashscope.aliyuncs.com", "dashscope-us.aliyuncs.com"],
        catalogue: PackageResources.alibaba_json,
        lists: [SimulatedList(path: "/compatible-mode/v1/models")],
        base: "/compatible-mode/v1",
        dialect: ChatDialect(announcesUsage: true)
    )
}
