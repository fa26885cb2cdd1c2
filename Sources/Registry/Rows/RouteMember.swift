public import FoundationEssentials
package import JSON

/// A model that a route may use: a row of `route_members`.
public struct RouteMember: Sendable, Hashable {
    /// `provider/api-name` for one offer, an API name for every active offer of it.
    public let model: String
    /// Its share, beside the other members', where the route chooses by weight.
    public let weight: Int32
    /// What an offer must be known to do for this route: names of ``Model/Capabilities``.
    public let requires: [String]
    /// Offers whose input price is higher, or unknown, are passed over. USD per token.
    public let maximumPrice: Decimal?

    /// The abilities that can be asked for, as they are written.
    public static let abilities = ["streaming", "tools", "vision", "reasoning", "json_schema"]

    /// Names a member.
    public init(model: String, weight: Int32 = 1, requires: [String] = [], maximumPrice: Decimal? = nil) {
        self.model = model
        self.weight = weight
        self.requires = requires
        self.maximumPrice = maximumPrice
    }

    /// Whether this route may use an offer.
    public func admits(_ model: Model) -> Bool {
        if let maximum = self.maximumPrice {
            guard let price = model.pricing.prompt, price <= maximum else { return false }
        }
        return self.requires.allSatisfy { ability in
            switch ability {
            case "streaming": model.capabilities.streaming == true
            case "tools": model.capabilities.tools == true
            case "vision": model.capabilities.vision == true
            case "reasoning": model.capabilities.reasoning == true
            case "json_schema": model.capabilities.jsonSchema == true
            // An ability of a later release is not known to be there.
            default: false
            }
        }
    }

    /// Reads a member from a bare name or from an object without unknown members; nil for anything else.
    package init?(json value: JSONValue) {
        if let name = value.stringValue {
            self.init(model: name)
            return
        }
        guard let object = value.objectValue, let model = object["model"]?.stringValue,
            object.keys.allSatisfy({ ["model", "weight", "requires", "max_price"].contains($0) })
        else { return nil }
        var weight: Int32 = 1
        if let written = object["weight"], !written.isNull {
            guard let number = written.int64Value.flatMap({ Int32(exactly: $0) }) else { return nil }
            weight = number
        }
        var requires: [String] = []
        if let written = object["requires"], !written.isNull {
            guard let names = written.arrayValue?.map(\.stringValue), names.allSatisfy({ $0 != nil }) else {
                return nil
            }
            requires = names.compactMap { $0 }
        }
        var maximumPrice: Decimal?
        if let written = object["max_price"], !written.isNull {
            guard let price = written.decimalReadingStrings() else { return nil }
            maximumPrice = price
        }
        self.init(model: model, weight: weight, requires: requires, maximumPrice: maximumPrice)
    }

    /// As the registry gives it out.
    package var json: JSONObject {
        [
            "model": .string(self.model),
            "weight": JSONValue(self.weight),
            "requires": JSONValue(self.requires),
            "max_price": self.maximumPrice.map { .string($0.description) } ?? .null,
        ]
    }
}

extension RouteMember: ExpressibleByStringLiteral {
    /// Names a member without conditions.
    public init(stringLiteral value: String) {
        self.init(model: value)
    }
}
