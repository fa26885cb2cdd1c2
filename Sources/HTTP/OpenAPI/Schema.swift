package import JSON

/// The shape of a JSON value in the words of JSON Schema 2020-12, which OpenAPI 3.1 uses, together with the named shapes
/// that it refers to.
///
/// A value: shapes are put together where an operation is described, and nothing is registered anywhere.
package struct Schema: Sendable, Hashable {
    /// The schema itself.
    package private(set) var json: JSONObject
    /// Every named schema that it refers to, directly or not, by name.
    package private(set) var components: [String: JSONObject]

    /// Takes over a schema that has no builder here.
    package init(_ json: JSONObject, components: [String: JSONObject] = [:]) {
        self.json = json
        self.components = components
    }

    // MARK: Single values

    /// Any value.
    package static let any = Schema([:])
    /// A text.
    package static let string = Schema(["type": "string"])
    /// `true` or `false`.
    package static let boolean = Schema(["type": "boolean"])
    /// A whole number that fits 64 bits.
    package static let integer = Schema(["type": "integer", "format": "int64"])
    /// A whole number from 0.
    package static let count = Schema(["type": "integer", "format": "int64", "minimum": 0])
    /// A moment as RFC 3339 has it.
    package static let moment = Schema(["type": "string", "format": "date-time"])
    /// A day as RFC 3339 has it.
    package static let date = Schema(["type": "string", "format": "date"])
    /// An exact decimal. It is a string, because a reader of JSON numbers may round.
    package static let decimal = Schema(["type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"])

    /// A whole number between two bounds.
    package static func integer(_ range: ClosedRange<Int64>) -> Schema {
        Schema(["type": "integer", "minimum": JSONValue(range.lowerBound), "maximum": JSONValue(range.upperBound)])
    }

    /// A text of at most so many characters.
    package static func string(atMost length: Int) -> Schema {
        Schema(["type": "string", "maxLength": JSONValue(length)])
    }

    /// One of these texts.
    package static func choice(_ values: [String]) -> Schema {
        Schema(["type": "string", "enum": JSONValue(values)])
    }

    /// Exactly this text.
    package static func constant(_ value: String) -> Schema {
        Schema(["type": "string", "const": .string(value)])
    }

    // MARK: Compound values

    /// A list.
    package static func array(of element: Schema, atMost count: Int? = nil) -> Schema {
        var json: JSONObject = ["type": "array", "items": .object(element.json)]
        if let count { json["maxItems"] = JSONValue(count) }
        return Schema(json, components: element.components)
    }

    /// An object whose members' names are not known beforehand.
    package static func map(of value: Schema) -> Schema {
        Schema(["type": "object", "additionalProperties": .object(value.json)], components: value.components)
    }

    /// An object with these members.
    ///
    /// - Parameters:
    ///   - members: The members in the order in which people shall see them.
    ///   - optional: Those that may be missing; every other is required.
    ///   - isClosed: Whether a member that is not named is refused; requests' bodies are closed, answers may grow.
    /// - Returns: The schema.
    package static func object(
        _ members: KeyValuePairs<String, Schema>,
        optional: Set<String> = [],
        isClosed: Bool = false
    ) -> Schema {
        self.object(members.map { ($0.key, $0.value) }, optional: optional, isClosed: isClosed)
    }

    /// An object with these members; see ``object(_:optional:isClosed:)-(KeyValuePairs<String,Schema>,_,_)``.
    package static func object(
        _ members: [(String, Schema)],
        optional: Set<String> = [],
        isClosed: Bool = false
    ) -> Schema {
        var properties = JSONObject()
        var components: [String: JSONObject] = [:]
        for (name, schema) in members {
            properties[name] = .object(schema.json)
            components.merge(schema.components) { first, _ in first }
        }
        var json: JSONObject = ["type": "object", "properties": .object(properties)]
        let required = members.map(\.0).filter { !optional.contains($0) }
        if !required.isEmpty { json["required"] = JSONValue(required) }
        if isClosed { json["additionalProperties"] = false }
        return Schema(json, components: components)
    }

    /// A value of any of these shapes.
    package static func anyOf(_ schemas: [Schema]) -> Schema {
        Schema(
            ["anyOf": .array(schemas.map { .object($0.json) })],
            components: schemas.reduce(into: [:]) { $0.merge($1.components) { first, _ in first } }
        )
    }

    // MARK: Saying more

    /// The same shape under a name, by which the document refers to it; two shapes of one name are one shape.
    package func named(_ name: String) -> Schema {
        var components = self.components
        components[name] = self.json
        return Schema(["$ref": .string("#/components/schemas/\(name)")], components: components)
    }

    /// The same shape, or `null`.
    package var nullable: Schema {
        var schema = self
        if let type = self.json["type"]?.stringValue {
            schema.json["type"] = [.string(type), "null"]
            if let values = self.json["enum"]?.arrayValue { schema.json["enum"] = .array(values + [.null]) }
            return schema
        }
        guard !self.json.isEmpty else { return self }
        return .anyOf([self, Schema(["type": "null"])])
    }

    /// The same shape with a sentence on what it means.
    package func described(_ meaning: String) -> Schema { self.with("description", .string(meaning)) }

    /// The same shape with an example.
    package func example(_ value: JSONValue) -> Schema { self.with("examples", [value]) }

    /// The same shape with one more keyword.
    package func with(_ keyword: String, _ value: JSONValue) -> Schema {
        var schema = self
        schema.json[keyword] = value
        return schema
    }
}
