internal import Subprocess
internal import SystemPackage

/// One process under its supervisor: started, asked to stop, or killed, and started again.
///
/// Whoever makes one calls ``stop()`` before letting it go. The task inside is owned by that pair of calls instead of
/// the caller's task, because a cancelled caller still needs its servers while it winds up.
actor SupervisedProcess {
    /// What to run, and how to end it.
    struct Command: Sendable {
        var executable: FilePath
        var arguments: [String]
        var workingDirectory: FilePath
        var account: ServerAccount?
        /// Receives both output streams; emptied at each start.
        var log: FilePath
        /// The name of the signal that asks for an orderly end, without `SIG`.
        var stopSignal: String
        /// Seconds until SIGKILL follows that signal.
        var patience: Int
    }

    /// How a process ended.
    enum Ending: Sendable, Equatable, CustomStringConvertible {
        /// With the status its shell reports: 128 and more for the signal that ended it.
        case status(Int32)
        /// Its supervisor could not be started or watched.
        case unobserved(String)

        var description: String {
            switch self {
            case .status(let status) where status > 128: "ended by signal \(status - 128)"
            case .status(let status): "ended with status \(status)"
            case .unobserved(let reason): reason
            }
        }
    }

    private struct Run {
        let number: Int
        let lifeline: Lifeline
        let ended: Task<Ending, Never>
        var processID: Int32?
    }

    private var run: Run?
    private var runs = 0
    private(set) var lastEnding: Ending?

    /// The server's process id while it lives.
    var processID: Int32? { self.run?.processID }

    /// Starts the command; returns its process id as soon as it has one.
    func start(_ command: Command) async throws -> Int32 {
        if let processID = self.run?.processID { return processID }
        let lifeline = try Lifeline()
        let remoteEnd = lifeline.remoteEnd
        let log = try Files.openLog(command.log)
        let (announced, announcement) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(1))
        self.runs += 1
        let number = self.runs
        let ended = Task {
            let ending = await Self.run(command, log: log, lifeline: remoteEnd) { announcement.yield($0) }
            announcement.finish()
            self.note(ending, ofRun: number)
            return ending
        }
        self.run = Run(number: number, lifeline: lifeline, ended: ended)
        for await processID in announced {
            if self.run?.number == number { self.run?.processID = processID }
            return processID
        }
        guard !Task.isCancelled else { throw CancellationError() }
        throw LocalClusterError(
            .serverEnded,
            "\(command.executable.string) could not be started: \(await ended.value)."
        )
    }

    /// Ends the process in an orderly way, and by SIGKILL when its patience is over; returns when it is gone.
    func stop() async {
        guard let run = self.run else { return }
        run.lifeline.cut()
        _ = await run.ended.value
    }

    /// Freezes the process, then its children: a frozen parent makes no more.
    func pause() throws {
        guard let processID = self.run?.processID else { return }
        try ProcessTable.send(.suspend, to: processID)
        for child in ProcessTable.children(of: processID) { try ProcessTable.send(.suspend, to: child) }
    }

    /// Lets the children go on, then the process.
    func resume() throws {
        guard let processID = self.run?.processID else { return }
        for child in ProcessTable.children(of: processID) { try ProcessTable.send(.resume, to: child) }
        try ProcessTable.send(.resume, to: processID)
    }

    /// Ends the process and its children by SIGKILL, as a crash would; returns when all are gone.
    ///
    /// A child of PostgreSQL that lives on would hold its shared memory, and keep it from starting again.
    func kill() async throws {
        guard let run = self.run, let processID = run.processID else { return }
        try self.pause()
        let children = ProcessTable.children(of: processID)
        for process in children + [processID] { try ProcessTable.send(.kill, to: process) }
        _ = await run.ended.value
        while children.contains(where: ProcessTable.isAlive) { try await Task.sleep(for: .milliseconds(2)) }
    }

    private func note(_ ending: Ending, ofRun number: Int) {
        self.lastEnding = ending
        guard let run = self.run, run.number == number else { return }
        run.lifeline.cut()
        self.run = nil
    }

    private static func run(
        _ command: Command,
        log: FileDescriptor,
        lifeline: FileDescriptor,
        announce: @Sendable (Int32) -> Void
    ) async -> Ending {
        do {
            let result = try await Subprocess.run(
                .server(
                    "/bin/sh",
                    ["-c", Supervisor.server, "supervisor", command.stopSignal, String(command.patience)]
                        + [command.executable.string] + command.arguments,
                    as: command.account,
                    in: command.workingDirectory
                ),
                input: .fileDescriptor(lifeline, closeAfterSpawningProcess: true),
                output: .sequence,
                error: .fileDescriptor(log, closeAfterSpawningProcess: true)
            ) { execution in
                for try await line in execution.standardOutput.strings() {
                    if let processID = Int32(line) { announce(processID) }
                    return
                }
            }
            return switch result.terminationStatus {
            case .exited(let status): .status(status)
            case .signaled(let signal): .status(128 + signal)
            }
        } catch {
            return .unobserved("\(error)")
        }
    }
}
