import Administration
import Discovery
import Gateway
import HTTP
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import Postgres
package import Providers
import Redis
import Registry
import Secrets
import ServiceLifecycle
import Transfer

/// One replica: every part assembled, running as one group of services in the order in which they need each other.
///
/// A service, so that a process may run it beside others. It ends by a graceful shutdown, which lets requests under way
/// finish for ``SettingList/shutdownGrace``, or by an error that no waiting mends.
package struct Replica: Service {
    private let settings: Settings
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    private let postgres: PostgresClient
    private let redis: RedisClient?
    private let transfer: TransferClient
    private let feed: SnapshotFeed
    private let preparation: Preparation
    private let drain: Drain
    private let responder: RouterResponder<ReplicaContext>

    /// Assembles a replica; it does nothing before ``run()``.
    ///
    /// - Parameters:
    ///   - settings: What it runs by.
    ///   - environment: Keys and addresses of providers.
    ///   - logger: What its parts log with.
    ///   - onListening: Told the port when requests are answered.
    /// - Throws: `SettingsError`, or why a part cannot be made.
    package init(
        settings: Settings,
        environment: ProviderEnvironment,
        logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
        self.postgres = try settings.postgresClient(logger: logger)
        self.redis = try settings.redisClient(logger: logger)
        self.transfer = try settings.transferClient(logger: logger)
        let store = RegistryStore(client: self.postgres)
        self.feed = SnapshotFeed(store: store, period: settings.pollInterval, logger: logger)
        let refresher = Refresher(
            store: store,
            feed: self.feed,
            transfer: self.transfer,
            environment: environment,
            logger: logger
        )
        self.preparation = Preparation(
            migrator: Migrator(client: self.postgres, logger: logger),
            store: store,
            feed: self.feed,
            refresher: refresher,
            clientKey: settings.clientKey,
            logger: logger
        )
        self.drain = Drain(delay: settings.drainDelay)
        let authenticator = Authenticator(
            administratorKey: settings.adminKey,
            networks: try settings.trustedNetworkList()
        )
        let (feed, drain) = (self.feed, self.drain)
        let router = Router(context: ReplicaContext.self)
        // First: a middleware is only around what is added after it.
        router.add(middleware: RequestEnvelope(snapshot: { feed.snapshot }))
        // In the order in which the reference shows them.
        var operations = InferenceEndpoints(
            environment: environment,
            transfer: self.transfer,
            settings: settings.inference
        ).operations
        operations += ModelEndpoints(store: store).operations
        operations += RowEndpoints(store: store, feed: feed).operations
        operations += SheetEndpoints(store: store, feed: feed).operations
        operations += HistoryEndpoints(store: store, feed: feed).operations
        operations += RegistryEndpoints(refresher: refresher, feed: feed, hardware: HardwareInventory()).operations
        operations += ModelSyncEndpoints(refresher: refresher, feed: feed).operations
        operations += KeyEndpoints(authenticator: authenticator, store: store, feed: feed).operations
        operations +=
            HealthEndpoints(
                feed: feed,
                maximumStaleness: settings.maximumStaleness,
                refusal: { drain.refusal }
            ).operations
        router.serve(ReferenceEndpoints(describing: operations).operations, authenticator: authenticator)
        self.responder = router.buildResponder()
    }

    /// Serves until a graceful shutdown, a cancellation, or an error that no waiting mends.
    package func run() async throws {
        var configuration = ServiceGroupConfiguration(
            services: self.services.map { .init(service: $0) },
            logger: self.logger
        )
        configuration.maximumGracefulShutdownDuration = self.settings.shutdownGrace
        try await ServiceGroup(configuration: configuration).run()
    }

    /// In order of dependency: a shutdown goes from the last to the first.
    private var services: [any Service] {
        var services: [any Service] = [self.transfer, self.postgres]
        if let redis = self.redis { services.append(redis) }
        return services + [self.feed, self.preparation, self.listener, self.drain]
    }

    private var listener: any Service {
        let headers = self.settings.maximumHeaderBytes
        let preparation = self.preparation
        let onListening = self.onListening
        var application = Application(
            responder: self.responder,
            server: .replica(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: TimeAmount(self.settings.idleTimeout),
                    httpDecoderConfiguration: .init(maxHeaderFieldSize: headers, maxHeaderListSize: headers)
                ),
                // An endpoint refuses a body that is too long with an answer; far beyond that the client is cut off.
                largestBody: 2 * self.settings.maximumBodyBytes
            ),
            configuration: ApplicationConfiguration(
                address: .hostname(self.settings.host, port: self.settings.port),
                serverName: "roster",
                backlog: 4096,
                availableConnectionsDelegate: .maximum(self.settings.maximumConnections, logger: self.logger)
            ),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: self.logger
        )
        application.beforeServerStarts { await preparation.waitForFirstSnapshot() }
        return Listener(application: application, host: self.settings.host, port: self.settings.port)
    }
}
