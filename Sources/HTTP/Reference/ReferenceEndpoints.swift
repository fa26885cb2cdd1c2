import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import JSON
import NIOCore

/// `GET /openapi.json` and `GET /docs`: what is served, for programs and for people. Rendered once, when a replica starts.
package struct ReferenceEndpoints: Sendable {
    /// Everything that is served, these two included.
    package let operations: [Operation]

    /// Describes operations.
    ///
    /// - Parameter others: Everything else that is served, in the order in which people shall see it.
    package init(describing others: [Operation]) {
        let described = others + Self.operations(document: Rendered(), page: Rendered())
        let document = Rendered(
            bytes: OpenAPIDocument(describing: described).json.serialized(),
            mediaType: "application/json"
        )
        let page = ReferencePage(describing: described)
        self.operations =
            others
            + Self.operations(
                document: document,
                page: Rendered(
                    bytes: Array(page.html.utf8),
                    mediaType: "text/html; charset=utf-8",
                    // Nothing but its own style; no script, no address but this page's.
                    contentSecurityPolicy: "default-src 'none'; style-src 'sha256-\(page.styleDigest)'; "
                        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                )
            )
    }

    private static let group = Operation.Group("Reference", "This description.")

    private static func operations(document: Rendered, page: Rendered) -> [Operation] {
        [
            Operation(
                .get,
                "/openapi.json",
                id: "getOpenAPIDocument",
                summary: "This description for programs",
                details: "An OpenAPI 3.1 document, made from what the router serves.",
                group: self.group,
                access: .anyone,
                answers: [.json(.map(of: .any), "The document.")],
                handler: document.answer
            ),
            Operation(
                .get,
                "/docs",
                id: "getReferencePage",
                summary: "This description for people",
                details: "One page without scripts that needs nothing from elsewhere.",
                group: self.group,
                access: .anyone,
                answers: [
                    Operation.Answer(.ok, "The page.", content: [Operation.Content("text/html", .string)])
                ],
                handler: page.answer
            ),
        ]
    }

    /// A body that never changes while the replica runs.
    private struct Rendered: Sendable {
        var body = ByteBuffer()
        var headers = HTTPFields()

        init() {}

        init(bytes: [UInt8], mediaType: String, contentSecurityPolicy: String? = nil) {
            self.body = ByteBuffer(bytes: bytes)
            self.headers[.contentType] = mediaType
            self.headers[.eTag] = "\"\(Data(SHA256.hash(data: bytes).prefix(18)).base64EncodedString())\""
            self.headers[.cacheControl] = "no-cache"
            self.headers[.xContentTypeOptions] = "nosniff"
            self.headers[.contentSecurityPolicy] = contentSecurityPolicy
        }

        @Sendable func answer(_ request: Request, _ context: ReplicaContext) -> Response {
            Response(status: .ok, headers: self.headers, body: ResponseBody(byteBuffer: self.body))
        }
    }
}
