package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Registry
import Secrets

/// `/api/v1/apikeys`: registers, lists and revokes client keys. What was changed is in force here when the answer arrives.
package struct KeyEndpoints: Sendable {
    private let authenticator: Authenticator
    private let store: RegistryStore
    private let feed: SnapshotFeed

    /// - Parameters:
    ///   - authenticator: Who may.
    ///   - store: The registry.
    ///   - feed: What this replica serves.
    package init(authenticator: Authenticator, store: RegistryStore, feed: SnapshotFeed) {
        self.authenticator = authenticator
        self.store = store
        self.feed = feed
    }

    /// What is served.
    package var operations: [Operation] {
        [
            Operation(
                .get,
                "/api/v1/apikeys",
                id: "listKeys",
                summary: "List client keys",
                details: "Newest first, also ended ones. The keys themselves are not known: only hashes are stored.",
                group: .keys,
                access: .key(.admin),
                answers: [
                    .json(.object(["object": .constant("list"), "data": .array(of: .clientKey)]), "The keys.")
                ],
                needsDatabase: true,
                handler: self.list
            ),
            Operation(
                .post,
                "/api/v1/apikeys",
                id: "createKey",
                summary: "Register a client key",
                details: "Needs an administrator's key. From a trusted network, and not from a page in a browser, "
                    + "a key with the scope inference may be registered without one. Only this answer shows the key.",
                group: .keys,
                access: .keyOrTrustedNetwork(nil),
                body: .json(.newKey, "What the key shall be; every member may be left out.", isRequired: false),
                answers: [.json(.createdKey, "The key, in force.")],
                refusals: [.forbidden: "More was asked for than may be had without an administrator's key."],
                needsDatabase: true,
                handler: self.create
            ),
            Operation(
                .delete,
                "/api/v1/apikeys/{id}",
                id: "revokeKey",
                summary: "End a client key",
                group: .keys,
                access: .key(.admin),
                parameters: [.path("id", .integer, "The key's number.")],
                answers: [
                    .json(
                        .object([
                            "id": .integer, "revoked": .boolean,
                            "in_force": .boolean.described("Whether this replica refuses it already."),
                        ]),
                        "It is ended; once more is no error."
                    )
                ],
                refusals: [.notFound: "There is no such key."],
                needsDatabase: true,
                handler: self.revoke
            ),
        ]
    }

    private func create(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let principal = context.principal
        let wanted = try KeyRequest(try await request.collectObject()).key
        if !principal.allows(.admin) { try self.requireTrust(for: wanted, request, context) }
        let (key, revision) = try await APIError.explainingStore {
            try await self.store.createKey(
                wanted,
                as: Authorship(actor: principal.actor, reason: "POST /api/v1/apikeys")
            )
        }
        let isInForce = try await self.feed.settle(on: revision)
        var body = JSONObject([(key: "api_key", value: .string(wanted.key.exposed))])
        body.merge(Self.object(key))
        body["in_force"] = .bool(isInForce)
        var headers = self.feed.revisionField
        headers[.cacheControl] = "no-store"
        return Response(json: .object(body), headers: headers)
    }

    /// Without an administrator's key, a client of a trusted network may register a key for using models, and only that. Not
    /// so a page in a browser there: browsers say where a page is from, and no page may make keys behind a person's back.
    private func requireTrust(
        for wanted: NewAPIKey,
        _ request: Request,
        _ context: ReplicaContext
    ) throws(APIError) {
        let client = self.authenticator.client(request, context)
        guard self.authenticator.networks.trusts(client), request.headers[.origin] == nil else {
            throw APIError(
                .forbidden,
                .permission,
                code: "missing_scope",
                "Registering a key from \(client)\(request.headers[.origin] == nil ? "" : " with a browser") "
                    + "needs an administrator's key. Send it as “Authorization: Bearer <key>”."
            )
        }
        guard wanted.scopes == [.inference] else {
            throw APIError(
                .forbidden,
                .permission,
                code: "missing_scope",
                "Without an administrator's key only keys with the scope inference can be registered. "
                    + "Leave out “scopes”, or send an administrator's key.",
                param: "scopes"
            )
        }
    }

    private func list(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let keys = try await APIError.explainingStore { try await self.store.keys() }
        return Response(json: ["object": "list", "data": .array(keys.map { .object(Self.object($0)) })])
    }

    private func revoke(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let text = try context.parameters.require("id")
        guard let id = Int64(text), id > 0 else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "“\(text.prefix(40))” is not the number of a key. GET /api/v1/apikeys lists them.",
                param: "id"
            )
        }
        let (exists, revision) = try await APIError.explainingStore {
            try await self.store.revokeKey(
                id: id,
                as: Authorship(actor: context.principal.actor, reason: "DELETE /api/v1/apikeys/\(id)")
            )
        }
        guard exists else {
            throw APIError(
                .notFound,
                code: "key_not_found",
                "There is no key with the number \(id). GET /api/v1/apikeys lists them.",
                param: "id"
            )
        }
        let isInForce = try await self.feed.settle(on: revision)
        return Response(
            json: ["id": JSONValue(id), "revoked": true, "in_force": .bool(isInForce)],
            headers: self.feed.revisionField
        )
    }

    private static func object(_ key: APIKey) -> JSONObject {
        [
            "id": JSONValue(key.id),
            "prefix": .string(key.prefix),
            "description": .string(key.description),
            "owner": JSONValue(key.owner),
            "scopes": JSONValue(key.scopes.map(\.rawValue).sorted()),
            "priority": JSONValue(key.priority),
            "expires_at": JSONValue(key.expiresAt),
            "revoked_at": JSONValue(key.revokedAt),
            "created_at": JSONValue(key.createdAt),
        ]
    }
}
