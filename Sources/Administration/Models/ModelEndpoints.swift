package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Registry

/// `GET /v1/models` and `GET /v1/models/{id}`: what may be asked, from the snapshot and nothing else; what could be asked at
/// another time, from the registry's history.
package struct ModelEndpoints: Sendable {
    private let lists = DerivedFromSnapshot { ModelList($0) }
    private let past: PastCatalogues

    private static let path = "/v1/models/"

    /// - Parameter store: Where history is read; what is served now never needs it.
    package init(store: RegistryStore) {
        self.past = PastCatalogues(store: store)
    }

    /// What is served.
    package var operations: [Operation] {
        [
            Operation(
                .get,
                "/v1/models",
                id: "listServedModels",
                summary: "List the models that requests may name",
                details: """
                    Routes first, then every offer that is switched on. With `revision` or `as_of`, those of that time: \
                    only this needs the registry's database.
                    """,
                group: .models,
                access: .keyOrTrustedNetwork(nil),
                parameters: Operation.Parameter.revisionPoint + [
                    .header("If-None-Match", .string, "Entity tags of lists that the client has already.")
                ],
                answers: [
                    .json(
                        .object(["object": .constant("list"), "data": .array(of: .servedModel)]),
                        "The models.",
                        fields: [.header("ETag", .string, "Names exactly this list.")]
                    ),
                    Operation.Answer(.notModified, "The client has this list already."),
                ],
                refusals: Self.refusals,
                handler: self.list
            ),
            Operation(
                .get,
                // An API name may have slashes of its own.
                "/v1/models/{model...}",
                id: "getServedModel",
                summary: "Get a model that requests may name",
                group: .models,
                access: .keyOrTrustedNetwork(nil),
                parameters: [
                    .path("model", .string, "A route, provider/api-name, or an API name; slashes may stand.")
                ] + Operation.Parameter.revisionPoint,
                answers: [.json(.servedModel, "The model.")],
                refusals: [
                    .badRequest: "The name is not in percent-encoding.",
                    .notFound: "There is no such model or revision, or the model is switched off.",
                    .serviceUnavailable: "The registry's database is away, and a time that is past was asked for.",
                ],
                handler: self.model
            ),
        ]
    }

    private static let refusals: KeyValuePairs<HTTPResponse.Status, String> = [
        .notFound: "There is no such revision.",
        .serviceUnavailable: "The registry's database is away, and a time that is past was asked for.",
    ]

    private func list(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let past = try await self.past(request)
        let list = past?.list ?? self.lists[context.snapshot]
        var headers = HTTPFields()
        headers[.eTag] = list.entityTag
        headers[.cacheControl] = "private, no-cache"
        headers[.xRosterRevision] = past.map { String($0.snapshot.revision) }
        if Self.holds(list.entityTag, request.headers[values: .ifNoneMatch]) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = "application/json"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: list.body))
    }

    /// The catalogue of the time that a request asks for; nil for the present one.
    private func past(_ request: Request) async throws -> PastCatalogue? {
        guard let point = try request.revisionPoint() else { return nil }
        do {
            return try await APIError.explainingStore { try await self.past.catalogue(at: point) }
        } catch let notFound as HistoryNotFound {
            if case .time = point { throw APIError(notFound, param: "as_of") }
            throw APIError(notFound, param: "revision")
        }
    }

    private func model(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let written = String(request.uri.path.dropFirst(Self.path.count))
        guard let name = written.percentDecoded, !name.isEmpty else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "“\(written.prefix(200))” is not a name in percent-encoding.",
                param: "model"
            )
        }
        let past = try await self.past(request)
        let snapshot = past?.snapshot ?? context.snapshot
        guard case .offers(let offers, let route) = snapshot.resolve(name), let first = offers.first else {
            throw APIError(
                .notFound,
                code: "model_not_found",
                past == nil
                    ? "The model “\(name.prefix(200))” does not exist here or is switched off. GET /v1/models lists those there are."
                    : "The model “\(name.prefix(200))” did not exist or was switched off at revision \(snapshot.revision).",
                param: "model"
            )
        }
        return Response(
            json: route.map(ModelObject.route) ?? ModelObject.offer(first),
            headers: past == nil ? [:] : [.xRosterRevision: String(snapshot.revision)]
        )
    }

    /// Whether a client has the body already; weak comparison (RFC 9110 §13.1.2).
    static func holds(_ entityTag: String, _ fields: [String]) -> Bool {
        fields.flatMap { $0.split(separator: ",") }.contains { element in
            let tag = element.drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
            return tag == "*" || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag) == entityTag
        }
    }
}
