import FoundationEssentials
import Logging
import NIOConcurrencyHelpers
import RosterServer
import ServiceLifecycle
import Subprocess
import SystemPackage

/// One replica as a process of its own, started again when it dies. A service.
///
/// Its standard input is a pipe held here: closing it asks for an orderly end, and the kernel closes it when this process
/// ends in whatever way, so that no replica outlives it.
struct ReplicaProcess: Service {
    /// What becomes of the process.
    enum State: Sendable {
        /// It takes connections on this port.
        case listening(port: Int)
        /// It has ended; the port that it had, if it came so far.
        case ended(port: Int?)
    }

    let number: Int
    let environment: [String: String]
    let grace: Duration
    let logger: Logger
    let onChange: @Sendable (State) -> Void

    init(
        number: Int,
        environment: [String: String],
        grace: Duration,
        logger: Logger,
        onChange: @escaping @Sendable (State) -> Void
    ) {
        self.number = number
        self.environment = environment
        self.grace = grace
        self.logger = logger
        self.onChange = onChange
    }

    /// What a run of the process left to know.
    private struct Ending {
        let status: TerminationStatus
        let port: Int?
        let lived: Duration
    }

    /// Starts in a row that may fail before a replica has ever listened.
    private static let attempts = 5

    func run() async throws {
        var port = 0
        var failures = 0
        var pause = Duration.milliseconds(250)
        while !Task.isShuttingDownGracefully {
            try Task.checkCancellation()
            let ending = try await self.runOnce(port: port)
            self.onChange(.ended(port: ending.port))
            guard !Task.isShuttingDownGracefully else { return }
            failures = ending.port == nil ? failures + 1 : 0
            guard failures < Self.attempts else {
                throw CommandFailure(
                    "replica \(self.number) ended \(failures) times before it listened "
                        + "(\(Self.words(ending.status))): its own words are above."
                )
            }
            // The same address as before, unless that is why it could not start.
            port = ending.port ?? 0
            if ending.lived > .seconds(30) { pause = .milliseconds(250) }
            Terminal.note(
                "replica \(self.number) ended (\(Self.words(ending.status))); starting it again in \(Progress.text(pause))"
            )
            do {
                try await cancelWhenGracefulShutdown { [pause] in try await Task.sleep(for: pause) }
            } catch is CancellationError where Task.isShuttingDownGracefully {
                return
            }
            pause = min(pause * 2, .seconds(10))
        }
    }

    private func runOnce(port: Int) async throws -> Ending {
        let start = ContinuousClock.now
        let listeningPort = NIOLockedValueBox<Int?>(nil)
        var environment = self.environment
        environment[Settings.list.port.facts.variable] = String(port)
        var options = PlatformOptions()
        // A group of its own: Ctrl-C on the terminal is for the process that holds the pipe.
        options.processGroupID = 0
        let result = try await Subprocess.run(
            .path(try Self.program()),
            arguments: ["serve", "--while-input-is-open"],
            environment: .custom(
                Dictionary(
                    environment.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } },
                    uniquingKeysWith: { first, _ in first }
                )
            ),
            platformOptions: options,
            input: .inputWriter,
            output: .sequence,
            error: .sequence
        ) { execution in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    for try await line in execution.standardOutput.strings() {
                        guard let found = Self.port(in: line) else { continue }
                        listeningPort.withLockedValue { $0 = found }
                        self.onChange(.listening(port: found))
                    }
                    return false
                }
                group.addTask {
                    for try await line in execution.standardError.strings() {
                        Terminal.note("replica \(self.number): \(line)")
                    }
                    return true
                }
                group.addTask {
                    try await gracefulShutdown()
                    try await execution.standardInputWriter.finish()
                    try await Task.sleep(for: self.grace + .seconds(5))
                    try execution.send(signal: .kill)
                    return false
                }
                // Its errors end when the process does.
                while let hasEnded = try await group.next(), !hasEnded {}
                group.cancelAll()
            }
        }
        return Ending(
            status: result.terminationStatus,
            port: listeningPort.withLockedValue { $0 },
            lived: ContinuousClock.now - start
        )
    }

    /// The port in the line that `roster serve` prints when it listens.
    private static func port(in line: String) -> Int? {
        guard line.hasPrefix(ServeCommand.announcement) else { return nil }
        return line.split(separator: ":").last.flatMap { Int($0.trimmingWhitespace()) }
    }

    /// This program itself, wherever it was found and whatever became of its name since.
    private static func program() throws -> FilePath {
        FilePath(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    }

    private static func words(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }
}
