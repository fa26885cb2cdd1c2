import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Testing

@testable import Redis

/// A generator whose sequence a test can repeat.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    /// SplitMix64 (Steele, Lea and Flood 2014).
    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension RedisConfiguration {
    init(_ server: RedisServerProcess) {
        let address: Address = server.port.map { .host("127.0.0.1", port: $0) } ?? .unixSocket(path: server.socketPath)
        self.init(location: .server(address))
        // Under a sanitizer on a busy machine nothing is quick; tests of time-outs set their own.
        self.commandTimeout = .seconds(60)
        self.connectTimeout = .seconds(20)
        self.backoff = Backoff(first: .milliseconds(5), longest: .milliseconds(50))
    }
}

/// Runs a client for as long as the body does.
func withClient<Result: Sendable>(
    _ configuration: RedisConfiguration,
    _ body: (RedisClient) async throws -> Result
) async throws -> Result {
    let client = RedisClient(
        configuration: configuration,
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    )
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        let result: Result
        do {
            result = try await body(client)
        } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
        try await group.waitForAll()
        return result
    }
}

/// Starts a server, and runs a client of it for as long as the body does.
func withServerAndClient(
    _ arguments: [String] = [],
    port: Int? = nil,
    configure: (inout RedisConfiguration) -> Void = { _ in },
    _ body: (RedisServerProcess, RedisClient) async throws -> Void
) async throws {
    let server = try RedisServerProcess(port: port, arguments)
    try await server.start()
    var configuration = RedisConfiguration(server)
    configure(&configuration)
    try await withClient(configuration) { (client) async throws in
        try await body(server, client)
    }
    server.stop()
}

/// The error that a body throws.
func failure<Value>(of body: () async throws(RedisError) -> Value) async -> RedisError? {
    do throws(RedisError) {
        let value = try await body()
        Issue.record("expected a failure, got \(value)")
        return nil
    } catch {
        return error
    }
}

/// A server that does with each connection what the test says, to send what no Redis would.
func withScriptedServer(
    _ answers: [[UInt8]],
    _ body: (Int) async throws -> Void
) async throws {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(ScriptedHandler(answers))
            }
        }
        .bind(host: "127.0.0.1", port: 0).value()
    do {
        try await body(try #require(channel.localAddress?.port))
    } catch {
        try await channel.close().value()
        throw error
    }
    try await channel.close().value()
}

/// Answers the handshake like Redis, and each read after that with the next bytes of the script.
private final class ScriptedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var answers: ArraySlice<[UInt8]>
    private var hasGreeted = false

    init(_ answers: [[UInt8]]) {
        self.answers = answers[...]
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.hasGreeted else {
            // PING, CLIENT SETNAME
            self.hasGreeted = true
            context.writeAndFlush(NIOAny(ByteBuffer(string: "+PONG\r\n+OK\r\n")), promise: nil)
            return
        }
        if let answer = self.answers.popFirst() {
            context.writeAndFlush(NIOAny(ByteBuffer(bytes: answer)), promise: nil)
        }
    }
}
