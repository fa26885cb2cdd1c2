import FoundationEssentials
import Glibc
import Logging
import RosterServer
import Secrets
import SystemPackage
import Telemetry

/// What one run of the command line was given: flags of settings, the environment, the folder it works in.
struct Invocation: Sendable {
    /// The one under way; set before a command runs.
    @TaskLocal static var current = Invocation(flags: [:])

    /// Values of settings by flag.
    let flags: [String: String]
    /// The process's environment.
    var environment: [String: String] { ProcessInfo.processInfo.environment }
    /// The folder it works in.
    var workingFolder: FilePath { FilePath(FileManager.default.currentDirectoryPath) }

    /// Reads the settings.
    ///
    /// - Parameter required: The file that `roster up` left here is looked into for what is not set, unless `false`.
    /// - Returns: Settings.
    /// - Throws: What is wrong with them.
    func settings() async throws(SettingsError) -> Settings {
        try await Settings.load(
            flags: self.flags,
            environment: self.environment,
            workingFolder: self.workingFolder,
            homeFolder: self.environment["HOME"].flatMap { $0.isEmpty ? nil : FilePath($0) }
        )
    }

    /// The settings, with what `roster up` wrote in this folder where no database is set.
    func settingsOfDatabase(isVerbose: Bool = false) async throws -> Settings {
        let settings = try await self.settings()
        guard settings.databaseURL == nil else { return settings }
        let path = ConnectionFile.path(in: ConnectionFile.usualFolder)
        guard let connection = try ConnectionFile.read(path) else {
            throw SettingsError.missing(Settings.list.databaseURL.facts, for: "this command")
        }
        if isVerbose { Terminal.note("DATABASE_URL is not set: using the database of roster up (\(path)).") }
        var flags = ["database-url": connection.databaseURL.exposed]
        if settings.redisURL == nil { flags["redis-url"] = connection.redisURL.exposed }
        if settings.adminKey == nil { flags["admin-key"] = connection.adminKey.exposed }
        return try settings.replacing(flags, by: "\(path)")
    }

    /// A logger for a command that is not a service: what goes wrong is its output, so that only warnings are logged
    /// unless somebody asks for more.
    func logger(for settings: Settings, isVerbose: Bool) -> Logger {
        let isSet = settings.origin(of: Settings.list.logLevel.facts) != "default"
        let level = isVerbose ? .debug : isSet ? settings.logLevel : .error
        return Logger(label: "roster", output: LogOutput(format: settings.logFormat, level: level))
    }
}
