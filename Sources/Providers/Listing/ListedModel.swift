package import FoundationEssentials
package import JSON

/// A column of `models` that a listing can fill.
package enum ModelField: String, Sendable, Hashable, CaseIterable {
    case name = "model_name"
    case description
    case family = "model_family"
    case pricingPrompt = "pricing_prompt"
    case pricingCompletion = "pricing_completion"
    case pricingCacheRead = "pricing_cache_read"
    case pricingCacheWrite = "pricing_cache_write"
    case pricingImage = "pricing_image"
    case pricingRequest = "pricing_request"
    case pricingReasoning = "pricing_reasoning"
    case contextLength = "context_length"
    case maxOutputTokens = "max_output_tokens"
    case modality
    case inputModalities = "input_modalities"
    case outputModalities = "output_modalities"
    case supportsStreaming = "supports_streaming"
    case supportsTools = "supports_tools"
    case supportsVision = "supports_vision"
    case supportsReasoning = "supports_reasoning"
    case supportsJSONSchema = "supports_json_schema"
    case sizeB = "size_b"
    case features
    case regions
    case tags
    case isActive = "is_active"
    case deprecationDate = "deprecation_date"
    case successor
    case metadata
}

/// Where the value of a field came from.
package enum FieldOrigin: String, Sendable, Hashable {
    /// The provider's list says it.
    case api
    /// This program knows it about the provider.
    case curated
    /// It follows from the model's name, and may be wrong.
    case estimated
}

/// One model as a provider's list describes it, in the registry's terms. What the list does not tell is nil or empty.
package struct ListedModel: Sendable, Hashable {
    /// The name by which the provider's inference API knows it.
    package let providerModelID: String

    /// The name people read.
    package var name: String
    package var description: String?
    package var family: String?

    /// Other names by which the provider's inference API knows it.
    package var aliases: [String] = []
    package var pricing = ModelPricing()

    /// The longest conversation, in tokens.
    package var contextLength: Int?
    package var maxOutputTokens: Int?

    /// Words such as `text`, `image`, `audio`, `video`, `file`.
    package var inputModalities: [String] = []

    /// The same words, and `embeddings`, `transcription`, `moderation`, `rerank` for what is not an answer in a chat.
    package var outputModalities: [String] = []
    package var supportsStreaming: Bool?
    package var supportsTools: Bool?
    package var supportsVision: Bool?
    package var supportsReasoning: Bool?
    package var supportsJSONSchema: Bool?

    /// Parameters, in thousand millions.
    package var sizeB: Decimal?
    package var features: [String] = []
    package var regions: [String] = []
    package var tags: [String] = []

    /// Whether the list says that the model can be used; nil where it only lists it.
    package var isActive: Bool?
    package var deprecationDate: CalendarDate?

    /// The id of the model that takes its place.
    package var successor: String?

    /// What the list says beside, as it says it: prices in the provider's own spelling and unit, dates, owner.
    package var metadata = JSONObject()

    /// Where fields came from that the provider's list does not simply say.
    package private(set) var otherOrigins: [ModelField: FieldOrigin] = [:]

    /// Why fields are unknown although the list holds something for them, in plain words.
    package private(set) var remarks: [ModelField: String] = [:]

    package init(providerModelID: String, name: String? = nil) {
        self.providerModelID = providerModelID
        self.name = name ?? providerModelID
    }

    /// Inputs and outputs in OpenRouter's notation, `text+image->text`; nil unless both are known.
    package var modality: String? {
        guard !self.inputModalities.isEmpty, !self.outputModalities.isEmpty else { return nil }
        return self.inputModalities.joined(separator: "+") + "->" + self.outputModalities.joined(separator: "+")
    }

    /// Whether the model answers in a chat; nil where the list does not tell.
    package var canChat: Bool? {
        ModelTag.canChat(outputModalities: self.outputModalities, tags: self.tags)
    }

    /// The name that offers of the same model have in common, whoever makes them: see ``ModelName/canonical(_:)``.
    package var canonicalName: String { ModelName.canonical(self.providerModelID) }

    /// Where a field came from.
    package func origin(of field: ModelField) -> FieldOrigin { self.otherOrigins[field] ?? .api }

    /// Says where fields came from.
    package mutating func mark(_ fields: ModelField..., as origin: FieldOrigin) {
        for field in fields { self.otherOrigins[field] = origin == .api ? nil : origin }
    }

    /// Takes a price over, or keeps the reason why it is unknown.
    package mutating func take(_ reading: PriceReading, as price: PriceField) {
        self.pricing[price] = reading.amount
        switch reading {
        case .known: self.remarks[price.field] = nil
        case .unknown(let reason): self.remarks[price.field] = reason
        case .absent: break
        }
    }

    /// Says why a field is unknown.
    package mutating func remark(_ reason: String, on field: ModelField) {
        self.remarks[field] = reason
    }

    /// It runs on hardware of one's own, and costs nothing by the token.
    package mutating func markAsLocal() {
        self.tag(ModelTag.local)
        self.pricing.prompt = 0
        self.pricing.completion = 0
        self.mark(.pricingPrompt, .pricingCompletion, as: .curated)
    }

    mutating func forgetRemark(on field: ModelField) {
        self.remarks[field] = nil
    }

    /// Adds a tag unless it is there.
    package mutating func tag(_ tag: String) {
        if !self.tags.contains(tag) { self.tags.append(tag) }
    }
}
