import NIOCore
import NIOHTTP1

#if canImport(Glibc)
    import Glibc
    private typealias Linger = Glibc.linger
#elseif canImport(Darwin)
    import Darwin
    private typealias Linger = Darwin.linger
#endif

/// One connection of a client: collects a request, has it answered, does what the delivery says.
///
/// It belongs to its channel and runs on its event loop. While an answer is under way nothing more is read, so that a client
/// cannot pile up requests; that it has gone is noticed all the same, because the kernel reports it apart from what can be
/// read.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// Sent to every connection when the simulator shuts down.
    enum Event: Sendable {
        case shutdown
    }

    private let simulation: Simulation
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var discarded = 0
    private var delivery: Delivery?
    private var timer: Scheduled<Void>?
    private var lastDeadline: NIODeadline?
    private var isBlocked = false
    private var isHanging = false
    private var isClosing = false
    private var isShuttingDown = false
    private var hasPendingRead = false
    private var isDriving = false
    /// What was decoded and not yet looked at: the next request, where it came with the one under way.
    private var parts = CircularBuffer<HTTPServerRequestPart>()

    /// How many writes are done before others on the same event loop have their turn.
    private static let writesPerTurn = 64

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    // MARK: Requests

    func read(context: ChannelHandlerContext) {
        if self.delivery == nil {
            context.read()
        } else {
            self.hasPendingRead = true
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.parts.append(self.unwrapInboundIn(data))
        if self.delivery == nil, !self.isDriving { self.drive(context) }
    }

    /// Goes on with what there is, an answer or the parts of the next request, until something has to be waited for.
    private func drive(_ context: ChannelHandlerContext) {
        self.isDriving = true
        defer { self.isDriving = false }
        while !self.isClosing {
            if self.delivery != nil {
                guard self.step(context) else { return }
            } else if let part = self.parts.popFirst() {
                self.take(part, context)
            } else {
                break
            }
        }
        if self.hasPendingRead, !self.isClosing {
            self.hasPendingRead = false
            context.read()
        }
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            self.head = head
            self.body = ByteBuffer()
            self.discarded = 0
            if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
                context.writeAndFlush(self.wrapOutboundOut(ResponseHead.goOn), promise: nil)
            }
        case .body(let bytes):
            guard self.discarded == 0, self.body.readableBytes + bytes.readableBytes <= self.simulation.largestBody
            else {
                // A client hears that its body is too large only when it has sent it; but not for ever.
                self.discarded += bytes.readableBytes
                self.body = ByteBuffer()
                if self.discarded > 4 * self.simulation.largestBody { self.close(context) }
                return
            }
            if self.body.readableBytes == 0 { self.body = bytes } else { self.body.writeImmutableBuffer(bytes) }
        case .end:
            guard let head = self.head else { return }
            self.head = nil
            let body = [UInt8](self.body.readableBytesView)
            self.body = ByteBuffer()
            self.delivery = self.simulation.delivery(
                for: head,
                body: body,
                isTooLarge: self.discarded > 0,
                keepsConnection: head.isKeepAlive && !self.isShuttingDown
            )
        }
    }

    // MARK: Answers

    /// Does what the delivery says.
    ///
    /// - Parameter context: of this handler.
    /// - Returns: true where the answer has ended, false where something has to be waited for.
    private func step(_ context: ChannelHandlerContext) -> Bool {
        var writes = 0
        while !self.isClosing, let action = self.delivery?.next() {
            switch action {
            case .write(let buffer):
                context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
                writes += 1
                guard context.channel.isWritable else {
                    self.isBlocked = true
                    return false
                }
                if writes == Self.writesPerTurn {
                    self.driveAfter(.zero, context)
                    return false
                }
            case .wait(let pause):
                self.driveAfter(pause, context)
                return false
            case .hang:
                self.isHanging = true
                if self.isShuttingDown { self.close(context) }
                return false
            case .finish:
                if self.delivery?.keepsConnection != true || self.isShuttingDown { self.closeWhenWritten(context) }
                self.end()
                return true
            case .cut:
                self.closeWhenWritten(context)
                self.end()
                return true
            case .reset:
                self.reset(context)
                self.end()
                return true
            }
        }
        return true
    }

    /// Goes on after a pause, counted from when the last pause was to end, so that events keep their pace.
    private func driveAfter(_ pause: Duration, _ context: ChannelHandlerContext) {
        let now = context.eventLoop.now
        let planned = (self.lastDeadline ?? now) + TimeAmount(pause)
        let deadline = max(planned, now)
        self.lastDeadline = deadline
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            self.timer = nil
            self.drive(context)
        }
    }

    private func end() {
        guard let delivery = self.delivery else { return }
        self.simulation.ended(delivery)
        self.delivery = nil
        self.lastDeadline = nil
    }

    // MARK: Ends

    private func close(_ context: ChannelHandlerContext) {
        self.isClosing = true
        context.close(promise: nil)
    }

    private func closeWhenWritten(_ context: ChannelHandlerContext) {
        self.isClosing = true
        // An empty write is done when those before it are.
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer()), promise: written)
    }

    private func reset(_ context: ChannelHandlerContext) {
        self.isClosing = true
        guard let socket = context.channel as? any SocketOptionProvider else { return context.close(promise: nil) }
        // Closing a socket that lingers for no time discards what is unsent and sends RST.
        socket.setSoLinger(Linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, self.isBlocked {
            self.isBlocked = false
            self.drive(context)
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.timer = nil
        if let delivery = self.delivery {
            // What the shutdown has ended is no client that left.
            if self.isClosing || self.isShuttingDown {
                self.simulation.ended(delivery)
            } else {
                self.simulation.clientLeft(delivery)
            }
            self.delivery = nil
        }
        self.isClosing = true
        self.parts.removeAll()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case Event.shutdown? = event as? Event else { return context.fireUserInboundEventTriggered(event) }
        self.isShuttingDown = true
        if self.isHanging || (self.delivery == nil && !self.isClosing) { self.close(context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError, self.delivery == nil {
            let refusal = ByteBuffer(
                string: "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            context.write(self.wrapOutboundOut(refusal), promise: nil)
            self.closeWhenWritten(context)
        } else {
            // A reset by the client arrives as an error and as the end of the channel, where it is counted.
            context.close(promise: nil)
        }
    }
}
