package import HTTPTypes
package import Secrets

/// How a request carries a provider's key.
package struct Authentication: Sendable, Hashable {
    /// The header field of the key; nil where none is sent.
    package let field: String?

    /// What stands before the key in the field.
    package let prefix: String

    /// Fields that go along with it, with or without a key.
    package let companions: [Companion]

    /// One field that goes along with the key, for instance the version of the API.
    package struct Companion: Sendable, Hashable {
        package let field: String
        package let value: String
    }

    /// No key.
    package static let none = Authentication(field: nil, prefix: "", companions: [])

    /// `Authorization: Bearer …` (RFC 6750, section 2.1).
    package static let bearer = Authentication(field: "authorization", prefix: "Bearer ", companions: [])

    /// A scheme of the provider's own: `Authorization: Key …`.
    package static func scheme(_ scheme: String) -> Authentication {
        Authentication(field: "authorization", prefix: scheme + " ", companions: [])
    }

    /// A field of the provider's own that holds nothing but the key.
    package static func field(_ field: String, with companions: [String: String] = [:]) -> Authentication {
        Authentication(
            field: field,
            prefix: "",
            companions: companions.sorted { $0.key < $1.key }.map { Companion(field: $0.key, value: $0.value) }
        )
    }

    /// The header fields for a key; without one, what is sent all the same.
    ///
    /// The field of the key is marked so that HTTP/2 never keeps it in a compression table.
    package func fields(key: Secret?) -> HTTPFields {
        var fields = HTTPFields()
        for companion in self.companions {
            if let name = HTTPField.Name(companion.field) { fields[name] = companion.value }
        }
        if let key, let field = self.field, let name = HTTPField.Name(field) {
            var keyField = HTTPField(name: name, value: self.prefix + key.exposed)
            keyField.indexingStrategy = .disallow
            fields.append(keyField)
        }
        return fields
    }
}
