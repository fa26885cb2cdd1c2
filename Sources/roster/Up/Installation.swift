import ArgumentParser
import Discovery
import FoundationEssentials
import LocalCluster
import Logging
import NIOConcurrencyHelpers
import Postgres
import Providers
import ProviderSimulator
import Registry
import RosterServer
import Secrets
import ServiceLifecycle
import SystemPackage

/// What `roster up` runs: servers, simulator, schema, keys, models, replicas, each when the one before it stands.
///
/// A service. Until it serves, a shutdown cancels what is under way; from then on it goes the other way round.
struct Installation: Service {
    let settings: Settings
    let folder: FilePath
    let replicas: Int
    let recordings: String?
    let beginsEmpty: Bool
    let logger: Logger

    private let progress = Progress()

    init(
        settings: Settings,
        folder: FilePath,
        replicas: Int,
        recordings: String?,
        beginsEmpty: Bool,
        logger: Logger
    ) {
        self.settings = settings
        self.folder = folder
        self.replicas = replicas
        self.recordings = recordings
        self.beginsEmpty = beginsEmpty
        self.logger = logger
    }

    func run() async throws {
        // What can be known to be wrong is said before servers are started.
        _ = try self.settings.trustedNetworkList()
        _ = try self.settings.providerEnvironment()
        if self.recordings != nil, !self.usesSimulator {
            throw ValidationError("--recordings is for the simulator, which is not used: a provider's key is set.")
        }
        if self.settings.port != 0 {
            try FreePort.check(UInt16(self.settings.port), for: "the gateway")
        }
        if self.beginsEmpty { try await InstallationFolder.empty(self.folder) }
        let hasServers = NIOLockedValueBox(false)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await self.runServers { hasServers.withLockedValue { $0 = true } }
                return true
            }
            group.addTask {
                try await gracefulShutdown()
                // Whoever is still starting servers does not look out for a shutdown; what comes after does.
                if !hasServers.withLockedValue({ $0 }) { throw CancellationError() }
                return false
            }
            defer { group.cancelAll() }
            while let isOver = try await group.next(), !isOver {}
        }
    }

    /// Whether providers are impersonated: nobody gave a key of a real one, nor another way to them.
    private var usesSimulator: Bool { !self.settings.hasProviderKey && self.settings.egressURL == nil }

    private func runServers(_ onReady: @escaping @Sendable () -> Void) async throws {
        let steps = NIOLockedValueBox<Progress.Step?>(self.progress.begin("Starting PostgreSQL and Redis"))
        do {
            try await LocalCluster.run(LocalCluster.Options(.kept(in: self.folder))) { event in
                self.show(event, steps)
            } body: { servers in
                onReady()
                try await self.fill(servers)
            }
        } catch {
            steps.withLockedValue { $0 }?.fail()
            throw error
        }
    }

    private func show(_ event: LocalCluster.Progress, _ steps: NIOLockedValueBox<Progress.Step?>) {
        switch event {
        case .dataElsewhere: steps.withLockedValue { $0 }?.note("\(event)")
        case .creatingDatabase, .waitingForEarlierPostgres, .startingPostgres, .startingRedis:
            steps.withLockedValue { $0 }?.change("\(event)")
        case .ready: steps.withLockedValue { $0 }?.end("PostgreSQL and Redis run in \(self.folder)")
        case .stopping: steps.withLockedValue { $0 = self.progress.begin("\(event)") }
        case .stopped: steps.withLockedValue { $0 }?.end("\(event)")
        }
    }

    /// With servers: everything else, the simulator outliving what may ask it.
    private func fill(_ servers: LocalCluster.Servers) async throws {
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        var simulator: ProviderSimulator?
        if self.usesSimulator {
            var configuration = SimulatorConfiguration()
            configuration.recordings = self.recordings
            let made = ProviderSimulator(configuration, logger: self.logger)
            simulator = made
            services.append(.init(service: made))
        }
        services.append(
            .init(
                service: InstalledGateway(
                    installation: self,
                    servers: servers,
                    simulator: simulator,
                    progress: self.progress
                ),
                successTerminationBehavior: .gracefullyShutdownGroup
            )
        )
        let configuration = ServiceGroupConfiguration(services: services, logger: self.logger)
        try await ServiceGroup(configuration: configuration).run()
    }
}
