package import HTTP
import HTTPTypes
import Hummingbird
import JSON
import Registry

/// `GET /v1/models` and `GET /v1/models/{id}`: what may be asked, from the snapshot and nothing else.
package struct ModelEndpoints: Sendable {
    private let lists = DerivedFromSnapshot { ModelList($0) }

    private static let path = "/v1/models/"

    package init() {}

    /// What is served.
    package var operations: [Operation] {
        [
            Operation(
                .get,
                "/v1/models",
                id: "listServedModels",
                summary: "List the models that requests may name",
                details: "Routes first, then every offer that is switched on.",
                group: .models,
                access: .keyOrTrustedNetwork(nil),
                parameters: [.header("If-None-Match", .string, "Entity tags of lists that the client has already.")],
                answers: [
                    .json(
                        .object(["object": .constant("list"), "data": .array(of: .servedModel)]),
                        "The models.",
                        fields: [.header("ETag", .string, "Names exactly this list.")]
                    ),
                    Operation.Answer(.notModified, "The client has this list already."),
                ],
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
                ],
                answers: [.json(.servedModel, "The model.")],
                refusals: [
                    .badRequest: "The name is not in percent-encoding.",
                    .notFound: "There is no such model, or it is switched off.",
                ],
                handler: self.model
            ),
        ]
    }

    private func list(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let list = self.lists[context.snapshot]
        var headers = HTTPFields()
        headers[.eTag] = list.entityTag
        headers[.cacheControl] = "private, no-cache"
        if Self.holds(list.entityTag, request.headers[values: .ifNoneMatch]) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = "application/json"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: list.body))
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
        guard case .offers(let offers, let route) = context.snapshot.resolve(name), let first = offers.first else {
            throw APIError(
                .notFound,
                code: "model_not_found",
                "The model “\(name.prefix(200))” does not exist here or is switched off. GET /v1/models lists those there are.",
                param: "model"
            )
        }
        return Response(json: route.map(ModelObject.route) ?? ModelObject.offer(first))
    }

    /// Whether a client has the body already; weak comparison (RFC 9110 §13.1.2).
    static func holds(_ entityTag: String, _ fields: [String]) -> Bool {
        fields.flatMap { $0.split(separator: ",") }.contains { element in
            let tag = element.drop(while: \.isWhitespace).prefix { !$0.isWhitespace }
            return tag == "*" || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag) == entityTag
        }
    }
}
