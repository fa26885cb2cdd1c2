package import Registry

/// Who a request acts for.
package enum Principal: Sendable {
    /// Nobody in particular: what anyone may do asks for no key and looks at none.
    case anyone
    /// Whoever holds `ADMIN_API_KEY`.
    case administrator
    /// The holder of a key of the registry.
    case key(APIKey)
    /// A client without a key, in a network that is trusted.
    case trusted(ClientAddress)

    /// Whether it may do something.
    package func allows(_ scope: APIKey.Scope) -> Bool {
        switch self {
        case .administrator: true
        case .key(let key): key.allows(scope)
        case .trusted, .anyone: false
        }
    }

    /// As history shows it: `key:rk_3fA9 (dev test key)`.
    package var actor: String {
        switch self {
        case .anyone: "anyone"
        case .administrator: "admin"
        case .key(let key) where key.description.isEmpty: "key:\(key.prefix)"
        case .key(let key): "key:\(key.prefix) (\(key.description))"
        case .trusted(let client): "network:\(client)"
        }
    }
}
