package import SystemPackage

/// A private server that can be taken away and given back, as faults take servers away.
///
/// Calls are made one after the other. Its address and password stay the same for its life.
package protocol PrivateServer: Sendable {
    /// What starts and ends it.
    var control: ServerControl { get }
}

extension PrivateServer {
    /// The port on 127.0.0.1.
    package var port: UInt16 { self.control.port }

    /// Its log, emptied at each start.
    package var log: FilePath { self.control.command.log }

    /// The process id while it runs.
    package var processID: Int32? { get async { await self.control.process.processID } }

    /// Starts it again after ``stop()`` or ``kill()``; returns when it takes clients.
    package func start() async throws { try await self.control.start() }

    /// Ends it in an orderly way, also while it is paused; returns when it is gone.
    package func stop() async { await self.control.process.stop() }

    /// Ends it and its children by SIGKILL; returns when they are gone.
    package func kill() async throws { try await self.control.process.kill() }

    /// Ends it in an orderly way and starts it again.
    package func restart() async throws {
        await self.stop()
        try await self.start()
    }

    /// Freezes it with all its children (SIGSTOP): connections stay open, and nobody answers.
    package func pause() async throws { try await self.control.process.pause() }

    /// Lets it go on.
    package func resume() async throws { try await self.control.process.resume() }
}

/// How one private server is started, and what is said when it does not.
package final class ServerControl: Sendable {
    let name: String
    let port: UInt16
    let command: SupervisedProcess.Command
    let readiness: Readiness
    let process = SupervisedProcess()
    private let prepare: @Sendable () async throws -> Void

    /// How long a server may take until it answers; after a crash PostgreSQL first replays its log.
    private static let patience = Duration.seconds(120)

    /// Makes the control of a server that does not run yet; `prepare` runs before each start.
    init(
        name: String,
        port: UInt16,
        command: SupervisedProcess.Command,
        readiness: Readiness,
        prepare: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.port = port
        self.command = command
        self.readiness = readiness
        self.prepare = prepare
    }

    /// Starts the server, and returns when it takes clients. A server that does not get that far is ended again.
    func start() async throws {
        try await self.prepare()
        do {
            _ = try await self.process.start(self.command)
            try await self.awaitReadiness()
        } catch {
            await self.process.stop()
            throw error
        }
    }

    private func awaitReadiness() async throws {
        let deadline = ContinuousClock.now + Self.patience
        var pause = Duration.milliseconds(5)
        while await self.process.processID != nil {
            if try await self.readiness.holds(port: self.port, patience: .seconds(2)) {
                // Somebody else may have taken the port first, and answer in our server's place.
                guard await self.process.processID != nil else { break }
                return
            }
            guard ContinuousClock.now < deadline else {
                let words = try LogExcerpt(of: self.command.log)
                throw LocalClusterError(.notReady, "\(self.name) did not answer within \(Self.patience). \(words)")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(100))
        }
        throw try await self.failure()
    }

    /// Why the server ended by itself, from its own words.
    private func failure() async throws -> LocalClusterError {
        let words = try LogExcerpt(of: self.command.log)
        // A full disk may have left no room for the words that would tell of it.
        if words.tellsOfFullDisk || Files.isDiskFull(at: self.command.workingDirectory) {
            return .diskFull(at: self.command.workingDirectory)
        }
        if words.tellsOfTakenPort {
            return LocalClusterError(.portTaken, "Port \(self.port) was taken while \(self.name) started: start again.")
        }
        let ending = await self.process.lastEnding.map { "\($0)" } ?? "is gone"
        return LocalClusterError(.serverEnded, "\(self.name) \(ending) while it was being started. \(words)")
    }
}

/// The last lines of a server's log, for a sentence.
struct LogExcerpt: CustomStringConvertible {
    private let log: FilePath
    private let lines: [Substring]

    /// Reads the end of a log; one that is missing has no lines.
    init(of log: FilePath) throws(LocalClusterError) {
        self.log = log
        self.lines = try (Files.read(log, last: 8192) ?? "").split(whereSeparator: \.isNewline)
    }

    var tellsOfFullDisk: Bool { Self.tellsOfFullDisk(self.lines.joined(separator: "\n")) }

    var tellsOfTakenPort: Bool {
        self.lines.contains {
            $0.contains("Address already in use") || $0.contains("could not create any TCP/IP sockets")
        }
    }

    var description: String {
        guard !self.lines.isEmpty else { return "It wrote nothing to its log, \(self.log.shown)." }
        return "Its last words (all of them: \(self.log.shown)): " + self.lines.suffix(5).joined(separator: " | ")
    }

    /// Whether a program's words say that the disk is full (ENOSPC, EDQUOT).
    static func tellsOfFullDisk(_ words: String) -> Bool {
        words.contains("No space left on device") || words.contains("Disk quota exceeded")
    }
}
