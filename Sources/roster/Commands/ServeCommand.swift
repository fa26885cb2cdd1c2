import ArgumentParser
import LocalCluster
import Logging
import RosterServer
import ServiceLifecycle
import Telemetry
import UnixSignals

/// `roster serve`: one replica, until a signal.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run one replica against DATABASE_URL (and REDIS_URL, if set) until SIGTERM or SIGINT.",
        discussion: """
            The database must be migrated (roster migrate). While it cannot be reached the replica listens and is not ready.
            Every setting may be given as a flag: see roster --help.
            """
    )

    /// What the line begins with that says where the replica listens, on standard output.
    static let announcement = "Listening on "

    @Flag(help: "Also end when standard input does: whoever started this has ended.")
    var whileInputIsOpen = false

    func run() async throws {
        let settings = try await Invocation.current.settings()
        guard settings.databaseURL != nil else {
            throw SettingsError.missing(Settings.list.databaseURL.facts, for: "roster serve")
        }
        let logger = Logger(
            label: "roster",
            output: LogOutput(format: settings.logFormat, level: settings.logLevel)
        )
        BrokenPipes.ignore()
        let replica = try Replica(
            settings: settings,
            environment: settings.providerEnvironment(),
            logger: logger,
            onListening: { port in
                logger.notice("replica listens", metadata: ["url": "\(Address.url(settings.host, port))"])
                Terminal.say("\(Self.announcement)\(Address.url(settings.host, port))")
            }
        )
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: replica)]
        if self.whileInputIsOpen {
            services.append(.init(service: InputWatch(), successTerminationBehavior: .gracefullyShutdownGroup))
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await SecondInterrupt.endsProcess { try await group.run() }
        } catch let error as ListenFailure where error.isTaken {
            // It may name the process that has the port.
            try FreePort.check(UInt16(clamping: error.port), for: "the gateway")
            throw error
        }
    }
}
