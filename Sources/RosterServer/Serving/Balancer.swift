package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// Spreads the connections of one port over replicas of this machine, in turn.
///
/// It passes bytes on and knows nothing of HTTP: each connection belongs to one replica until either side ends it, a side
/// that has said everything is told to the other (half-close), and nobody is read faster than the other side takes it. A
/// replica that refuses a connection is left out for that connection.
package struct Balancer: Service {
    private let host: String
    private let port: Int
    private let targets: BalancerTargets
    private let maximumConnections: Int
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - port: The port to listen on; 0 for any that is free.
    ///   - targets: The replicas; may change at any time.
    ///   - maximumConnections: Connections at once; further ones are closed.
    ///   - logger: Told when no replica takes a connection.
    ///   - onListening: Told the port.
    package init(
        host: String,
        port: Int,
        targets: BalancerTargets,
        maximumConnections: Int,
        logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        self.targets = targets
        self.maximumConnections = maximumConnections
        self.logger = logger
        self.onListening = onListening
    }

    /// Passes connections on until a graceful shutdown, after which those that are open may end by themselves, or a
    /// cancellation, which closes them.
    ///
    /// - Throws: ``ListenFailure``.
    package func run() async throws {
        let connections = OpenConnections(limit: self.maximumConnections)
        let listener: any Channel
        do {
            listener = try await self.bootstrap(connections).bind(host: self.host, port: self.port).get()
        } catch let error as IOError {
            throw ListenFailure(host: self.host, port: self.port, error)
        }
        self.onListening(listener.localAddress?.port ?? self.port)
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await listener.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            listener.close(promise: nil)
        }
        await withTaskCancellationHandler {
            await connections.untilNone()
        } onCancel: {
            connections.closeAll()
        }
    }

    private func bootstrap(_ connections: OpenConnections) -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Nothing is read before there is somebody to pass it on to.
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                guard connections.add(client) else { return client.close() }
                return client.eventLoop.makeCompletedFuture {
                    try client.pipeline.syncOperations.addHandler(
                        // Before the connection is active it cannot be joined with another.
                        RelayHandler { self.connect(client, trying: self.targets.inTurn()[...]) }
                    )
                }
            }
    }

    private func connect(_ client: any Channel, trying ports: ArraySlice<Int>) {
        guard let port = ports.first else {
            self.logger.warning("no replica takes a connection", metadata: ["replicas": "\(self.targets.count)"])
            client.close(promise: nil)
            return
        }
        ClientBootstrap(group: client.eventLoop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connectTimeout(.seconds(2))
            .channelInitializer { replica in
                replica.eventLoop.makeCompletedFuture {
                    try replica.pipeline.syncOperations.addHandler(RelayHandler())
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenComplete { result in
                switch result {
                case .success(let replica): self.join(client, replica)
                case .failure: self.connect(client, trying: ports.dropFirst())
                }
            }
    }

    private func join(_ client: any Channel, _ replica: any Channel) {
        do {
            RelayHandler.join(
                try client.pipeline.syncOperations.handler(type: RelayHandler.self),
                try replica.pipeline.syncOperations.handler(type: RelayHandler.self)
            )
        } catch {
            // One of them has closed meanwhile, and its handlers are gone: then neither is of use.
            client.close(promise: nil)
            replica.close(promise: nil)
        }
    }
}
