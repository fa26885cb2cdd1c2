import ArgumentParser
import Exchange
import FoundationEssentials
import JSON
import Registry
import RosterServer
import Secrets
import SystemPackage

/// `roster plan`: what would make this registry like a file, or like another registry.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Compare a catalogue file, or another registry, with this one, and say what is dangerous about it.",
        discussion: """
            FILE is a catalogue (roster export --format catalogue), a models.yaml, or a CSV of a table. Nothing is changed: give \
            the plan that --output writes to roster apply. It belongs to the revision that it was made for.

            Critical is what may break requests or make them dearer: an active model or provider switched off, a route \
            without a model, a lost ability, a shorter context, a price that rises by --critical-price percent or more. What \
            FILE lacks stays, unless --prune switches it off; nothing is ever deleted.

            Exit codes: 0 nothing differs, 3 there is something to change, 1 the file cannot be used.
            """
    )

    @Argument(help: "The file.")
    var file: String?

    @Option(help: ArgumentHelp("Another registry by its database instead of a file.", valueName: "url"))
    var fromDatabase: String?

    @Option(help: ArgumentHelp("Another registry by its address instead of a file.", valueName: "url"))
    var fromURL: String?

    @Option(help: ArgumentHelp("The environment variable with a reader's key for --from-url.", valueName: "name"))
    var keyVariable = "SOURCE_REGISTRY_KEY"

    @Option(help: "The table of a CSV file.")
    var table: RegistryTable = .models

    @Flag(help: "Switch off what the file's tables lack.")
    var prune = false

    @Option(help: ArgumentHelp("The rise of a price that is critical, in percent.", valueName: "percent"))
    var criticalPrice = "10"

    @Option(name: .shortAndLong, help: "Where to write the plan.")
    var output: String?

    @Flag(help: "The plan itself, for programs.")
    var json = false

    @Flag(help: "Show harmless differences one by one, and log what happens.")
    var verbose = false

    func validate() throws {
        guard [self.file, self.fromDatabase, self.fromURL].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("name one thing to compare with: a file, --from-database or --from-url.")
        }
        guard self.criticalIncrease != nil else {
            throw ValidationError("--critical-price is a number of 0 or more, as in 10 or 2.5.")
        }
    }

    private var criticalIncrease: Decimal? {
        JSONValue.string(self.criticalPrice).decimalReadingStrings().flatMap { $0 >= 0 ? $0 : nil }
    }

    func run() async throws {
        let invocation = Invocation.current
        let settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
        let logger = invocation.logger(for: settings, isVerbose: self.verbose)
        let contents = try await RegistrySession.run(settings, logger: logger) { session in
            try await session.store.contents(of: Catalogue.tables)
        }
        let source = PlanSource(settings: settings, logger: logger, folder: invocation.workingFolder)
        let catalogue =
            if let url = self.fromDatabase {
                try await source.database(url)
            } else if let url = self.fromURL {
                try await source.replica(url, key: self.key(invocation))
            } else {
                try await source.file(self.file ?? "", of: self.table, for: contents)
            }
        var rules = Plan.Rules()
        rules.prunes = self.prune
        if let increase = self.criticalIncrease { rules.criticalIncrease = increase }
        let plan = Plan(from: catalogue, to: contents, rules: rules)
        let document = plan.json
        if let output = self.output {
            let file = try FileReplacement(invocation.workingFolder.pushing(FilePath(output)))
            let before = try file.read(limit: 1 << 30)
            guard try await file.replace(with: Array((document.serializedString(.pretty) + "\n").utf8), ifStill: before)
            else {
                throw CommandFailure(
                    "\(output) was changed by somebody else meanwhile, and is left as it is. Try again."
                )
            }
        }
        if self.json {
            Terminal.say(document)
        } else {
            PlanText(plan, isWhole: self.verbose).say()
            if let output = self.output, !plan.isEmpty { Terminal.note("To do exactly this: roster apply \(output)") }
        }
        if !plan.isEmpty { throw ExitCode.changes }
    }

    private func key(_ invocation: Invocation) throws -> Secret {
        guard let key = invocation.environment[self.keyVariable], !key.isEmpty else {
            throw ValidationError("--from-url needs a reader's key of that registry in \(self.keyVariable).")
        }
        return Secret(key)
    }
}
