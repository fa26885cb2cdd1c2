import ArgumentParser
import JSON
import Registry
import RosterServer

/// `roster migrate`: brings the database to this program's schema.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database to this version's schema; safe to run at any time, and by several at once."
    )

    @Flag(help: "Change nothing; exit with 1 if there is something to do.")
    var check = false

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "Log what happens.")
    var verbose = false

    func run() async throws {
        let invocation = Invocation.current
        let settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
        let logger = invocation.logger(for: settings, isVerbose: self.verbose)
        let (status, applied) = try await RegistrySession.runUnchecked(settings, logger: logger) { session in
            let status = try await session.migrator.status()
            return (status, self.check ? [] : try await session.migrator.migrate())
        }
        if self.json {
            Terminal.say([
                "applied": .array(applied.map { JSONValue($0) }),
                "version": JSONValue(self.check ? status.applied : max(status.applied, status.known)),
                "known": JSONValue(status.known),
                "behind": .bool(self.check && status.isBehind),
            ])
        } else if self.check {
            Terminal.say(
                status.isBehind
                    ? "The schema is behind: step \(status.applied) of \(status.known). Run roster migrate."
                    : "The schema is up to date (step \(status.applied))."
            )
        } else {
            Terminal.say(
                applied.isEmpty
                    ? "The schema was up to date (step \(status.applied))."
                    : "Applied \(applied.count == 1 ? "step" : "steps") "
                        + "\(applied.map(String.init).joined(separator: ", ")); the schema is up to date."
            )
        }
        if self.check, status.isBehind { throw ExitCode.failure }
    }
}
