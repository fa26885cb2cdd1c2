import HTTPTypes
package import Hummingbird
import Registry

extension Router<ReplicaContext> {
    /// Serves operations, each to those who may. `HEAD` goes with `GET`, and any other method on their paths is refused with
    /// a 405 that says which ones there are.
    ///
    /// - Parameters:
    ///   - operations: Everything that is served on the paths that they name.
    ///   - authenticator: Says who asks.
    package func serve(_ operations: [Operation], authenticator: Authenticator) {
        var paths: [OperationPath] = []
        for operation in operations where !paths.contains(operation.path) { paths.append(operation.path) }
        for path in paths {
            self.serve(operations.filter { $0.path == path }, at: path.routerPath, authenticator)
        }
    }

    private func serve(_ operations: [Operation], at path: RouterPath, _ authenticator: Authenticator) {
        var served: [HTTPRequest.Method] = []
        for operation in operations {
            let answer = Self.guarded(operation, authenticator)
            self.on(path, method: operation.method, use: answer)
            served.append(operation.method)
            guard operation.method == .get else { continue }
            served.append(.head)
            // The envelope takes the body away, of refusals too.
            self.on(path, method: .head, use: answer)
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

    /// The operation's handler behind its guard.
    private static func guarded(_ operation: Operation, _ authenticator: Authenticator) -> Operation.Handler {
        let (access, handler) = (operation.access, operation.handler)
        let names = operation.parameters.filter { $0.place == .query }.map(\.name)
        // Whoever mistypes dry_run must not write.
        let isStrict = names.contains("dry_run")
        return { request, context in
            var context = context
            context.principal = try authenticator.admit(access, request, context)
            if isStrict { try Self.refuseUnknownParameters(of: request, known: names) }
            return try await handler(request, context)
        }
    }

    private static func refuseUnknownParameters(of request: Request, known: [String]) throws(APIError) {
        for (name, _) in try request.queryPairs() where !known.contains(name) {
            let nearest = NearestName.of(String(name.prefix(100)), among: known)
            throw APIError(
                .badRequest,
                code: "unknown_parameter",
                "There is no parameter “\(name.prefix(80))” here\(nearest.map { "; did you mean “\($0)”?" } ?? ".")",
                param: String(name.prefix(100))
            )
        }
    }

    /// RFC 9110 §9.3 and RFC 5789.
    private static var methods: [HTTPRequest.Method] {
        [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
    }
}
