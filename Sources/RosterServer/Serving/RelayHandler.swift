import NIOCore

/// One end of a relayed connection: what arrives here leaves at the other end.
///
/// Both ends are on one event loop, so that they call each other directly. Each holds the other until either closes.
final class RelayHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var other: RelayHandler?
    private var context: ChannelHandlerContext?
    private var wantsToRead = false
    private var hasEnded = false

    /// Joins two connections of one event loop, and begins to read both.
    ///
    /// - Parameters:
    ///   - left: A connection that is not read yet.
    ///   - right: Another one.
    static func join(_ left: any Channel, _ right: any Channel) {
        let (first, second) = (RelayHandler(), RelayHandler())
        (first.other, second.other) = (second, first)
        do {
            try left.pipeline.syncOperations.addHandler(first)
            try right.pipeline.syncOperations.addHandler(second)
        } catch {
            // One of them has closed meanwhile; then neither is of use.
            left.close(promise: nil)
            right.close(promise: nil)
            return
        }
        for channel in [left, right] {
            channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Closed before this handler was there: nobody will say so again.
        if !context.channel.isActive { self.end() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.other = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.other?.context?.write(data, promise: nil)
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
            // What was passed on before leaves first: close(.output) comes after the flush.
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
