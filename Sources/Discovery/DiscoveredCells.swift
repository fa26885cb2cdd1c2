import FoundationEssentials
import JSON
import Providers
import Registry

extension DiscoveredModel {
    /// A model of a provider's list as cells of the registry: every column that a refresh fills, null where the list
    /// does not tell.
    ///
    /// - Parameter listed: The model as the provider's definition has read it.
    init(_ listed: ListedModel) {
        var cells = JSONObject()
        cells["model_name"] = .string(listed.name)
        cells["description"] = JSONValue(listed.description)
        cells["model_family"] = JSONValue(listed.family)
        for price in PriceField.allCases { cells[price.field.rawValue] = JSONValue(listed.pricing[price]) }
        cells["context_length"] = JSONValue(listed.contextLength)
        cells["max_output_tokens"] = JSONValue(listed.maxOutputTokens)
        cells["modality"] = JSONValue(listed.modality)
        cells["input_modalities"] = JSONValue(listed.inputModalities)
        cells["output_modalities"] = JSONValue(listed.outputModalities)
        cells["supports_streaming"] = JSONValue(listed.supportsStreaming)
        cells["supports_tools"] = JSONValue(listed.supportsTools)
        cells["supports_vision"] = JSONValue(listed.supportsVision)
        cells["supports_reasoning"] = JSONValue(listed.supportsReasoning)
        cells["supports_json_schema"] = JSONValue(listed.supportsJSONSchema)
        cells["size_b"] = JSONValue(listed.sizeB)
        cells["features"] = JSONValue(listed.features)
        cells["regions"] = JSONValue(listed.regions)
        cells["tags"] = JSONValue(listed.tags)
        cells["is_active"] = .bool(listed.isActive ?? true)
        cells["deprecation_date"] = JSONValue(listed.deprecationDate?.description)
        cells["successor"] = JSONValue(listed.successor)
        cells["metadata"] = .object(Self.metadata(of: listed))
        cells["sources"] = .object(Self.sources(of: listed))
        self.init(apiName: listed.providerModelID, cells: cells)
    }

    private static func metadata(of listed: ListedModel) -> JSONObject {
        var metadata = listed.metadata
        guard !listed.remarks.isEmpty else { return metadata }
        let remarks = listed.remarks.sorted { $0.key.rawValue < $1.key.rawValue }
        metadata["remarks"] = .object(JSONObject(remarks.map { ($0.key.rawValue, .string($0.value)) }))
        return metadata
    }

    private static func sources(of listed: ListedModel) -> JSONObject {
        let origins = listed.otherOrigins.sorted { $0.key.rawValue < $1.key.rawValue }
        return JSONObject(origins.map { ($0.key.rawValue, .string($0.value.rawValue)) })
    }
}
