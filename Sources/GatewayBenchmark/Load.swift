import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// One request, repeated over a fixed number of connections, each of which sends its next when its last has been answered.
struct Load: Sendable {
    /// Where to send it.
    let target: Target
    /// The request's bytes, head and body.
    let request: ByteBuffer
    /// Connections open at the same time.
    let connections: Int
    /// Requests in all.
    let requests: Int

    /// Sends everything and waits for the last answer.
    func run(on group: MultiThreadedEventLoopGroup) async throws -> Samples {
        let account = Account(remaining: self.requests)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<min(self.connections, self.requests) {
                tasks.addTask {
                    let ended = group.any().makePromise(of: Void.self)
                    let channel = try await ClientBootstrap(group: group)
                        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                        .connectTimeout(.seconds(10))
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                try channel.pipeline.syncOperations.addHandler(
                                    Requester(request: self.request, account: account, ended: ended)
                                )
                            }
                        }
                        .connect(host: self.target.host, port: self.target.port).get()
                    try await ended.futureResult.get()
                    try await channel.close().get()
                }
            }
            try await tasks.waitForAll()
        }
        return account.samples(elapsed: ContinuousClock.now - start)
    }
}

/// What the connections of one load have seen together.
final class Account: Sendable {
    private struct Guarded {
        var remaining: Int
        var samples = Samples()
    }

    private let guarded: NIOLockedValueBox<Guarded>

    init(remaining: Int) {
        self.guarded = NIOLockedValueBox(Guarded(remaining: remaining))
    }

    /// Whether there is one more request to send.
    func takeRequest() -> Bool {
        self.guarded.withLockedValue { guarded in
            guarded.remaining -= 1
            return guarded.remaining >= 0
        }
    }

    func add(_ samples: Samples) {
        self.guarded.withLockedValue { $0.samples.merge(samples) }
    }

    func samples(elapsed: Duration) -> Samples {
        var samples = self.guarded.withLockedValue { $0.samples }
        samples.elapsed = elapsed
        return samples
    }
}

/// Sends requests one after another over one connection, on that connection's event loop.
private final class Requester: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: ByteBuffer
    private let account: Account
    private let ended: EventLoopPromise<Void>
    private var reader = ResponseReader()
    private var samples = Samples()
    private var sentAt = ContinuousClock.now
    private var lastEventAt: ContinuousClock.Instant?
    private var isDone = false

    init(request: ByteBuffer, account: Account, ended: EventLoopPromise<Void>) {
        self.request = request
        self.account = account
        self.ended = ended
    }

    func channelActive(context: ChannelHandlerContext) {
        self.sendNext(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = ContinuousClock.now
        let progress: ResponseReader.Progress
        do { progress = try self.reader.read(self.unwrapInboundIn(data)) } catch {
            return self.fail(error, context: context)
        }
        if progress.events > 0 {
            self.samples.events += progress.events
            if let last = self.lastEventAt {
                self.samples.gaps.append(now - last)
            } else {
                self.samples.firstEvents.append(now - self.sentAt)
            }
            self.lastEventAt = now
        }
        guard let status = progress.endedWithStatus else { return }
        self.samples.latencies.append(now - self.sentAt)
        if status != 200 { self.samples.failures += 1 }
        self.sendNext(context: context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        guard !self.isDone else { return }
        self.fail(
            ResponseReader.Malformed(description: "the connection was closed before the answer's end"),
            context: context
        )
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(error, context: context)
    }

    private func sendNext(context: ChannelHandlerContext) {
        guard self.account.takeRequest() else {
            self.isDone = true
            self.account.add(self.samples)
            return self.ended.succeed()
        }
        self.lastEventAt = nil
        self.sentAt = .now
        context.writeAndFlush(self.wrapOutboundOut(self.request), promise: nil)
    }

    private func fail(_ error: any Error, context: ChannelHandlerContext) {
        guard !self.isDone else { return }
        self.isDone = true
        self.ended.fail(error)
        context.close(promise: nil)
    }
}
