import ArgumentParser
import LocalCluster
import Logging
import NIOConcurrencyHelpers
import RosterServer
import ServiceLifecycle
import SystemPackage
import Telemetry
import UnixSignals

/// `roster up`: everything on this machine, from an empty folder to a gateway that answers.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run everything on this machine: private PostgreSQL and Redis, filled, and the gateway in front.",
        discussion: """
            The data and the keys stay in the folder, so that a second start is fast. Where no key of a provider is set (as \
            OPENAI_API_KEY, in the environment or in .env), answers come from the built-in simulator. Ctrl-C ends everything \
            in order, a second one at once.

            Every setting may be given as a flag, as in --port 9000: see roster --help.
            """
    )

    @Option(help: "How many replicas to run; more than one stand behind a balancer.")
    var replicas = 1

    @Option(help: "Where the data, the keys and connection.json are.")
    var folder = ConnectionFile.usualFolder.string

    @Option(
        help: ArgumentHelp(
            "Recorded lists for the simulator to serve, one folder per provider.",
            valueName: "folder"
        )
    )
    var recordings: String?

    @Flag(help: "Begin empty: remove the data and the keys of earlier starts.")
    var fresh = false

    func validate() throws {
        guard (1...64).contains(self.replicas) else { throw ValidationError("--replicas is 1 to 64.") }
        guard !self.folder.isEmpty else { throw ValidationError("--folder needs the path of a folder.") }
    }

    func run() async throws {
        let settings = try await Invocation.current.settings()
        // Who watches the terminal wants the address, not the log, unless they ask for it.
        let isAsked = settings.origin(of: Settings.list.logLevel.facts) != "default"
        let logger = Logger(
            label: "roster",
            output: LogOutput(format: settings.logFormat, level: isAsked ? settings.logLevel : .warning)
        )
        BrokenPipes.ignore()
        let installation = Installation(
            settings: settings,
            folder: FilePath(self.folder),
            replicas: self.replicas,
            recordings: self.recordings,
            beginsEmpty: self.fresh,
            logger: logger
        )
        var quiet = Logger(label: "roster.lifecycle", factory: { _ in SwiftLogNoOpLogHandler() })
        quiet.logLevel = .critical
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: installation, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet
            )
        )
        do {
            try await SecondInterrupt.endsProcess { try await group.run() }
        } catch is CancellationError {
            throw ExitCode(130)
        }
    }
}
