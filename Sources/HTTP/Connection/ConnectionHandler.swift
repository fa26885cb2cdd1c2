import HTTPTypes
import JSON
import NIOCore
import NIOHTTP1

/// What Hummingbird leaves out between NIO's parser and its own handlers: says when the client has gone, answers
/// `Expect: 100-continue`, bounds what a client may send, and gives the parser's refusals words.
///
/// One per connection, on its event loop.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let connection: ClientConnection
    private let largestBody: Int
    private var received = 0
    private var refusal: HTTPParserError?

    init(connection: ClientConnection, largestBody: Int) {
        self.connection = connection
        self.largestBody = largestBody
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.received = 0
            self.answerExpectation(of: head, context)
        case .body(let bytes):
            self.received += bytes.readableBytes
            guard self.received <= self.largestBody else {
                context.close(promise: nil)
                return
            }
        case .end:
            break
        }
        context.fireChannelRead(data)
    }

    /// RFC 9110 §10.1.1. Without it curl waits a second before it sends a body of more than 1 MiB.
    private func answerExpectation(of head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard head.version == .http1_1, head.headers.contains(name: "expect"),
            head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }),
            head.headers.first(name: "content-length").flatMap({ Int($0) }) ?? 0 <= self.largestBody
        else { return }
        context.writeAndFlush(
            self.wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))),
            promise: nil
        )
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that closes its side has gone, as it has for nginx and for Go: hardly any waits for an answer after that.
        if case .some(.inputClosed) = event as? ChannelEvent { self.connection.end() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connection.end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.refusal = error as? HTTPParserError
        context.fireErrorCaught(error)
    }

    /// Hummingbird answers what cannot be parsed with an empty 400 and closes the connection; here it gets its body.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let refusal = self.refusal, case .head(var head) = self.unwrapOutboundIn(data), head.status == .badRequest
        else {
            context.write(data, promise: promise)
            return
        }
        self.refusal = nil
        let error = APIError(
            .badRequest,
            code: "malformed_request",
            "This is not a request of HTTP/1.1 that can be read: \(refusal.debugDescription). "
                + "Check the request line, the header fields and their sizes."
        )
        let body = ByteBuffer(bytes: error.json.serialized())
        head.headers.replaceOrAdd(name: "content-type", value: "application/json")
        head.headers.replaceOrAdd(name: "content-length", value: "\(body.readableBytes)")
        context.write(self.wrapOutboundOut(.head(head)), promise: promise)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    }
}
