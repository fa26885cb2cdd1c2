import NIOCore

/// The commands' end of a connection: bytes to replies, and word of the connection's end to the lane.
///
/// Made by `CommandLane` for each connection; runs on the connection's event loop, which is the lane's.
final class CommandHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var context: ChannelHandlerContext?
    private var parser: ReplyParser
    private let lane: CommandLane
    private let ended: Reply<RedisError, Never>
    private var hasEnded = false

    /// Makes the handler of one connection.
    /// - Parameters:
    ///   - lane: Whom it serves.
    ///   - ended: Answered with the reason when the connection ends.
    ///   - replyLimit: The most bytes that one reply may have.
    /// - Throws: ``RedisError`` if there is no memory for it.
    init(lane: CommandLane, ended: Reply<RedisError, Never>, replyLimit: Int) throws(RedisError) {
        self.parser = try ReplyParser(limit: replyLimit)
        self.lane = lane
        self.ended = ended
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.end(RedisError(.connectionLost, "The connection to Redis was closed."))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !self.hasEnded else { return }
        do throws(RedisError) {
            try self.parser.feed(self.unwrapInboundIn(data))
            self.lane.heard()
            while let value = try self.parser.next() {
                try self.lane.received(value)
            }
        } catch {
            self.end(error, isFirstToBlame: true)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !self.hasEnded {
            self.lane.readComplete()
        }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end(RedisError(.connectionLost, "The connection to Redis failed: \(error).", cause: error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(RedisError(.connectionLost, "The server closed the connection to Redis."))
        context.fireChannelInactive()
    }

    /// Closes the connection and tells the lane, once.
    /// - Parameters:
    ///   - error: Why.
    ///   - isFirstToBlame: Whether the reply to the first command in flight is why.
    func end(_ error: RedisError, isFirstToBlame: Bool = false) {
        guard !self.hasEnded else { return }
        self.hasEnded = true
        self.context?.close(promise: nil)
        self.lane.disconnected(error, isFirstToBlame: isFirstToBlame)
        self.ended.answer(.success(error))
    }
}
