package import HTTPTypes
package import Hummingbird

extension Router<ReplicaContext> {
    /// Answers a request.
    package typealias Handler = @Sendable (Request, ReplicaContext) async throws -> Response

    /// Adds a path with everything that may be done there. `HEAD` goes with `GET`, and any other method is refused with a
    /// 405 that says which ones there are.
    ///
    /// - Parameters:
    ///   - path: The path.
    ///   - handlers: What answers each method.
    package func serve(_ path: RouterPath, _ handlers: KeyValuePairs<HTTPRequest.Method, Handler>) {
        var served: [HTTPRequest.Method] = []
        for (method, handler) in handlers {
            self.on(path, method: method, use: handler)
            served.append(method)
            guard method == .get else { continue }
            served.append(.head)
            self.on(path, method: .head) { request, context in
                try await handler(request, context).createHeadResponse()
            }
        }
        let allowed = served.map(\.rawValue).joined(separator: ", ")
        for method in Self.methods where !served.contains(method) {
            self.on(path, method: method) { request, _ -> Response in
                var refusal = APIError(
                    .methodNotAllowed,
                    code: "method_not_allowed",
                    "\(method.rawValue) \(request.uri.path.prefix(200)) is not possible. Use \(allowed)."
                )
                refusal.headers[.allow] = allowed
                throw refusal
            }
        }
    }

    /// RFC 9110 §9.3 and RFC 5789.
    private static var methods: [HTTPRequest.Method] {
        [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
    }
}
