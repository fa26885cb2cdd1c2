package import HTTP
import HTTPTypes
package import Hummingbird
import JSON
import Registry

/// `GET /v1/models` and `GET /v1/models/{id}`: what may be asked, from the snapshot and nothing else.
package struct ModelEndpoints: Sendable {
    private let authenticator: Authenticator
    private let lists = DerivedFromSnapshot { ModelList($0) }

    private static let path = "/v1/models/"

    /// - Parameter authenticator: Who may look.
    package init(authenticator: Authenticator) {
        self.authenticator = authenticator
    }

    /// Adds the endpoints to a router that has its ``RequestEnvelope`` already.
    package func add(to router: Router<ReplicaContext>) {
        router.serve("/v1/models", [.get: self.list])
        // An API name may have slashes of its own.
        router.serve("/v1/models/**", [.get: self.model])
    }

    private func list(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        _ = try self.authenticator.requireUnlessTrusted(nil, request, context)
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
        _ = try self.authenticator.requireUnlessTrusted(nil, request, context)
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
