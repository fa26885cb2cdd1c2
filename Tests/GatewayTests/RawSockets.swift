import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Runs `body` with a server that answers whatever arrives on a connection with the same bytes, and perhaps closes it.
func withServer(
    answering bytes: String,
    closes: Bool = true,
    _ body: (_ url: String) async throws -> Void
) async throws {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(FixedAnswer(bytes: bytes, closes: closes))
            }
        }
        .bind(host: "127.0.0.1", port: 0)
        .get()
    let outcome: Result<Void, any Error>
    do {
        outcome = .success(try await body("http://127.0.0.1:\(listener.localAddress?.port ?? 0)/v1"))
    } catch {
        outcome = .failure(error)
    }
    try await listener.close().get()
    try outcome.get()
}

/// Answers the first bytes that come once a request's head is whole.
private final class FixedAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let bytes: String
    private let closes: Bool
    private var received = ""

    init(bytes: String, closes: Bool) {
        self.bytes = bytes
        self.closes = closes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let hadHead = self.received.contains("\r\n\r\n")
        self.received += String(buffer: self.unwrapInboundIn(data))
        guard !hadHead, self.received.contains("\r\n\r\n") else { return }
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: self.bytes)), promise: nil)
        if self.closes { context.close(promise: nil) }
    }
}

/// One connection to the gateway on which a test writes what it likes.
struct RawConnection: Sendable {
    private let channel: any Channel
    private let seen: NIOLockedValueBox<(text: String, isClosed: Bool)>

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let seen: NIOLockedValueBox<(text: String, isClosed: Bool)>

        init(_ seen: NIOLockedValueBox<(text: String, isClosed: Bool)>) {
            self.seen = seen
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: self.unwrapInboundIn(data))
            self.seen.withLockedValue { $0.text += text }
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.seen.withLockedValue { $0.isClosed = true }
        }
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - port: Where.
    ///   - reads: Whether what comes is read; if not, the kernel's buffers fill.
    /// - Throws: Why there is no connection.
    init(port: Int, reads: Bool = true) async throws {
        let seen = NIOLockedValueBox((text: "", isClosed: false))
        self.seen = seen
        self.channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(seen))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
    }

    /// What has come so far.
    var text: String { self.seen.withLockedValue { $0.text } }

    /// Whether the other side has closed the connection.
    var isClosed: Bool { self.seen.withLockedValue { $0.isClosed } }

    func write(_ text: String) async throws { try await self.channel.writeAndFlush(ByteBuffer(string: text)) }

    /// Reads from now on.
    func read() async throws { try await self.channel.setOption(.autoRead, value: true).get() }

    /// Closes this side only.
    func closeOutput() async throws { try await self.channel.close(mode: .output) }

    func close() async throws {
        guard self.channel.isActive else { return }
        try await self.channel.close()
    }

    /// The bytes of a chat request.
    static func chat(_ body: String, key: String = GatewayFixture.key) -> String {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
            + "Authorization: Bearer \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
