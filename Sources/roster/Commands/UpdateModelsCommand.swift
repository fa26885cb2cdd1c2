import ArgumentParser
import Discovery
import Exchange
import JSON
import Registry
import RosterServer

/// `roster update-models`: brings a models.yaml for applications up to the registry, and the registry up to the providers.
struct UpdateModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update-models",
        abstract: "Read the providers' lists and bring a models.yaml up to them.",
        discussion: """
            Every model that requests may use gets an entry. Entries, keys and lists of your own stay, comments do not; an \
            entry goes only if its model is switched off in the registry and nothing in it is your own. A provider that fails \
            or has no key is named and stops nothing: its models stay. The file is replaced whole or not at all.

            preferences, cost_optimized and performance_optimized are written where they are missing: from the routes default, \
            fallback, cost_optimized and performance_optimized, or chosen by price.

            Exits with 1 if a provider failed; the file is written all the same.
            """
    )

    @Argument(help: "The file; its folder is made if it is missing.")
    var path = ModelsFileUpdate.usualPath

    @Flag(help: "Ask no provider: write what the registry has.")
    var noSync = false

    @Flag(help: "Print what would change, and change nothing.")
    var dryRun = false

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "Say where the database is taken from, and log what happens.")
    var verbose = false

    func run() async throws {
        let invocation = Invocation.current
        let settings: Settings
        do {
            settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
        } catch let error as SettingsError where error.problems.contains(where: { $0.code == .missing }) {
            throw ValidationError(ModelsUpdate.NoRegistry().description + ".")
        }
        let logger = invocation.logger(for: settings, isVerbose: self.verbose)
        let path = self.path
        let isDryRun = self.dryRun
        let update: ModelsUpdate
        if self.noSync {
            update = try await RegistrySession.run(settings, logger: logger) { session in
                let outcome = try await ModelsFileUpdate(reading: session.store).run(at: path, isDryRun: isDryRun)
                return ModelsUpdate(outcome, providers: [])
            }
        } else {
            update = try await RefreshSession.run(settings, logger: logger) { refresher in
                try await refresher.updateModels(
                    at: path,
                    isDryRun: isDryRun,
                    as: Authorship(actor: "cli", reason: "roster update-models")
                ) { report in
                    if !self.json { SyncCommand.announce(report, isVerbose: self.verbose) }
                }
            }
        }
        if self.json {
            Terminal.say(self.json(update))
        } else {
            self.tell(update)
        }
        if update.providers.contains(where: { $0.outcome == .failed }) { throw ExitCode.failure }
    }

    private func tell(_ update: ModelsUpdate) {
        if self.dryRun {
            for id in update.added { Terminal.say("+ \(TextTable.printable(id))") }
            for id in update.changed { Terminal.say("~ \(TextTable.printable(id))") }
            for id in update.removed { Terminal.say("- \(TextTable.printable(id))") }
            for list in update.filled { Terminal.say("+ \(list)") }
        }
        for note in update.notes { Terminal.note("Note: \(TextTable.printable(note))") }
        let counts =
            "\(update.models.all) models: \(update.added.count) added, \(update.changed.count) changed, "
            + "\(update.removed.count) removed, \(update.models.unknownToRegistry) of your own"
        let deed =
            self.dryRun
            ? "\(self.path) would have" : update.isWritten ? "\(self.path) has" : "\(self.path) was up to date with"
        Terminal.say("\(deed) \(counts) (revision \(update.revision)).")
    }

    private func json(_ update: ModelsUpdate) -> JSONValue {
        [
            "path": .string(self.path),
            "written": .bool(update.isWritten),
            "created": .bool(update.isNew && update.isWritten),
            "dry_run": .bool(self.dryRun),
            "revision": JSONValue(update.revision),
            "models": JSONValue(update.models.all),
            "own": JSONValue(update.models.unknownToRegistry),
            "added": JSONValue(update.added),
            "changed": JSONValue(update.changed),
            "removed": JSONValue(update.removed),
            "filled": JSONValue(update.filled),
            "notes": JSONValue(update.notes),
            "providers": .array(update.providers.map(\.json)),
        ]
    }
}
