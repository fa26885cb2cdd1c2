import HTTP
import HTTPTypes
import JSON

/// The members of an object in a request's body, read one by one; what is left in the end is refused.
struct RequestMembers {
    private var rest: JSONObject
    /// Where the object stands in the body: `edits[3].`; empty for the body itself.
    private let place: String

    init(_ object: JSONObject, at place: String = "") {
        self.rest = object
        self.place = place
    }

    /// What nobody has asked for yet.
    var remaining: JSONObject { self.rest }

    /// A text; nil for `null` and where there is none.
    mutating func string(_ name: String, atMost length: Int) throws(APIError) -> String? {
        guard let value = self.take(name) else { return nil }
        guard let text = value.stringValue, text.count <= length, !text.utf8.contains(0) else {
            throw self.refusal(name, "a text of at most \(length) characters", value)
        }
        return text
    }

    /// A list of texts; empty where there is none.
    mutating func strings(_ name: String, atMost count: Int) throws(APIError) -> [String] {
        guard let value = self.take(name) else { return [] }
        guard let elements = value.arrayValue, elements.count <= count,
            elements.allSatisfy({ $0.stringValue != nil })
        else { throw self.refusal(name, "a list of at most \(count) texts", value) }
        return elements.compactMap(\.stringValue)
    }

    /// A whole number from 0; nil for `null` and where there is none.
    mutating func number(_ name: String) throws(APIError) -> Int64? {
        guard let value = self.take(name) else { return nil }
        guard let number = value.int64Value, number >= 0 else {
            throw self.refusal(name, "a whole number from 0", value)
        }
        return number
    }

    /// An object; nil for `null` and where there is none.
    mutating func object(_ name: String) throws(APIError) -> JSONObject? {
        guard let value = self.take(name) else { return nil }
        guard let object = value.objectValue else { throw self.refusal(name, "an object", value) }
        return object
    }

    /// A list of objects; nil where there is none.
    mutating func objects(_ name: String, atMost count: Int) throws(APIError) -> [JSONObject]? {
        guard let value = self.take(name) else { return nil }
        guard let elements = value.arrayValue, elements.count <= count,
            elements.allSatisfy({ $0.objectValue != nil })
        else { throw self.refusal(name, "a list of at most \(count) objects", value) }
        return elements.compactMap(\.objectValue)
    }

    /// Any value but `null`.
    mutating func take(_ name: String) -> JSONValue? {
        let value = self.rest[name]
        self.rest[name] = nil
        return value.flatMap { $0.isNull ? nil : $0 }
    }

    /// Refuses what nobody asked for.
    ///
    /// - Parameter known: What there might have been.
    /// - Throws: 400 that names the first unknown member.
    func finish(_ known: String...) throws(APIError) {
        guard let unknown = self.rest.keys.first else { return }
        throw APIError(
            .badRequest,
            code: "unknown_member",
            "“\(self.place)\(unknown.prefix(80))” is not known here. There is \(known.joined(separator: ", ")).",
            param: "\(self.place)\(unknown.prefix(80))"
        )
    }

    /// A member that is missing.
    func missing(_ name: String, _ meaning: String) -> APIError {
        APIError(
            .badRequest,
            code: "missing_member",
            "“\(self.place)\(name)” is missing: \(meaning).",
            param: self.place + name
        )
    }

    /// A member that is not what it must be.
    func refusal(_ name: String, _ expected: String, _ value: JSONValue) -> APIError {
        APIError(
            .badRequest,
            code: "invalid_value",
            "“\(self.place)\(name)” must be \(expected), and it is \(value.kind).",
            param: self.place + name
        )
    }
}
