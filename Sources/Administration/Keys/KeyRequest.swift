import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Registry

/// What `POST /api/v1/apikeys` asks for. Types are checked here; whether a value is allowed is the database's to say.
struct KeyRequest {
    let key: NewAPIKey

    /// Reads a request's body.
    ///
    /// - Parameter body: `description`, `priority`, `owner`, `scopes`, `expires_at`, each optional.
    /// - Throws: 400 with the member that is wrong.
    init(_ body: JSONObject) throws(APIError) {
        var key = NewAPIKey(description: try Self.string("description", body) ?? "")
        key.owner = try Self.string("owner", body)
        if let priority = Self.present("priority", body) {
            guard let number = priority.int64Value, let number = Int32(exactly: number) else {
                throw Self.refusal("priority", "a whole number from -1000 to 1000", priority)
            }
            key.priority = number
        }
        if let scopes = Self.present("scopes", body) { key.scopes = try Self.scopes(scopes) }
        if let end = Self.present("expires_at", body) { key.expiresAt = try Self.moment(end) }
        self.key = key
    }

    private static func present(_ name: String, _ body: JSONObject) -> JSONValue? {
        guard let value = body[name], !value.isNull else { return nil }
        return value
    }

    private static func string(_ name: String, _ body: JSONObject) throws(APIError) -> String? {
        guard let value = Self.present(name, body) else { return nil }
        guard let string = value.stringValue, !string.contains("\0") else {
            throw Self.refusal(name, "a string without zero bytes", value)
        }
        return string
    }

    private static func scopes(_ value: JSONValue) throws(APIError) -> Set<APIKey.Scope> {
        let expected = "an array of \(APIKey.Scope.allCases.map(\.rawValue).joined(separator: ", "))"
        guard let names = value.arrayValue, !names.isEmpty, names.count <= APIKey.Scope.allCases.count else {
            throw Self.refusal("scopes", expected, value)
        }
        var scopes: Set<APIKey.Scope> = []
        for name in names {
            guard let scope = name.stringValue.flatMap({ APIKey.Scope(rawValue: $0) }) else {
                throw Self.refusal("scopes", expected, value)
            }
            scopes.insert(scope)
        }
        return scopes
    }

    private static func moment(_ value: JSONValue) throws(APIError) -> Date {
        let expected = "a moment in the future, as in 2027-01-31T00:00:00Z"
        guard let text = value.stringValue else { throw Self.refusal("expires_at", expected, value) }
        let moment: Date
        do {
            moment = try Date(text, strategy: .iso8601)
        } catch {
            throw Self.refusal("expires_at", expected, value)
        }
        guard moment > Date() else { throw Self.refusal("expires_at", expected, value) }
        return moment
    }

    private static func refusal(_ name: String, _ expected: String, _ value: JSONValue) -> APIError {
        APIError(
            .badRequest,
            code: "invalid_value",
            "“\(name)” must be \(expected), and it is \(value.kind).",
            param: name
        )
    }
}
