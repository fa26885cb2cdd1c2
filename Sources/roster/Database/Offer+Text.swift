import FoundationEssentials
import JSON
import Registry

/// A model of the registry as the command line shows it.
extension Offer {
    /// For programs: the columns of `models` under their own names, prices exact in USD per token.
    var json: JSONObject {
        let model = self.model
        return [
            "id": .string(self.qualifiedName),
            "provider": .string(self.provider.slug),
            "provider_model_id": .string(model.apiName),
            "model_name": .string(model.name),
            "description": JSONValue(model.description),
            "model_family": JSONValue(model.family),
            "pricing_prompt": JSONValue(model.pricing.prompt),
            "pricing_completion": JSONValue(model.pricing.completion),
            "pricing_cache_read": JSONValue(model.pricing.cacheRead),
            "pricing_cache_write": JSONValue(model.pricing.cacheWrite),
            "pricing_image": JSONValue(model.pricing.image),
            "pricing_request": JSONValue(model.pricing.request),
            "pricing_reasoning": JSONValue(model.pricing.reasoning),
            "context_length": JSONValue(model.contextLength),
            "max_output_tokens": JSONValue(model.maximumOutputTokens),
            "modality": JSONValue(model.modality),
            "input_modalities": JSONValue(model.inputModalities),
            "output_modalities": JSONValue(model.outputModalities),
            "supports_streaming": JSONValue(model.capabilities.streaming),
            "supports_tools": JSONValue(model.capabilities.tools),
            "supports_vision": JSONValue(model.capabilities.vision),
            "supports_reasoning": JSONValue(model.capabilities.reasoning),
            "supports_json_schema": JSONValue(model.capabilities.jsonSchema),
            "size_b": JSONValue(model.sizeInBillions),
            "is_active": .bool(model.isActive),
            "is_recommended": .bool(model.isRecommended),
            "available": .bool(self.isAvailable),
            "deprecation_date": JSONValue(model.deprecationDate),
            "successor": JSONValue(model.successor),
            "discovery_method": .string(model.discoveryMethod.rawValue),
            "last_verified_at": JSONValue(model.lastVerifiedAt?.formatted(.iso8601)),
            "pinned": JSONValue(model.pinned),
            "tags": JSONValue(model.tags),
        ]
    }

    /// For people: a line per fact that is known.
    var page: String {
        let model = self.model
        var lines = [("Model", self.qualifiedName), ("Name", model.name)]
        func add(_ title: String, _ value: String?) {
            if let value, !value.isEmpty { lines.append((title, value)) }
        }
        add("Description", model.description.map { String($0.prefix(300)) })
        add("State", self.isAvailable ? "active" : model.isActive ? "inactive: its provider is" : "inactive")
        add("Recommended", model.isRecommended ? "yes" : nil)
        add("Input", Self.perMillion(model.pricing.prompt).map { "\($0) USD per 1M tokens" })
        add("Output", Self.perMillion(model.pricing.completion).map { "\($0) USD per 1M tokens" })
        add("Cache read", Self.perMillion(model.pricing.cacheRead).map { "\($0) USD per 1M tokens" })
        add("Cache write", Self.perMillion(model.pricing.cacheWrite).map { "\($0) USD per 1M tokens" })
        add("Image", model.pricing.image.map { "\($0) USD" })
        add("Request", model.pricing.request.map { "\($0) USD" })
        add("Context", model.contextLength.map { "\($0) tokens" })
        add("Longest answer", model.maximumOutputTokens.map { "\($0) tokens" })
        add("Modality", model.modality)
        add("Can", self.abilities.joined(separator: ", "))
        add("Size", model.sizeInBillions.map { "\($0) billion parameters" })
        add("Deprecated from", model.deprecationDate)
        add("Successor", model.successor)
        add("Tags", model.tags.joined(separator: ", "))
        add("Set by a person", model.pinned.joined(separator: ", "))
        add("Found by", model.discoveryMethod.rawValue)
        add("Last verified", model.lastVerifiedAt?.formatted(.iso8601))
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { title, value in
            "\(title)\(String(repeating: " ", count: width - title.count))  \(TextTable.printable(value))"
        }.joined(separator: "\n")
    }

    /// What it can do, as far as somebody has said so.
    var abilities: [String] {
        let all: [(String, Bool?)] = [
            ("streaming", self.model.capabilities.streaming), ("tools", self.model.capabilities.tools),
            ("vision", self.model.capabilities.vision), ("reasoning", self.model.capabilities.reasoning),
            ("JSON schema", self.model.capabilities.jsonSchema),
        ]
        return all.compactMap { $0.1 == true ? $0.0 : nil }
    }

    /// A price per token as people compare it, exact; `nil` where it is unknown.
    static func perMillion(_ price: Decimal?) -> String? {
        price.map { "\($0 * 1_000_000)" }
    }
}
