import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import RosterServer

/// Bytes through a balancer, with real sockets at both ends.
@Suite(.timeLimit(.minutes(1)))
struct BalancerTests {
    @Test("Connections go to the replicas in turn")
    func inTurn() async throws {
        try await self.balanced(over: [.greeting("a"), .greeting("b"), .greeting("c")]) { port, _ in
            var heard = ""
            for _ in 0..<6 { heard += try await Client.exchange("", on: port) }
            #expect(heard.count == 6)
            #expect(["abcabc", "bcabca", "cabcab"].contains(heard), "\(heard)")
        }
    }

    @Test("A replica that refuses is left out, and one that leaves gets nothing")
    func leftOut() async throws {
        try await self.balanced(over: [.greeting("a"), .greeting("b")]) { port, targets in
            targets.add(1)  // Nobody listens there.
            for _ in 0..<6 {
                let heard = try await Client.exchange("", on: port)
                #expect(["a", "b"].contains(heard))
            }
            let first = try #require(targets.inTurn().first { $0 != 1 })
            targets.remove(first)
            let remaining = try await Client.exchange("", on: port)
            let again = try await Client.exchange("", on: port)
            #expect(remaining == again)
        }
    }

    @Test("Without any replica a connection is closed")
    func none() async throws {
        try await self.balanced(over: []) { port, _ in
            let heard = try await Client.exchange("hello", on: port)
            #expect(heard == "")
        }
    }

    @Test("A client that has said everything still hears the answer")
    func halfClose() async throws {
        try await self.balanced(over: [.countingToTheEnd]) { port, _ in
            let text = String(repeating: "x", count: 3_000_000)
            let heard = try await Client.exchange(text, on: port)
            #expect(heard == "3000000")
        }
    }

    @Test("What a client said before there was a replica for it is not lost")
    func earlyWords() async throws {
        try await self.balanced(over: [.countingToTheEnd]) { port, targets in
            let replica = try #require(targets.inTurn().first)
            // Connecting to these is refused first, so that the client has long said everything.
            for nobody in 1...3 { targets.add(nobody) }
            for _ in 0..<20 {
                let heard = try await Client.exchange("early", on: port)
                #expect(heard == "5")
            }
            #expect(targets.inTurn().contains(replica))
        }
    }

    @Test("What a replica said before it closed arrives whole, though the client is slow")
    func lastWords() async throws {
        try await self.balanced(over: [.flood(bytes: 20_000_000)]) { port, _ in
            let client = try await Client(port: port)
            // Nothing is read until far more than any socket holds has been sent.
            try await Task.sleep(for: .milliseconds(200))
            #expect(try await client.readToEnd().count == 20_000_000)
        }
    }

    @Test("Nobody is read faster than the other side takes it")
    func backPressure() async throws {
        try await self.balanced(over: [.deaf]) { port, _ in
            let client = try await Client(port: port)
            let sent = NIOLockedValueBox(0)
            let chunk = ByteBuffer(repeating: 0, count: 1 << 20)
            // 256 MiB do not fit into the sockets of this machine: the writes must come to a halt.
            let writes = (0..<256).map { _ in
                client.channel.writeAndFlush(chunk).map { sent.withLockedValue { $0 += 1 } }
            }
            try await eventually("the writes have come to a halt") {
                let before = sent.withLockedValue { $0 }
                try await Task.sleep(for: .milliseconds(300))
                return before > 0 && sent.withLockedValue { $0 } == before
            }
            #expect(sent.withLockedValue { $0 } < 128)
            try await client.channel.close()
            for write in writes { write.whenFailure { _ in } }
        }
    }

    @Test("After a shutdown has begun, open connections go on until they end by themselves")
    func shutdown() async throws {
        let echo = try await Server(.echo)
        let targets = BalancerTargets()
        targets.add(echo.port)
        let port = NIOLockedValueBox<Int?>(nil)
        let balancer = Balancer(
            host: "127.0.0.1",
            port: 0,
            targets: targets,
            maximumConnections: 1,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { found in port.withLockedValue { $0 = found } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await balancer.run() }
            try await eventually("the balancer listens") { port.withLockedValue { $0 } != nil }
            let found = try #require(port.withLockedValue { $0 })
            let client = try await Client(port: found)
            await client.say("one")
            #expect(try await client.read(3) == "one")
            // There is room for one connection.
            #expect(try await Client.exchange("two", on: found) == "")
            group.cancelAll()
            try await group.waitForAll()
            #expect(try await client.readToEnd() == "one")
        }
        try await echo.close()
    }

    private func balanced(
        over behaviours: [Server.Behaviour],
        _ body: @escaping @Sendable (Int, BalancerTargets) async throws -> Void
    ) async throws {
        let targets = BalancerTargets()
        var servers: [Server] = []
        for behaviour in behaviours {
            let server = try await Server(behaviour)
            targets.add(server.port)
            servers.append(server)
        }
        let port = NIOLockedValueBox<Int?>(nil)
        let balancer = Balancer(
            host: "127.0.0.1",
            port: 0,
            targets: targets,
            maximumConnections: 100,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ) { found in port.withLockedValue { $0 = found } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await balancer.run() }
            try await eventually("the balancer listens") { port.withLockedValue { $0 } != nil }
            try await body(try #require(port.withLockedValue { $0 }), targets)
            group.cancelAll()
            try await group.waitForAll()
        }
        for server in servers { try await server.close() }
    }
}

/// A replica's stand-in on a socket.
private struct Server: Sendable {
    enum Behaviour: Sendable {
        /// Says something and closes.
        case greeting(String)
        /// Sends back what comes.
        case echo
        /// Reads until the client has said everything, then says how many bytes that was.
        case countingToTheEnd
        /// Sends so many bytes and closes.
        case flood(bytes: Int)
        /// Never reads.
        case deaf
    }

    let channel: any Channel
    let port: Int

    init(_ behaviour: Behaviour) async throws {
        self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(behaviour))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.port = try #require(self.channel.localAddress?.port)
    }

    func close() async throws {
        try await self.channel.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let behaviour: Behaviour
        private var count = 0

        init(_ behaviour: Behaviour) {
            self.behaviour = behaviour
        }

        func channelActive(context: ChannelHandlerContext) {
            switch self.behaviour {
            case .greeting(let text): self.end(context, with: ByteBuffer(string: text))
            case .flood(let bytes): self.end(context, with: ByteBuffer(repeating: 1, count: bytes))
            case .echo, .countingToTheEnd: context.read()
            case .deaf: break
            }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.count += self.unwrapInboundIn(data).readableBytes
            if case .echo = self.behaviour { context.writeAndFlush(data, promise: nil) }
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            context.read()
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .some(.inputClosed) = event as? ChannelEvent else { return }
            switch self.behaviour {
            case .countingToTheEnd: self.end(context, with: ByteBuffer(string: "\(self.count)"))
            case .echo, .deaf: context.close(promise: nil)
            // They close when they have said what they say.
            case .greeting, .flood: break
            }
        }

        private func end(_ context: ChannelHandlerContext, with bytes: ByteBuffer) {
            let channel = context.channel
            context.writeAndFlush(self.wrapOutboundOut(bytes)).whenComplete { _ in channel.close(promise: nil) }
        }
    }
}

/// A client on a socket that reads only when it is told to.
private final class Client: Sendable {
    let channel: any Channel
    private let inbound: Inbound

    init(port: Int) async throws {
        let inbound = Inbound()
        self.inbound = inbound
        self.channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(inbound)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// Says something, says that this was all, and hears everything.
    static func exchange(_ text: String, on port: Int) async throws -> String {
        let client = try await Client(port: port)
        if !text.isEmpty { await client.say(text) }
        do { try await client.channel.close(mode: .output) } catch {
            // The other side has closed before: what it said is still to be read.
        }
        return try await client.readToEnd()
    }

    func say(_ text: String) async {
        do { try await self.channel.writeAndFlush(ByteBuffer(string: text)) } catch {
            // The other side has closed before: what it said is still to be read.
        }
    }

    func read(_ count: Int) async throws -> String {
        self.inbound.demand(self.channel)
        try await eventually("\(count) bytes have arrived") { self.inbound.text.utf8.count >= count }
        return self.inbound.text
    }

    /// Everything from the first byte to the last.
    func readToEnd() async throws -> String {
        self.inbound.demand(self.channel)
        try await eventually(within: .seconds(30), "the other side has said everything") { self.inbound.hasEnded }
        return self.inbound.text
    }

    /// Keeps what has arrived; reads on and on once it was asked to.
    private final class Inbound: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private struct State {
            var bytes = ByteBuffer()
            var isReading = false
            var hasEnded = false
        }

        private let state = NIOLockedValueBox(State())

        var text: String { self.state.withLockedValue { String(buffer: $0.bytes) } }
        var hasEnded: Bool { self.state.withLockedValue { $0.hasEnded } }

        func demand(_ channel: any Channel) {
            self.state.withLockedValue { $0.isReading = true }
            channel.read()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = self.unwrapInboundIn(data)
            self.state.withLockedValue { state in _ = state.bytes.writeImmutableBuffer(bytes) }
        }

        func channelReadComplete(context: ChannelHandlerContext) {
            if self.state.withLockedValue({ $0.isReading }) { context.read() }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .some(.inputClosed) = event as? ChannelEvent else { return }
            self.state.withLockedValue { $0.hasEnded = true }
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.state.withLockedValue { $0.hasEnded = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
