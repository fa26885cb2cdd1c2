import HTTP
import JSON
import Registry

extension Schema {
    private static let scopes = Schema.array(
        of: .choice(APIKey.Scope.allCases.map(\.rawValue)),
        atMost: APIKey.Scope.allCases.count
    ).described("inference: use models; reader: see everything; editor: edit; admin: keys, refreshes and all of these.")

    private static let priority = Schema.integer(-1000...1000)
        .described("Higher goes first when the gateway is overloaded.")

    /// A row of `api_keys`.
    private static let keyMembers: [(String, Schema)] = [
        ("id", .integer), ("prefix", .string.described("The key's first characters.")), ("description", .string),
        ("owner", .string.nullable), ("scopes", .scopes), ("priority", .priority), ("expires_at", .moment.nullable),
        ("revoked_at", .moment.nullable), ("created_at", .moment),
    ]

    /// A key as it is listed.
    static let clientKey = Schema.object(Self.keyMembers).named("ClientKey")

    /// A key as it is answered once, when it is made.
    static let createdKey = Schema.object(
        [("api_key", .string.described("The key itself: keep it, nobody can show it again."))] + Self.keyMembers
            + [("in_force", .boolean.described("Whether this replica accepts it already."))]
    ).named("CreatedKey")

    /// ``KeyRequest``.
    static let newKey = Schema.object(
        [
            "description": .string(atMost: 500).nullable, "owner": .string(atMost: 200).nullable,
            "priority": .priority.nullable, "scopes": .scopes.nullable, "expires_at": .moment.nullable,
        ],
        optional: ["description", "owner", "priority", "scopes", "expires_at"]
    ).named("NewKey")
}
