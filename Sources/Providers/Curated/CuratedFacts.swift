import FoundationEssentials
import JSON

/// What this project knows about models that their provider's list does not tell: public prices and limits, with the
/// place where they were read and the day.
///
/// The tables beside this file are the only place for such knowledge. They are values; ``fill(_:)`` runs wherever a list is
/// read. A cell that comes from here is marked `curated`, and never replaces one that the list itself holds.
package struct CuratedFacts: Sendable {
    /// Where the facts were read.
    package let source: String

    /// The day on which they were true, as `2026-05-15`.
    package let asOf: String

    /// The models, by the names that the provider gives them. Models of the same family with other prices have rows of
    /// their own: nothing here is inferred from a name.
    package let models: [CuratedModel]

    private let places: [String: Int]

    init(source: String, asOf: String, models: [CuratedModel]) {
        self.source = source
        self.asOf = asOf
        self.models = models
        var places: [String: Int] = [:]
        for (place, model) in models.enumerated() {
            for id in model.ids where places[id] == nil { places[id] = place }
        }
        self.places = places
    }

    /// Every table.
    package static let all: [CuratedFacts] = [
        .openAI, .openAIEarlier, .openAIEmbeddings, .anthropic, .anthropicBefore2026, .gemini, .geminiEmbeddings, .groq,
        .cerebras,
        .fireworks, .alibaba,
    ]

    /// What is known of a model; nil where nothing is.
    package func facts(of id: String) -> CuratedModel? {
        let place = self.places[id] ?? id.split(separator: "/").last.flatMap { self.places[String($0)] }
        return place.map { self.models[$0] }
    }

    /// Fills what a model's row leaves open or only guesses.
    ///
    /// - Parameter model: as the provider's list describes it.
    func fill(_ model: inout ListedModel) {
        guard let known = self.facts(of: model.providerModelID) else { return }
        let before = model.otherOrigins
        model.fill(from: known.listed(as: model.providerModelID))
        guard model.otherOrigins != before else { return }
        model.metadata["curated"] = ["source": .string(self.source), "as_of": .string(self.asOf)]
    }

    /// The usual price of an input token in USD by canonical name, for holding a list's unit against it.
    static let promptPrices: [String: Decimal] = {
        var prices: [String: Decimal] = [:]
        // The makers' own tables: open models cost what each host asks.
        for table in [
            Self.openAI, .openAIEarlier, .openAIEmbeddings, .anthropic, .anthropicBefore2026, .gemini,
            .geminiEmbeddings,
        ] {
            for model in table.models {
                guard let id = model.ids.first, let price = model.price(.prompt).amount else { continue }
                let name = ModelName.canonical(id)
                if prices[name] == nil { prices[name] = price }
            }
        }
        return prices
    }()
}

/// What is known of one model, or of several names of it.
package struct CuratedModel: Sendable {
    /// The names that the provider gives it, dated and undated.
    package let ids: [String]

    /// Prices, spelled in USD per million tokens.
    private let prices: [PriceField: String]

    package let contextLength: Int?
    package let maxOutputTokens: Int?
    package let inputs: [String]
    package let outputs: [String]
    package let tools: Bool?
    package let reasoning: Bool?
    package let schema: Bool?

    init(
        _ ids: String...,
        prompt: String? = nil,
        completion: String? = nil,
        cacheRead: String? = nil,
        cacheWrite: String? = nil,
        context: Int? = nil,
        output: Int? = nil,
        from inputs: [String] = [],
        to outputs: [String] = [],
        tools: Bool? = nil,
        reasoning: Bool? = nil,
        schema: Bool? = nil
    ) {
        self.ids = ids
        var prices: [PriceField: String] = [:]
        prices[.prompt] = prompt
        prices[.completion] = completion
        prices[.cacheRead] = cacheRead
        prices[.cacheWrite] = cacheWrite
        self.prices = prices
        self.contextLength = context
        self.maxOutputTokens = output
        self.inputs = inputs
        self.outputs = outputs
        self.tools = tools
        self.reasoning = reasoning
        self.schema = schema
    }

    /// A price in USD per token.
    package func price(_ field: PriceField) -> PriceReading {
        PriceUnit.usdPerMillionTokens.read(self.prices[field].map { .string($0) }, zero: .free)
    }

    /// The same as a description of a model, every cell of it marked.
    func listed(as id: String) -> ListedModel {
        var model = ListedModel(providerModelID: id)
        for field in PriceField.allCases {
            guard let amount = self.price(field).amount else { continue }
            model.pricing[field] = amount
            model.mark(field.field, as: .curated)
        }
        model.contextLength = self.contextLength
        model.maxOutputTokens = self.maxOutputTokens
        model.inputModalities = self.inputs
        model.outputModalities = self.outputs
        model.supportsTools = self.tools
        model.supportsReasoning = self.reasoning
        model.supportsJSONSchema = self.schema
        model.supportsVision = self.inputs.isEmpty ? nil : self.inputs.contains("image")
        model.mark(.contextLength, .maxOutputTokens, .inputModalities, .outputModalities, .supportsTools, as: .curated)
        model.mark(.supportsReasoning, .supportsJSONSchema, .supportsVision, as: .curated)
        return model
    }
}
