import NIOCore
import NIOPosix

/// A client that sees bytes, not answers: what arrived, and how the connection ended.
struct WireClient: Sendable {
    /// How a connection looked when the client stopped looking.
    enum Ending: Sendable, Hashable {
        /// The server closed it in order.
        case closed
        /// The server aborted it.
        case reset
        /// It was open: the client had seen what it was looking for, or its time was up.
        case open
    }

    struct Reception: Sendable {
        var bytes: [UInt8] = []
        var ending = Ending.open
        /// Since before the request was sent.
        var firstByte: Duration?
        var elapsed: Duration = .zero

        var text: String { String(decoding: self.bytes, as: UTF8.self) }
    }

    let port: Int

    /// Sends bytes and looks at what comes until the connection ends, enough has come, or the time is up.
    ///
    /// - Parameters:
    ///   - request: the bytes to send.
    ///   - limit: how long to look.
    ///   - isEnough: whether what came so far is enough.
    /// - Returns: what came, and how it ended.
    /// - Throws: what the system says of a connection that cannot be made.
    func exchange(
        _ request: [UInt8],
        for limit: Duration = .seconds(60),
        until isEnough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) async throws -> Reception {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: "127.0.0.1", port: self.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, _ in
            let start = ContinuousClock.now
            var reception = Reception()
            do {
                // The outbound writer returns before the kernel has the bytes; the time counts from when it has.
                try await channel.channel.writeAndFlush(ByteBuffer(bytes: request))
                let sent = ContinuousClock.now
                let deadline = channel.channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
                    channel.channel.close(promise: nil)
                }
                defer { deadline.cancel() }
                reception.ending = .closed
                for try await buffer in inbound {
                    if reception.firstByte == nil { reception.firstByte = ContinuousClock.now - start }
                    reception.bytes.append(contentsOf: buffer.readableBytesView)
                    if isEnough(reception.bytes) {
                        reception.ending = .open
                        break
                    }
                }
                if ContinuousClock.now - sent >= limit { reception.ending = .open }
            } catch is IOError {
                reception.ending = .reset
            } catch ChannelError.ioOnClosedChannel {
                reception.ending = .closed
            }
            reception.elapsed = ContinuousClock.now - start
            return reception
        }
    }
}

extension WireClient {
    /// A connection that sends a request and reads nothing.
    func pausedReader(_ request: [UInt8]) async throws -> any Channel {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: self.port)
            .get()
        try await channel.writeAndFlush(ByteBuffer(bytes: request))
        return channel
    }
}
