import FoundationEssentials
import HTTPTypes
import JSON

extension ProviderDefinition {
    /// Ollama: models on hardware of one's own. The list names them; what they can do is asked of each.
    package static let ollama = ProviderDefinition(
        slug: "ollama",
        name: "Ollama",
        kind: .local,
        siteURL: "https://ollama.com",
        baseURL: "http://localhost:11434/v1",
        keyVariables: ["OLLAMA_API_KEY"],
        addressVariables: [AddressVariable("OLLAMA_HOST", baseURL: OllamaModels.baseURL)],
        otherKeyHosts: ["ollama.com"],
        listing: ModelListing(
            key: .optional,
            sources: [
                ListSource(
                    first: ListingRequest(reference: "../api/tags"),
                    rows: [["models"]],
                    normalise: OllamaModels.normalise
                )
            ],
            followUp: FollowUp(request: OllamaModels.details, apply: OllamaModels.apply),
            mayBeEmpty: true
        ),
        refreshInterval: .seconds(300),
        mayBeAbsent: true
    )
}

private enum OllamaModels {
    /// Reads `OLLAMA_HOST` as Ollama does: scheme and port may be missing, and "every interface" is reached at this one.
    @Sendable static func baseURL(_ host: String) -> String {
        let parts = host.firstRange(of: "://").map { (String(host[..<$0.lowerBound]), host[$0.upperBound...]) }
        let scheme = parts?.0 ?? "http"
        var rest = String(parts?.1 ?? host[...])
        while rest.last == "/" { rest.removeLast() }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = String(rest[..<slash])
        if authority.hasPrefix(":") { authority = "localhost" + authority }
        let hasPort = authority.last != "]" && authority.split(separator: "]").last?.contains(":") == true
        // With a scheme, its usual port is meant.
        if parts == nil, !hasPort { authority += ":11434" }
        if authority.hasPrefix("0.0.0.0:") { authority = "127.0.0.1" + authority.dropFirst("0.0.0.0".count) }
        return "\(scheme)://\(authority)\(rest[slash...])/v1"
    }

    @Sendable static func normalise(
        _ item: ListedItem,
        _ context: ListingContext
    ) throws(ItemRefusal) -> [ListedModel] {
        var model = ListedModel(providerModelID: try item.id("model", "name"), name: item.text("name"))
        model.family = item.text("details", "family")
        model.sizeB = item.text("details", "parameter_size").flatMap { ModelName.sizeB($0) }
        // A local Ollama also lists models that it passes on to the cloud.
        let isRemote = item.text("remote_host") != nil || item.text("remote_model") != nil
        if isRemote || context.host == "ollama.com" {
            model.tag(ModelTag.cloud)
        } else {
            model.markAsLocal()
        }
        model.metadata = item.metadata("modified_at", "size", "digest", "details", "remote_host", "remote_model")
        model.estimateFromName()
        return [model]
    }

    /// `POST /api/show` for one model.
    @Sendable static func details(_ models: [ListedModel]) -> ListingRequest {
        let body: JSONValue = ["model": JSONValue(models.first?.providerModelID)]
        return ListingRequest(
            method: .post,
            reference: "../api/show",
            fields: [.contentType: "application/json"],
            body: body.serialized()
        )
    }

    @Sendable static func apply(_ answer: JSONValue, _ models: [ListedModel]) throws(ListingError) -> [ListedModel] {
        guard let object = answer.objectValue else {
            throw ListingError(.unexpectedShape, "the description of the model is \(answer.kind), not an object")
        }
        let item = ListedItem(object)
        return models.map { model in
            var model = model
            if let architecture = item.text("model_info", "general.architecture") {
                model.contextLength = item.count("model_info", "\(architecture).context_length")
                model.metadata["architecture"] = .string(architecture)
            }
            if model.sizeB == nil || model.origin(of: .sizeB) == .estimated,
                let count = item.value("model_info", "general.parameter_count")?.numberValue?.decimal, count > 0
            {
                model.sizeB = ModelName.billions(of: count)
                model.mark(.sizeB, as: .api)
            }
            if let capabilities = item.words("capabilities"), !capabilities.isEmpty {
                Self.read(capabilities, into: &model)
            }
            return model
        }
    }

    private static func read(_ capabilities: [String], into model: inout ListedModel) {
        model.features = capabilities
        model.supportsTools = capabilities.contains("tools")
        model.supportsReasoning = capabilities.contains("thinking")
        model.supportsVision = capabilities.contains("vision")
        model.inputModalities = capabilities.contains("vision") ? ["text", "image"] : ["text"]
        var outputs: [String] = []
        if capabilities.contains("completion") { outputs.append("text") }
        if capabilities.contains("embedding") { outputs.append("embeddings") }
        model.outputModalities = outputs
    }
}
