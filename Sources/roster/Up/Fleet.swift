import Logging
import NIOConcurrencyHelpers
import RosterServer
import ServiceLifecycle

/// Several replicas, each a process of its own, behind one balancer. A service.
struct Fleet: Service {
    let count: Int
    let settings: Settings
    /// The environment of each replica.
    let environment: [String: String]
    let logger: Logger
    /// Told the balancer's port and the replicas' addresses, whenever one changes.
    let announce: @Sendable (Int, [String]) throws -> Void
    /// Told the balancer's port once all replicas listen.
    let onReady: @Sendable (Int) -> Void

    private struct Guarded {
        var port: Int?
        var ports: [Int: Int] = [:]
        var isReady = false
    }

    private let guarded = NIOLockedValueBox(Guarded())

    init(
        count: Int,
        settings: Settings,
        environment: [String: String],
        logger: Logger,
        announce: @escaping @Sendable (Int, [String]) throws -> Void,
        onReady: @escaping @Sendable (Int) -> Void
    ) {
        self.count = count
        self.settings = settings
        self.environment = environment
        self.logger = logger
        self.announce = announce
        self.onReady = onReady
    }

    /// Runs until a graceful shutdown has ended every replica, or until it is cancelled.
    func run() async throws {
        let targets = BalancerTargets()
        let balancer = Balancer(
            host: self.settings.host,
            port: self.settings.port,
            targets: targets,
            maximumConnections: self.settings.maximumConnections,
            logger: self.logger
        ) { port in
            self.note { $0.port = port }
        }
        // Side by side: the balancer's connections end when the replicas end theirs.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await balancer.run() }
            for number in 1...self.count {
                let replica = ReplicaProcess(
                    number: number,
                    environment: self.environment,
                    grace: self.settings.shutdownGrace,
                    logger: self.logger
                ) { state in
                    switch state {
                    case .listening(let port):
                        targets.add(port)
                        self.note { $0.ports[number] = port }
                    case .ended(let port):
                        if let port { targets.remove(port) }
                    }
                }
                group.addTask { try await replica.run() }
            }
            do {
                try await group.waitForAll()
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    private func note(_ change: (inout Guarded) -> Void) {
        let (port, ports, isFirst) = self.guarded.withLockedValue { guarded -> (Int?, [Int], Bool) in
            change(&guarded)
            let isComplete = guarded.port != nil && guarded.ports.count == self.count
            defer { guarded.isReady = guarded.isReady || isComplete }
            let ports = guarded.ports.sorted { $0.key < $1.key }.map(\.value)
            return (isComplete ? guarded.port : nil, ports, isComplete && !guarded.isReady)
        }
        guard let port else { return }
        do {
            try self.announce(port, ports.map { Address.url("127.0.0.1", $0) })
        } catch {
            Terminal.complain("\(error)")
        }
        if isFirst { self.onReady(port) }
    }
}
