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

    @Flag(help: "Change nothing; exit with 1 if this version cannot work with the schema as it is.")
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
            let applied = self.check ? [] : try await session.migrator.migrate()
            return (try await session.migrator.status(), applied)
        }
        if self.json {
            Terminal.say([
                "applied": .array(applied.map { JSONValue($0) }),
                "version": JSONValue(status.applied),
                "known": JSONValue(status.known),
                "behind": .bool(status.isBehind),
                "ahead": .bool(status.isAhead),
                "servable": .bool(status.isServable),
                "why": JSONValue(status.refusal),
            ])
        } else {
            Terminal.say(self.sentence(status, applied))
        }
        if self.check, !status.isServable { throw ExitCode.failure }
    }

    private func sentence(_ status: Migrator.Status, _ applied: [Int32]) -> String {
        if status.isBehind {
            return "The schema is behind: step \(status.applied) of \(status.known). Run roster migrate."
        }
        if let refusal = status.refusal { return "\(refusal.prefix(1).uppercased())\(refusal.dropFirst())." }
        if status.isAhead {
            return "A newer release has migrated the database to step \(status.applied); this one knows step "
                + "\(status.known) and works with it."
        }
        guard !applied.isEmpty else {
            return "The schema \(self.check ? "is" : "was") up to date (step \(status.applied))."
        }
        return "Applied \(applied.count == 1 ? "step" : "steps") \(applied.map(String.init).joined(separator: ", ")); "
            + "the schema is up to date."
    }
}
