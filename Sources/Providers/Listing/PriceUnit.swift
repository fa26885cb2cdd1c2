package import FoundationEssentials
package import JSON

/// The unit in which one endpoint of a provider states its prices.
///
/// It is declared once, with the endpoint, and never guessed from the size of a number. Conversion moves the decimal point
/// and does nothing else, so that every digit of the provider's is kept.
package enum PriceUnit: Sendable, Hashable {
    case usdPerToken
    case usdPerThousandTokens
    case usdPerMillionTokens
    case usdCentsPerToken
    /// xAI: hundredths of a cent per million.
    case usdCentsPerHundredMillionTokens
    /// Novita: 630 is 0.063 USD per million.
    case tenThousandthsOfUSDPerMillionTokens
    /// NEAR: an amount to be multiplied by 10^-scale.
    case scaledUSDPerToken(scale: Int)
    case usdPerImage
    case usdPerRequest

    /// How far the decimal point moves to give USD per token, image or request.
    package var shift: Int {
        switch self {
        case .usdPerToken, .usdPerImage, .usdPerRequest: 0
        case .usdPerThousandTokens: -3
        case .usdPerMillionTokens: -6
        case .usdCentsPerToken: -2
        case .usdCentsPerHundredMillionTokens, .tenThousandthsOfUSDPerMillionTokens: -10
        case .scaledUSDPerToken(let scale): -scale
        }
    }

    /// What a provider means by a price of zero.
    package enum Zero: Sendable, Hashable {
        /// It costs nothing.
        case free
        /// It is not priced here: storing zero would give the model away.
        case unknown
    }

    /// Reads a price: a number or a string that spells one, in any spelling.
    ///
    /// - Parameters:
    ///   - json: what the list says; nil where it says nothing.
    ///   - zero: what zero means at this endpoint.
    /// - Returns: USD per token, image or request, to the last digit, or why it is not known.
    package func read(_ json: JSONValue?, zero: Zero) -> PriceReading {
        let spelling: String
        switch json {
        case nil, .null: return .absent
        case .number(let number): spelling = number.spelling
        case .string(let string): spelling = string
        case .bool, .array, .object: return .unknown("the price is \(json?.kind ?? "nothing"), not a number")
        }
        guard !spelling.isEmpty else { return .absent }
        do throws(ExactDecimalError) {
            let amount = try ExactDecimal(spelling).decimal(shiftedBy: self.shift)
            if amount < 0 { return .unknown("the price is negative (\(spelling)): it depends on something else") }
            if amount == 0, zero == .unknown { return .unknown("a price of zero here means that it is not told") }
            return .known(amount)
        } catch {
            return .unknown("the price \"\(spelling.prefix(60))\" was not taken over: \(error)")
        }
    }
}

/// What a list says about one price.
package enum PriceReading: Sendable, Hashable {
    /// USD per token, image or request; 0 is free.
    case known(Decimal)
    /// Nothing.
    case absent
    /// Something that is not a price, and why.
    case unknown(String)

    /// The price; nil where it is not known.
    package var amount: Decimal? {
        guard case .known(let amount) = self else { return nil }
        return amount
    }
}
