import FoundationEssentials
package import HTTPTypes
package import Hummingbird
package import Registry
package import Secrets

/// Says who a request acts for, and refuses who may not.
///
/// Synchronous and without I/O: a key is hashed and looked up in the request's snapshot, so that a revoked key is refused
/// as soon as the revision that revokes it is served. Only hashes are compared, so that how long it takes says nothing about a
/// key.
package struct Authenticator: Sendable {
    /// Which clients may do without a key what others may not.
    package let networks: TrustedNetworks
    private let administrator: KeyHash?

    /// The longest key that is looked at, in bytes.
    private static let longestKey = 512

    /// - Parameters:
    ///   - administratorKey: `ADMIN_API_KEY`; nobody is the administrator by it unless it is set.
    ///   - networks: Which clients may do without a key what others may not.
    package init(administratorKey: Secret?, networks: TrustedNetworks) {
        self.administrator = administratorKey.flatMap { $0.exposed.isEmpty ? nil : KeyHash(of: $0) }
        self.networks = networks
    }

    /// Says who asks for an operation, or refuses.
    ///
    /// - Parameters:
    ///   - access: Who may.
    ///   - request: The request.
    ///   - context: Its context.
    /// - Returns: Who it is.
    /// - Throws: 401 and 403 as ``require(_:_:_:)`` and ``requireUnlessTrusted(_:_:_:)`` do.
    package func admit(
        _ access: Operation.Access,
        _ request: Request,
        _ context: ReplicaContext
    ) throws(APIError) -> Principal {
        switch access {
        case .anyone: .anyone
        case .key(let scope): try self.require(scope, request, context)
        case .keyOrTrustedNetwork(let scope): try self.requireUnlessTrusted(scope, request, context)
        }
    }

    /// Who a request acts for, for what needs a scope.
    ///
    /// - Parameters:
    ///   - scope: What the request needs; nil where any key will do.
    ///   - request: The request.
    ///   - context: Its context.
    /// - Returns: Who it is.
    /// - Throws: 401 without a valid key, 403 without the scope.
    package func require(
        _ scope: APIKey.Scope?,
        _ request: Request,
        _ context: ReplicaContext
    ) throws(APIError) -> Principal {
        guard let principal = try self.principal(request.headers, in: context.snapshot) else {
            throw Self.refusal(
                code: "missing_api_key",
                "This request needs an API key. Send it as “Authorization: Bearer <key>”."
            )
        }
        if let scope, !principal.allows(scope) { throw Self.forbidden(scope, principal) }
        return principal
    }

    /// Who a request acts for, for what a client of a trusted network may do without a key. A key that is sent must be
    /// valid all the same: a wrong one is a mistake that its owner wants to know of.
    ///
    /// - Parameters:
    ///   - scope: What a key needs; nil where any will do.
    ///   - request: The request.
    ///   - context: Its context.
    /// - Returns: Who it is.
    /// - Throws: 401 for a key that is not valid, or without one from elsewhere; 403 without the scope.
    package func requireUnlessTrusted(
        _ scope: APIKey.Scope?,
        _ request: Request,
        _ context: ReplicaContext
    ) throws(APIError) -> Principal {
        if let principal = try self.principal(request.headers, in: context.snapshot) {
            if let scope, !principal.allows(scope) { throw Self.forbidden(scope, principal) }
            return principal
        }
        let client = self.client(request, context)
        guard self.networks.trusts(client) else {
            throw Self.refusal(
                code: "missing_api_key",
                "This request needs an API key, because it comes from \(client), which is not among the trusted networks. "
                    + "Send a key as “Authorization: Bearer <key>”."
            )
        }
        return .trusted(client)
    }

    /// Who sent a request.
    package func client(_ request: Request, _ context: ReplicaContext) -> ClientAddress {
        self.networks.client(peer: context.connection?.address, headers: request.headers)
    }

    /// Who the key of a request stands for.
    ///
    /// - Parameters:
    ///   - headers: The request's fields.
    ///   - snapshot: The keys.
    /// - Returns: Who it is; nil without a key.
    /// - Throws: 401 for a key that is unknown, expired or revoked, 503 while no registry is loaded that could know it.
    package func principal(_ headers: HTTPFields, in snapshot: Snapshot) throws(APIError) -> Principal? {
        guard let key = try Self.key(in: headers) else { return nil }
        let hash = KeyHash(ofUTF8: key.utf8)
        if hash == self.administrator { return .administrator }
        guard let row = snapshot.key(hash) else {
            guard snapshot !== Snapshot.empty else {
                throw APIError(
                    .serviceUnavailable,
                    .server,
                    code: "registry_unavailable",
                    "This replica has not been able to read the registry yet, so it cannot check API keys. "
                        + "Try again in a moment; GET /readyz says what it waits for."
                )
            }
            throw Self.refusal(
                code: "invalid_api_key",
                "This API key is not known. Check it for missing characters, or ask an administrator for a new one. "
                    + "A provider's own key (OPENAI_API_KEY and the like) is not a key of this gateway."
            )
        }
        if let end = row.revokedAt {
            throw Self.refusal(
                code: "revoked_api_key",
                "The API key \(row.prefix)… was revoked on \(end.formatted(.iso8601)). Ask an administrator for a new one."
            )
        }
        if let end = row.expiresAt, !row.isValid(at: Date()) {
            throw Self.refusal(
                code: "expired_api_key",
                "The API key \(row.prefix)… expired on \(end.formatted(.iso8601)). Ask an administrator for a new one."
            )
        }
        return .key(row)
    }

    /// The key of a request: `Authorization: Bearer …` before `x-api-key` before `api-key`. An empty one, which an unset
    /// variable leaves, is none.
    private static func key(in headers: HTTPFields) throws(APIError) -> Substring? {
        var key: Substring?
        if let field = headers[.authorization] {
            let words = field.split(separator: " ", maxSplits: 1)
            if let scheme = words.first {
                guard scheme.lowercased() == "bearer" else {
                    throw Self.refusal(
                        code: "invalid_api_key",
                        "The Authorization field has the scheme “\(scheme.prefix(20))”. "
                            + "Send the key as “Authorization: Bearer <key>”."
                    )
                }
                key = words.count == 2 ? words[1] : nil
            }
        }
        let found = key ?? headers[.xAPIKey].map { $0[...] } ?? headers[.apiKey].map { $0[...] }
        guard let found, !found.isEmpty else { return nil }
        guard found.utf8.count <= Self.longestKey else {
            throw Self.refusal(code: "invalid_api_key", "This API key is longer than any key of this gateway.")
        }
        return found
    }

    private static func refusal(code: String, _ message: String) -> APIError {
        var error = APIError(.unauthorized, code: code, message)
        error.headers[.wwwAuthenticate] = "Bearer realm=\"roster\""
        return error
    }

    private static func forbidden(_ scope: APIKey.Scope, _ principal: Principal) -> APIError {
        let held =
            switch principal {
            case .key(let key): "the scope \(key.scopes.map(\.rawValue).sorted().joined(separator: ", "))"
            case .administrator, .trusted, .anyone: "no scope"
            }
        return APIError(
            .forbidden,
            .permission,
            code: "missing_scope",
            "This needs a key with the scope \(scope.rawValue), and the one that was sent has \(held). "
                + "Use another key, or ask an administrator for one."
        )
    }
}
