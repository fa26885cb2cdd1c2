package import FoundationEssentials

/// A value of JSON (RFC 8259), with numbers as they were spelled and members in their order.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

// MARK: Reaching in

extension JSONValue {
    /// The value of a member; nil where there is none or this is not an object.
    package subscript(_ key: String) -> JSONValue? { self.objectValue?[key] }

    /// The element at a place; nil where there is none or this is not an array.
    package subscript(_ position: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(position) else { return nil }
        return elements[position]
    }

    /// Whether this is `null`.
    package var isNull: Bool { self == .null }

    /// The text of a string; nil for anything else.
    package var stringValue: String? {
        guard case .string(let string) = self else { return nil }
        return string
    }

    /// The truth value; nil for anything but `true` and `false`.
    package var boolValue: Bool? {
        guard case .bool(let bool) = self else { return nil }
        return bool
    }

    /// The number; nil for anything else, numeric strings included.
    package var numberValue: JSONNumber? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The elements of an array; nil for anything else.
    package var arrayValue: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object; nil for anything else.
    package var objectValue: JSONObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }

    /// A number's exact integer; nil for anything else.
    package var int64Value: Int64? { self.numberValue?.int64 }

    /// A number's exact value; nil for anything else, numeric strings included.
    package var decimalValue: Decimal? { self.numberValue?.decimal }

    /// The exact value of a number or of a string that spells one (`"0.0000025"`), or nil.
    package func decimalReadingStrings() -> Decimal? {
        guard let exact = self.exactReadingStrings() else { return nil }
        return try? exact.decimal()
    }

    /// The exact integer of a number or of a string that spells one (`"4096"`), or nil.
    package func int64ReadingStrings() -> Int64? { self.exactReadingStrings()?.int64 }

    private func exactReadingStrings() -> ExactDecimal? {
        switch self {
        case .number(let number): try? ExactDecimal(number.spelling)
        case .string(let string): try? ExactDecimal(string)
        case .null, .bool, .array, .object: nil
        }
    }

    /// What kind of value this is, in the words of an error message.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue? {
    /// The value of a member of a value that may itself be absent, so that `value["a"]["b"]` reads on.
    package subscript(_ key: String) -> JSONValue? { self?[key] }

    /// The element of an array that may itself be absent.
    package subscript(_ position: Int) -> JSONValue? { self?[position] }
}

// MARK: Writing one down

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    package init(nilLiteral: ()) {
        self = .null
    }

    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    package init(integerLiteral value: Int64) {
        self = .number(JSONNumber(value))
    }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    package init(stringLiteral value: String) {
        self = .string(value)
    }

    package init(arrayLiteral elements: JSONValue...) {
        self = .array(elements)
    }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (key, value) in elements { object[key] = value }
        self = .object(object)
    }
}

extension JSONValue {
    /// A string, or `null` for nil.
    package init(_ string: String?) {
        self = string.map { .string($0) } ?? .null
    }

    /// A truth value, or `null` for nil.
    package init(_ bool: Bool?) {
        self = bool.map { .bool($0) } ?? .null
    }

    /// An integer, or `null` for nil.
    package init(_ integer: (some BinaryInteger)?) {
        self = integer.map { .number(JSONNumber($0)) } ?? .null
    }

    /// A decimal with all its digits; `null` for nil and for what is not a number.
    package init(_ decimal: Decimal?) {
        self = decimal.flatMap { JSONNumber($0) }.map { .number($0) } ?? .null
    }

    /// An array of strings.
    package init(_ strings: some Sequence<String>) {
        self = .array(strings.map { .string($0) })
    }
}
