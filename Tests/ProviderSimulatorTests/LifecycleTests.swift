import Logging
import NIOCore
import NIOPosix
import ProviderSimulator
import ServiceLifecycle
import Testing

@Suite("Start and end")
struct LifecycleTests {
    /// Runs a simulator in a service group; the closure ends it when it likes.
    private static func run(
        _ configuration: SimulatorConfiguration = SimulatorConfiguration(),
        _ body: @escaping @Sendable (TestSimulator, ServiceGroup) async throws -> Void
    ) async throws {
        let simulator = ProviderSimulator(configuration)
        let group = ServiceGroup(services: [simulator], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let address = try await simulator.address
            try await body(TestSimulator(simulator: simulator, port: address.port), group)
            try await tasks.waitForAll()
        }
    }

    private static func refusesConnections(_ port: Int) async -> Bool {
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).get()
            try await channel.close()
            return false
        } catch {
            return true
        }
    }

    @Test("A graceful shutdown lets a stream end, and takes no new connection")
    func streamEnds() async throws {
        var configuration = SimulatorConfiguration()
        configuration.shutdownGrace = .seconds(60)
        try await Self.run(configuration) { simulator, group in
            let request = ChatEndpoint.openAI.request(stream: true, simulate: "delay=20ms,tokens=150")
            async let answer = simulator.wire.exchange(request)
            try await simulator.waitForState("active", 1)
            await group.triggerGracefulShutdown()
            let reception = try await answer
            #expect(reception.ending == .closed)
            #expect(try HTTPAnswer(reception).events.last == "[DONE]")
            #expect(await Self.refusesConnections(simulator.port))
        }
    }

    @Test("A graceful shutdown ends hangs and idle connections at once, and long streams after its grace")
    func grace() async throws {
        var configuration = SimulatorConfiguration()
        configuration.shutdownGrace = .milliseconds(200)
        try await Self.run(configuration) { simulator, group in
            async let hang = simulator.wire.exchange(ChatEndpoint.openAI.request(simulate: "hang"))
            async let idle = simulator.wire.exchange(ChatEndpoint.openAI.request())
            async let long = simulator.wire.exchange(ChatEndpoint.openAI.request(stream: true, simulate: "delay=1h"))
            try await simulator.waitForState("requests", 3)
            try await simulator.waitForState("active", 2)
            await group.triggerGracefulShutdown()
            #expect(try await hang.ending == .closed)
            #expect(try await idle.ending == .closed)
            #expect(try await long.ending == .closed)
            #expect(try await long.elapsed < .seconds(30))
        }
    }

    @Test("A cancellation ends everything at once")
    func cancellation() async throws {
        var configuration = SimulatorConfiguration()
        configuration.shutdownGrace = .seconds(3600)
        let port = try await TestSimulator.run(configuration) { simulator in
            let request = ChatEndpoint.openAI.request(stream: true, simulate: "delay=1h")
            let channel = try await simulator.wire.pausedReader(request)
            try await simulator.waitForState("active", 1)
            // It is still open when the simulator is cancelled.
            #expect(channel.isActive)
            return simulator.port
        }
        #expect(await Self.refusesConnections(port))
    }

    @Test("An address in use is an error, also for whoever waits for the address")
    func addressInUse() async throws {
        try await TestSimulator.run { simulator in
            var configuration = SimulatorConfiguration()
            configuration.port = simulator.port
            let second = ProviderSimulator(configuration)
            await #expect(throws: (any Error).self) { try await second.run() }
            await #expect(throws: (any Error).self) { try await second.address }
        }
    }

    @Test("Waiting for the address can be cancelled")
    func cancelledWait() async throws {
        let simulator = ProviderSimulator()
        let result = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    _ = try await simulator.address
                    return false
                } catch {
                    return error is CancellationError
                }
            }
            group.cancelAll()
            return await group.next()
        }
        #expect(result == true)
    }

    @Test("Many simulators run side by side, each on a port of its own, and say when they are ready")
    func sideBySide() async throws {
        let ports = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await TestSimulator.run { simulator in
                        let status = try await ChatEndpoint.openAI.ask(simulator).status
                        #expect(status == 200)
                        return simulator.port
                    }
                }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(ports.count == 8)
        #expect(ports.allSatisfy { $0 > 0 })

        try await confirmation("ready once") { ready in
            let simulator = ProviderSimulator(onReady: { address in
                #expect(address.url == "http://127.0.0.1:\(address.port)")
                ready()
            })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await simulator.run() }
                _ = try await simulator.address
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}
