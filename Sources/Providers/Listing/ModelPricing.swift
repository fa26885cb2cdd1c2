package import FoundationEssentials

/// Prices in USD per token, image or request, to the last digit the provider printed. Nil is unknown; 0 is free.
package struct ModelPricing: Sendable, Hashable {
    package var prompt: Decimal?
    package var completion: Decimal?
    package var cacheRead: Decimal?
    package var cacheWrite: Decimal?
    package var image: Decimal?
    package var request: Decimal?
    package var reasoning: Decimal?

    package init() {}

    /// One of the prices by its name.
    package subscript(_ price: PriceField) -> Decimal? {
        get {
            switch price {
            case .prompt: self.prompt
            case .completion: self.completion
            case .cacheRead: self.cacheRead
            case .cacheWrite: self.cacheWrite
            case .image: self.image
            case .request: self.request
            case .reasoning: self.reasoning
            }
        }
        set {
            switch price {
            case .prompt: self.prompt = newValue
            case .completion: self.completion = newValue
            case .cacheRead: self.cacheRead = newValue
            case .cacheWrite: self.cacheWrite = newValue
            case .image: self.image = newValue
            case .request: self.request = newValue
            case .reasoning: self.reasoning = newValue
            }
        }
    }
}

/// What is priced.
package enum PriceField: Sendable, Hashable, CaseIterable {
    case prompt
    case completion
    case cacheRead
    case cacheWrite
    case image
    case request
    case reasoning

    /// The column that holds this price.
    package var field: ModelField {
        switch self {
        case .prompt: .pricingPrompt
        case .completion: .pricingCompletion
        case .cacheRead: .pricingCacheRead
        case .cacheWrite: .pricingCacheWrite
        case .image: .pricingImage
        case .request: .pricingRequest
        case .reasoning: .pricingReasoning
        }
    }
}
