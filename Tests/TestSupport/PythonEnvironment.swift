internal import LocalCluster
internal import Subprocess
package import SystemPackage

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A Python with given packages, for tests that let other people's clients speak to us.
///
/// It is made once for each list of packages, in `.build`, and found again by later runs.
package struct PythonEnvironment: Sendable {
    /// What a script did.
    package struct Run: Sendable {
        /// Its exit status; 128 and more for the signal that ended it.
        package let status: Int32
        package let output: String
        package let errors: String
    }

    /// What could not be prepared, in the words of the tool.
    package struct PreparationError: Error, CustomStringConvertible {
        package let description: String
    }

    /// The environment's own interpreter.
    package let python: FilePath

    /// Makes the environment, unless an earlier run made it.
    ///
    /// - Parameter requirements: What `pip install` is to install ("openai==2.8.0"); pin versions.
    /// - Throws: ``PreparationError`` with the output of `venv` or `pip`.
    package init(requirements: [String]) async throws {
        let list = requirements.sorted().joined(separator: "\n")
        let hash = list.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let folder = Self.packageFolder.appending(".build/python-env-\(String(hash, radix: 16))")
        let complete = folder.appending("complete")
        self.python = folder.appending("bin/python")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        try await Self.holdingLock(of: folder) {
            guard !FileManager.default.fileExists(atPath: complete.string) else { return }
            try await Self.prepare(.name("python3"), ["-m", "venv", "--clear", folder.string])
            if !requirements.isEmpty {
                try await Self.prepare(
                    .path(folder.appending("bin/python")),
                    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + requirements
                )
            }
            try list.write(toFile: complete.string, atomically: true, encoding: .utf8)
        }
    }

    /// Runs Python code.
    ///
    /// - Parameters:
    ///   - script: The code, or `nil` to name a file or `-m` in the arguments.
    ///   - arguments: What the code finds in `sys.argv` from 1 on.
    ///   - environment: Variables that it has beside those of this process.
    ///   - limit: How long it may take; then it is killed, which its status tells.
    /// - Returns: What it wrote, at most 8 MiB each, and its status.
    /// - Throws: An error when it cannot be started, or writes more.
    package func run(
        _ script: String?,
        arguments: [String] = [],
        environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) async throws -> Run {
        let variables = environment.reduce(into: [Environment.Key: String?]()) { variables, variable in
            if let key = Environment.Key(rawValue: variable.key) { variables[key] = variable.value }
        }
        var options = PlatformOptions()
        options.createSession = true
        let result = try await Subprocess.run(
            .path("/usr/bin/timeout"),
            arguments: Arguments(
                ["--signal=KILL", String(limit.components.seconds), self.python.string]
                    + (script.map { ["-c", $0] } ?? []) + arguments
            ),
            environment: .inherit.updating(variables),
            platformOptions: options,
            output: .string(limit: 8 << 20),
            error: .string(limit: 8 << 20)
        )
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Run(status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// The folder of `Package.swift`.
    private static var packageFolder: FilePath {
        FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    }

    /// Waits while another test run prepares the same environment.
    private static func holdingLock(of folder: FilePath, _ body: () async throws -> Void) async throws {
        let locks = folder.removingLastComponent().appending("\(folder.lastComponent?.string ?? "").lock")
        try FileManager.default.createDirectory(atPath: locks.string, withIntermediateDirectories: true)
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            do {
                return try await FolderLock.hold(locks, body)
            } catch let error as LocalClusterError where error.code == .alreadyRunning && ContinuousClock.now < deadline
            {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private static func prepare(_ program: Executable, _ arguments: [String]) async throws {
        let result = try await Subprocess.run(
            program,
            arguments: Arguments(arguments),
            output: .string(limit: 1 << 20),
            error: .combinedWithOutput
        )
        guard result.terminationStatus.isSuccess else {
            throw PreparationError(
                description: "\(program) \(arguments.joined(separator: " ")) failed: \(result.standardOutput)"
            )
        }
    }
}
