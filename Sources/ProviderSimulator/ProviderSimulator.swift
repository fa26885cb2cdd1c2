package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle

/// Impersonates model providers on one address: their lists, their chat, their failures.
///
/// A provider is addressed by its host as the first segment of the path (`/openrouter.ai/api/v1/models`). ``run()`` returns
/// after a graceful shutdown or a cancellation, when no connection is open and no thread is left.
package struct ProviderSimulator: Service {
    private let configuration: SimulatorConfiguration
    private let logger: Logger
    private let onReady: @Sendable (SimulatorAddress) -> Void
    private let announcement = Announcement<SimulatorAddress>()

    /// Makes a simulator that does nothing yet.
    ///
    /// - Parameters:
    ///   - configuration: where it listens and how it behaves.
    ///   - logger: hears of the start and the end.
    ///   - onReady: called once, when requests are answered, on a thread that must not wait.
    package init(
        _ configuration: SimulatorConfiguration = SimulatorConfiguration(),
        logger: Logger = Logger(label: "provider-simulator", factory: { _ in SwiftLogNoOpLogHandler() }),
        onReady: @escaping @Sendable (SimulatorAddress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onReady = onReady
    }

    /// The slugs of the providers that are impersonated.
    package static let providers = SimulatedProviders.all.map(\.slug)

    /// The simulator's own endpoints, one a line, for people.
    package static let controlSummary = ControlInterface.summary

    /// Where the simulator listens, as soon as it does.
    ///
    /// - Throws: what ended ``run()`` before that, or a `CancellationError`.
    package var address: SimulatorAddress {
        get async throws { try await self.announcement.value }
    }

    /// Answers requests until the shutdown. Called once.
    ///
    /// - Throws: a ``RecordingError`` for recordings that cannot be used, or what the system says of the address.
    package func run() async throws {
        do {
            try await self.serve()
            self.announcement.announce(.failure(CancellationError()))
        } catch {
            self.announcement.announce(.failure(error))
            throw error
        }
    }

    private func serve() async throws {
        let recordings = try await self.recordings()
        let shelf = try Shelf(recordings: recordings, selected: self.configuration.selectedRecordings)
        let simulation = Simulation(self.configuration, shelf: shelf)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, self.configuration.threads))
        do {
            try await self.serve(simulation, on: group)
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private func recordings() async throws -> [String: [String: ModelList]] {
        guard let folder = self.configuration.recordings else { return [:] }
        return try await Recordings.read(folder: folder)
    }

    private func serve(_ simulation: Simulation, on group: MultiThreadedEventLoopGroup) async throws {
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                guard simulation.connections.add(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(decoder))
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(simulation))
                }
            }
            .bind(host: self.configuration.host, port: self.configuration.port)
            .get()

        let address = SimulatorAddress(
            host: self.configuration.host,
            port: listener.localAddress?.port ?? self.configuration.port
        )
        self.logger.info("simulator ready", metadata: ["url": "\(address.url)"])
        self.announcement.announce(.success(address))
        self.onReady(address)
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await listener.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            listener.close(promise: nil)
        }
        try await self.drain(simulation.connections, on: group.next())
        self.logger.info("simulator stopped")
    }

    /// Lets answers under way end, for as long as the configuration says; a cancellation closes them at once.
    private func drain(_ connections: Connections, on eventLoop: any EventLoop) async throws {
        let drained = connections.shutDown(on: eventLoop)
        let grace = eventLoop.scheduleTask(in: TimeAmount(self.configuration.shutdownGrace)) { connections.closeAll() }
        try await withTaskCancellationHandler {
            try await drained.get()
        } onCancel: {
            connections.closeAll()
        }
        grace.cancel()
    }
}

/// Where a simulator listens.
package struct SimulatorAddress: Sendable, Hashable {
    /// The address that was configured.
    package let host: String

    /// The port, also where it was chosen by the system.
    package let port: Int

    /// What to put before `/openrouter.ai/api/v1/models`; the value of `ROSTER_EGRESS_URL`.
    package var url: String { "http://\(self.host.contains(":") ? "[\(self.host)]" : self.host):\(self.port)" }
}
