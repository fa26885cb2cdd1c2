public import HTTPTypes
public import NIOCore

/// One HTTP request. A value without behaviour; ``TransferClient/send(_:)`` makes a transfer of it.
public struct TransferRequest: Sendable {
    /// What is sent after the head.
    public enum Body: Sendable {
        /// Nothing. `POST`, `PUT` and `PATCH` say `Content-Length: 0`.
        case none
        /// These bytes, which are not copied before libcurl sends them.
        case bytes(ByteBuffer)
        /// What a sequence yields, asked for only as fast as the network takes it. Without a length it is sent
        /// chunked; a sequence that yields more or less than its length fails the transfer with
        /// ``TransferError/Code/writeFailed``. It is read by a task of ``TransferClient/run()``.
        case stream(length: Int?, any AsyncSequence<ByteBuffer, any Error> & Sendable)
    }

    /// How long each part of a transfer may take.
    public struct Timeouts: Sendable {
        /// Until the connection stands, TLS included. Also bounds the look-up of the name. Default 10 s.
        public var connect = Duration.seconds(10)
        /// From ``TransferClient/send(_:)``, or from when the last bytes of the request's body were taken if that is
        /// later, until the first byte of the response; waiting for a free connection counts. Default 120 s.
        public var firstByte = Duration.seconds(120)
        /// Between any two pieces of the response, while its reader wants more. Default 120 s.
        public var idle = Duration.seconds(120)
        /// From ``TransferClient/send(_:)`` to the last byte, the reader's own pauses included. Default: as long as
        /// it takes.
        public var total: Duration?

        /// The defaults.
        public init() {}

        /// - Parameters:
        ///   - connect: Until the connection stands.
        ///   - firstByte: Until the first byte of the response.
        ///   - idle: Between any two pieces of the response.
        ///   - total: To the last byte; nil for as long as it takes.
        public init(connect: Duration, firstByte: Duration, idle: Duration, total: Duration? = nil) {
            self.connect = connect
            self.firstByte = firstByte
            self.idle = idle
            self.total = total
        }
    }

    /// Which version of HTTP is spoken.
    public enum Version: Sendable {
        /// HTTP/1.1. The one for streams: a reader that is behind holds back the sender alone.
        case http1
        /// HTTP/2 where TLS and the server offer it, else HTTP/1.1. libcurl buffers megabytes for a reader that is
        /// behind.
        case http2IfOffered
    }

    /// When ``TransferClient/send(_:)`` returns. A response whose body is there by then costs its reader no second
    /// wait.
    public enum ReturnPoint: Sendable, Equatable {
        /// As soon as the head is there.
        case head
        /// With the whole body if its declared length is at most 64 KiB, else as soon as the head is there.
        case shortBody
        /// When the body has ended or this many bytes of it are there.
        case body(upTo: Int)
    }

    /// The method, as it is sent.
    public var method: HTTPRequest.Method
    /// An absolute `http` or `https` URL in ASCII, without user information. Its path is sent as it is spelled.
    public var url: String
    /// The fields, sent in this order. Fields that belong to the connection (`Connection`, `Content-Length`, `Expect`,
    /// `Keep-Alive`, `Proxy-Connection`, `TE`, `Trailer`, `Transfer-Encoding`, `Upgrade`) are the client's own and left
    /// out.
    public var headers: HTTPFields
    /// What is sent after the head. Default: nothing.
    public var body: Body
    /// How long each part may take.
    public var timeouts: Timeouts
    /// Which version of HTTP is spoken. Default HTTP/1.1.
    public var version: Version
    /// When ``TransferClient/send(_:)`` returns. Default: with a short body.
    public var returnPoint = ReturnPoint.shortBody
    /// Whether gzip and deflate are asked for and undone. The response then has no `Content-Encoding` and no
    /// `Content-Length`. Never for streams: such a body is not held back when its reader is behind. Default false.
    public var decompress: Bool
    /// With ``decompress``: how many bytes the body may have when undone, beyond which it fails with
    /// ``TransferError/Code/bodyTooLarge``. Default 64 MiB.
    public var decompressedLimit = 67_108_864
    /// Whether the request may be sent again on a fresh connection when a pooled one turns out to be closed without any
    /// response, although the server may have seen the request. Default: by its method, as RFC 9110 §9.2.2 defines
    /// idempotent ones. A request of which nothing was sent is always repeated.
    public var isRepeatable: Bool

    /// - Parameters:
    ///   - method: The method.
    ///   - url: An absolute `http` or `https` URL.
    ///   - headers: The fields, in order.
    ///   - body: What is sent after the head.
    ///   - timeouts: How long each part may take.
    ///   - version: Which version of HTTP is spoken.
    ///   - decompress: Whether gzip and deflate are asked for and undone.
    public init(
        method: HTTPRequest.Method = .get,
        url: String,
        headers: HTTPFields = HTTPFields(),
        body: Body = .none,
        timeouts: Timeouts = Timeouts(),
        version: Version = .http1,
        decompress: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.version = version
        self.decompress = decompress
        self.isRepeatable = [.get, .head, .options, .trace, .put, .delete].contains(method)
    }
}
