import NIOCore

/// One end of a relayed connection: what arrives here leaves at the other end.
///
/// Both ends are on one event loop, so that they call each other directly; each holds the other until either closes. An end
/// that has no other yet keeps what arrives: NIO reads a connection to its end as soon as the peer has said everything,
/// also one that nobody asked it to read. That is at most what the kernel holds for a socket.
final class RelayHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let onActive: () -> Void
    private var other: RelayHandler?
    private var context: ChannelHandlerContext?
    private var kept: [ByteBuffer] = []
    private var hasHeardEverything = false
    private var wantsToRead = false
    private var hasEnded = false

    /// - Parameter onActive: What to do as soon as the connection can be used; not called for one that can be already.
    init(onActive: @escaping () -> Void = {}) {
        self.onActive = onActive
    }

    /// Joins two connections of one event loop that have a handler each, and begins to read both.
    static func join(_ left: RelayHandler, _ right: RelayHandler) {
        guard !left.hasEnded, !right.hasEnded else {
            left.close()
            right.close()
            return
        }
        (left.other, right.other) = (right, left)
        for end in [left, right] { end.begin() }
    }

    private func begin() {
        for bytes in self.kept { self.other?.send(bytes) }
        self.kept = []
        self.other?.context?.flush()
        if self.hasHeardEverything { self.other?.context?.close(mode: .output, promise: nil) }
        guard let channel = self.context?.channel else { return }
        channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        self.onActive()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        if let other = self.other { other.send(bytes) } else { self.kept.append(bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.other?.context?.flush()
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if let other = self.other?.context, !other.channel.isWritable {
            self.wantsToRead = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let other = self.other, other.wantsToRead {
            other.wantsToRead = false
            other.context?.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            self.hasHeardEverything = true
            // What was passed on before leaves first: the end comes after the flush.
            self.other?.context?.flush()
            self.other?.context?.close(mode: .output, promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    private func send(_ bytes: ByteBuffer) {
        self.context?.write(self.wrapOutboundOut(bytes), promise: nil)
    }

    private func close() {
        self.context?.close(promise: nil)
    }

    /// The other end has nobody to speak to any more; what it was given still leaves.
    private func end() {
        guard !self.hasEnded else { return }
        self.hasEnded = true
        guard let other = self.other else { return }
        self.other = nil
        other.other = nil
        guard let context = other.context else { return }
        // Closing drops what the socket has not taken yet; an empty write is done when all before it are.
        let channel = context.channel
        context.writeAndFlush(other.wrapOutboundOut(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }
}
