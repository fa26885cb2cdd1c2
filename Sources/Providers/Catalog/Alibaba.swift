import JSON

extension ProviderDefinition {
    /// Alibaba Model Studio (DashScope), in its mode for OpenAI's clients. The list has ids only; most prices depend on the
    /// length of the prompt, and on the region, which has a host and keys of its own.
    ///
    /// Documented: the shape. No list of it was seen.
    package static let alibaba = ProviderDefinition(
        slug: "alibaba",
        name: "Alibaba Model Studio",
        kind: .text,
        siteURL: "https://modelstudio.console.alibabacloud.com",
        baseURL: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        keyVariables: ["DASHSCOPE_API_KEY", "ALIBABA_CLOUD_API_KEY"],
        otherKeyHosts: ["dashscope.aliyuncs.com", "dashscope-us.aliyuncs.com"],
        listing: ModelListing(
            key: .required,
            sources: [ListSource(first: ListingRequest(reference: "models"), shape: AlibabaModels.shape)],
            facts: [.alibaba]
        )
    )
}

private enum AlibabaModels {
    static let shape = RowShape { shape in
        shape.metadata = ["created", "owned_by"]
        shape.otherwise = .chat
        shape.adjust = { _, model in
            let words = model.providerModelID.lowercased().split(separator: "-")
            guard words.contains("vl") || words.contains("omni") || words.first == "qvq" else { return }
            model.supportsVision = true
            model.inputModalities = ["text", "image"]
            model.mark(.supportsVision, .inputModalities, as: .estimated)
        }
    }
}
