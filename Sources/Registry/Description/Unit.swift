/// What the numbers of a column count, as they are stored and as people see and type them.
package enum Unit: String, Sendable, Hashable, CaseIterable {
    /// Stored in USD per token; people see USD per 1M tokens.
    case usdPerToken
    case usdPerImage
    case usdPerRequest
    case tokens
    /// Parameters of a model, in billions.
    case billions

    /// What people read in a heading.
    package var shown: String {
        switch self {
        case .usdPerToken: "USD per 1M tokens"
        case .usdPerImage: "USD per image"
        case .usdPerRequest: "USD per request"
        case .tokens: "tokens"
        case .billions: "billions"
        }
    }

    /// What the database and the API count in.
    package var stored: String {
        switch self {
        case .usdPerToken: "USD per token"
        case .usdPerImage, .usdPerRequest, .tokens, .billions: self.shown
        }
    }

    /// How many places the point moves to the right from what is stored to what people see.
    package var shownShift: Int {
        switch self {
        case .usdPerToken: 6
        case .usdPerImage, .usdPerRequest, .tokens, .billions: 0
        }
    }
}
