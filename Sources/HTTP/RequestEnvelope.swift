import HTTPTypes
package import Hummingbird
import Logging
package import Registry

/// What every request and every answer has around it: an id, one snapshot, the revision in a header, and every failure in
/// OpenAI's shape, Hummingbird's own included.
///
/// It is the router's first middleware. Add it before any endpoint: Hummingbird gives a middleware only to what is added
/// after it.
package struct RequestEnvelope: RouterMiddleware {
    package typealias Context = ReplicaContext

    private let snapshot: @Sendable () -> Snapshot

    /// - Parameter snapshot: What is served now; asked once per request.
    package init(snapshot: @escaping @Sendable () -> Snapshot) {
        self.snapshot = snapshot
    }

    @concurrent
    package func handle(
        _ request: Request,
        context: ReplicaContext,
        next: @concurrent (Request, ReplicaContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.snapshot = self.snapshot()
        if let id = request.headers[.xRequestID], Self.isAcceptable(id) {
            context.requestID = id
            context.logger[metadataKey: "hb.request.id"] = .string(id)
        } else {
            // Hummingbird's own id, where the log handler keeps what it is given; some keep nothing.
            context.requestID = context.logger[metadataKey: "hb.request.id"]?.description ?? RequestID().description
        }
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = Self.response(to: error, request, context)
        }
        // Whatever it says, also a refusal: a body would be taken for the beginning of the next answer (RFC 9110 §9.3.2).
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.xRequestID] = context.requestID
        if !response.headers.contains(.xRosterRevision) {
            response.headers[.xRosterRevision] = String(context.snapshot.revision)
        }
        return response
    }

    private static func response(to error: any Error, _ request: Request, _ context: ReplicaContext) -> Response {
        if let error = APIError(foreign: error, request: request) { return error.response }
        context.logger.error("request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
        return APIError.unforeseen(requestID: context.requestID).response
    }

    /// A client's own id is kept if it can stand in a log line and a header: 1 to 128 letters, digits and `-_.:/+=@`.
    static func isAcceptable(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { unit in
                switch unit {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: "@"):
                    true
                default: false
                }
            }
    }
}
