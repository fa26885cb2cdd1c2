import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// The program itself, run as a person or a container would run it.
struct RosterProcess: Sendable {
    /// How it ended, and what it said.
    struct Ending: Sendable {
        /// The exit code; 128 and more for the signal that ended it.
        let code: Int32
        let output: String
        let errors: String
    }

    /// What it has said so far.
    final class Transcript: Sendable {
        private let lines = NIOLockedValueBox<(output: String, errors: String)>(("", ""))

        var output: String { self.lines.withLockedValue { $0.output } }
        var errors: String { self.lines.withLockedValue { $0.errors } }

        func add(output: String) { self.lines.withLockedValue { $0.output += output } }
        func add(errors: String) { self.lines.withLockedValue { $0.errors += errors } }
    }

    let processID: Int32
    let transcript: Transcript

    /// The program beside the tests.
    static var program: FilePath {
        get throws {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return FilePath(tests).removingLastComponent().appending("roster")
        }
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String],
        in folder: Folder,
        environment: [String: String] = [:]
    ) async throws -> Ending {
        try await self.running(arguments, in: folder, environment: environment) { _ in }
    }

    /// Runs it while a closure does, and waits for its end.
    ///
    /// - Parameters:
    ///   - arguments: Its arguments.
    ///   - folder: Where it works.
    ///   - environment: What it knows beside where programs are; nothing of this machine's settings gets in.
    ///   - body: Works with it; it must make it end.
    /// - Returns: How it ended.
    /// - Throws: What the body throws; the process is killed then.
    static func running(
        _ arguments: [String],
        in folder: Folder,
        environment: [String: String] = [:],
        _ body: @escaping @Sendable (RosterProcess) async throws -> Void
    ) async throws -> Ending {
        var variables: [Environment.Key: String] = [:]
        let known = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "\(folder.path)/home",
        ]
        for (name, value) in known.merging(environment, uniquingKeysWith: { $1 }) {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        var options = PlatformOptions()
        options.processGroupID = 0
        let transcript = Transcript()
        let result = try await Subprocess.run(
            .path(try self.program),
            arguments: Arguments(arguments),
            environment: .custom(variables),
            workingDirectory: folder.path,
            platformOptions: options,
            input: .none,
            output: .sequence,
            error: .sequence
        ) { execution in
            let process = RosterProcess(processID: execution.processIdentifier.value, transcript: transcript)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for try await text in execution.standardOutput.strings() { transcript.add(output: "\(text)\n") }
                }
                group.addTask {
                    for try await text in execution.standardError.strings() { transcript.add(errors: "\(text)\n") }
                }
                group.addTask {
                    do {
                        try await body(process)
                    } catch {
                        try execution.send(signal: .kill)
                        throw error
                    }
                }
                try await group.waitForAll()
            }
        }
        let code: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Ending(code: code, output: transcript.output, errors: transcript.errors)
    }

    /// Sends it a signal.
    func send(_ signal: Signal) throws {
        try Signals.send(signal, to: self.processID)
    }

    /// Waits until it has said something on standard output, and gives the line.
    func line(with text: String, within limit: Duration = .seconds(60)) async throws -> String {
        try await eventually(within: limit, "a line with “\(text)”; so far: \(self.transcript.errors)") {
            self.transcript.output.contains(text)
        }
        return try #require(self.transcript.output.split(separator: "\n").first { $0.contains(text) }.map(String.init))
    }
}

/// A folder of a test's own, and every process that has to do with it.
struct Folder: Sendable {
    let path: FilePath

    /// Makes a folder, and removes it afterwards; whatever process still works in it then is an issue, and is killed.
    static func use<Value>(_ body: (Folder) async throws -> Value) async throws -> Value {
        let path = "/tmp/roster-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let folder = Folder(path: FilePath(path))
        func cleanUp() async throws {
            for process in try folder.processes() { try Signals.send(.kill, to: process) }
            try await eventually("the processes of the test are gone") { try folder.processes().isEmpty }
            try FileManager.default.removeItem(atPath: path)
        }
        do {
            let value = try await body(folder)
            try await cleanUp()
            return value
        } catch {
            try await cleanUp()
            throw error
        }
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: self.path.appending(name).string))
    }

    /// Processes that work in the folder or name it on their command line.
    func processes() throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { process in
            guard process != ProcessInfo.processInfo.processIdentifier else { return false }
            // A process that ends meanwhile has neither.
            let place = Self.workingFolder(of: process) ?? ""
            let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            return place.hasPrefix(self.path.string)
                || String(decoding: command, as: UTF8.self).contains(self.path.string)
        }
    }

    private static func workingFolder(of process: Int32) -> String? {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")
        } catch {
            return nil
        }
    }

    /// Waits until no process has to do with the folder.
    func expectNoProcesses(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await eventually(within: .seconds(30), "no process is left", sourceLocation: sourceLocation) {
            try self.processes().isEmpty
        }
    }
}

/// Signals by process id.
enum Signals {
    static func send(_ signal: Signal, to process: Int32) throws {
        // A process that has ended meanwhile is what was wanted.
        guard kill(process, signal.rawValue) == 0 || errno == ESRCH else { throw Errno(rawValue: errno) }
    }
}

/// What a shell says to a line.
func shell(_ line: String) async throws -> (code: Int32, output: String) {
    let result = try await Subprocess.run(
        .path("/bin/sh"),
        arguments: ["-c", line],
        output: .string(limit: 4 << 20),
        error: .combinedWithOutput
    )
    let code: Int32 =
        switch result.terminationStatus {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    return (code, result.standardOutput)
}
