import NIOCore

/// A few commands and their answers at the beginning of a connection: signing in, asking for the role.
///
/// `Connector` adds it to a connection that has just opened; it removes itself when the last answer is there. Runs on the
/// connection's event loop.
final class ExchangeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let request: ByteBuffer
    private let count: Int
    private let promise: EventLoopPromise<[RedisValue]>
    private var parser: ReplyParser
    private var answers: [RedisValue] = []

    /// Prepares an exchange.
    /// - Parameters:
    ///   - request: The commands as RESP2.
    ///   - count: How many commands they are.
    ///   - replyLimit: The most bytes that one answer may have.
    ///   - promise: Gets the answers, or why they did not come. It is kept in every case.
    /// - Throws: ``RedisError`` if there is no memory for it.
    init(
        request: ByteBuffer,
        count: Int,
        replyLimit: Int,
        promise: EventLoopPromise<[RedisValue]>
    ) throws(RedisError) {
        self.parser = try ReplyParser(limit: replyLimit)
        self.request = request
        self.count = count
        self.promise = promise
    }

    func handlerAdded(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(self.request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(RedisError) {
            try self.parser.feed(self.unwrapInboundIn(data))
            while let value = try self.parser.next() {
                self.answers.append(value)
            }
        } catch {
            self.fail(context, error)
            return
        }
        guard self.answers.count <= self.count else {
            self.fail(context, RedisError(.protocolViolation, "The server answered more than was asked."))
            return
        }
        guard self.answers.count == self.count else { return }
        self.promise.succeed(self.answers)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(context, error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(context, RedisError(.connectionLost, "The server closed the connection during the handshake."))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // Only the first word counts for a promise: after success this says nothing.
        self.promise.fail(RedisError(.connectionLost, "The connection was closed during the handshake."))
    }

    private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
        self.promise.fail(error)
        context.close(promise: nil)
    }
}
