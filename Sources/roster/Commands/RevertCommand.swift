import ArgumentParser
import JSON
import Registry
import RosterServer

/// `roster revert`: takes back what was done, as a new revision.
struct RevertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert",
        abstract: "Take back a revision, everything after one, or what was last done to a model or one of its cells.",
        discussion: """
            It is refused where a later edit would be lost. What a refresh changed is pinned to its old value; what a person \
            changed first goes back to what the provider says. A model that was deleted comes back.
            """
    )

    @Argument(help: "Only this model: provider/api-name.")
    var model: String?

    @Option(help: "Take back this revision; with a model, only what it did to that.")
    var revision: Int64?

    @Option(help: ArgumentHelp("Take back everything after this revision.", valueName: "revision"))
    var after: Int64?

    @Option(help: "Of the model, only this column, as pricing_prompt.")
    var column: String?

    @Flag(help: "Only show what would change.")
    var dryRun = false

    @Option(help: "Why; kept in the history.")
    var reason: String?

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "Say where the database is taken from, and log what happens.")
    var verbose = false

    func validate() throws {
        guard self.column == nil || self.model != nil else { throw ValidationError("--column is of a model: name it.") }
        guard self.after == nil || (self.revision == nil && self.model == nil) else {
            throw ValidationError("--after takes everything back; it goes with neither a model nor --revision.")
        }
        guard self.model != nil || self.revision != nil || self.after != nil else {
            throw ValidationError("Say what to take back: a model, --revision N or --after N.")
        }
    }

    func run() async throws {
        // Without a reason, history says what was undone.
        let author = Authorship(actor: Authorship.commandLine("roster revert").actor, reason: self.reason)
        let isDryRun = self.dryRun
        do {
            let outcome = try await RegistrySession.open(isVerbose: self.verbose) { [self] session in
                try await session.store.revert(
                    try await self.reversion(session.store),
                    as: author,
                    isDryRun: isDryRun,
                    // Whoever reaches the database may do everything.
                    mayTouchKeys: true
                )
            }
            self.report(outcome)
        } catch let refusal as ReversionRefused {
            throw CommandFailure(([refusal.description] + self.further(refusal)).joined(separator: "\n"))
        } catch let notFound as HistoryNotFound {
            throw CommandFailure(notFound.description)
        }
    }

    private func reversion(_ store: RegistryStore) async throws -> Reversion {
        if let after = self.after { return .everythingAfter(after) }
        guard let model = self.model else { return .revision(self.revision ?? 0) }
        let id = try await store.modelID(model)
        return self.column.map { .cell(table: .models, id: id, column: $0, revision: self.revision) }
            ?? .row(table: .models, id: id, revision: self.revision)
    }

    /// What else is in the way, beside what the sentence says.
    private func further(_ refusal: ReversionRefused) -> [String] {
        refusal.obstacles.count < 2 ? [] : refusal.obstacles.prefix(20).map { "  \(TextTable.printable($0.message))" }
    }

    private func report(_ outcome: ReversionOutcome) {
        if self.json {
            return Terminal.say([
                "revision": JSONValue(outcome.revision),
                "dry_run": .bool(self.dryRun),
                "changes": .array(
                    outcome.cells.map { cell in
                        [
                            "table": .string(cell.table), "id": JSONValue(cell.rowID), "title": .string(cell.title),
                            "column": .string(cell.column), "old": cell.old, "new": cell.new,
                        ]
                    }
                ),
            ])
        }
        guard !outcome.cells.isEmpty else { return Terminal.say("Nothing to take back: it is as it was before.") }
        var lines = CellLines()
        var rest = outcome.cells[...]
        while let first = rest.first {
            let row = rest.prefix { $0.table == first.table && $0.rowID == first.rowID }
            lines.add(table: first.table, title: first.title, cells: row.map { ($0.column, $0.old, $0.new) })
            rest = rest.dropFirst(row.count)
        }
        Terminal.say(lines.lines.joined(separator: "\n"))
        Terminal.note(
            outcome.revision.map { "Taken back, as revision \($0)." } ?? "This was a dry run: nothing was changed."
        )
    }
}
