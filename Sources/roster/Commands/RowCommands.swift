import ArgumentParser
import JSON
import Registry

/// A table of which rows are edited on the command line.
protocol EditedRows: Sendable {
    static var table: RegistryTable { get }
    /// What names a row of it, in help.
    static var name: String { get }
    /// A change that somebody may want to make, in help.
    static var example: String { get }
}

enum ModelRows: EditedRows {
    static let table = RegistryTable.models
    static let name = "provider/api-name"
    static let example = "\"Input price (USD per 1M tokens)=2.5\" is_recommended=true"
}

enum ProviderRows: EditedRows {
    static let table = RegistryTable.providers
    static let name = "slug"
    static let example = "is_active=false"
}

enum RouteRows: EditedRows {
    static let table = RegistryTable.routes
    static let name = "name"
    static let example = "strategy=cheapest \"members=openai/gpt-4o; groq/llama-3.3-70b-versatile\""
}

/// What every command that edits rows takes.
struct RowEditOptions: ParsableArguments {
    @Option(help: "Why; kept in the history.")
    var reason: String?

    @Flag(help: "Only show what would change.")
    var dryRun = false

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "Say where the database is taken from, and log what happens.")
    var verbose = false

    /// Makes an edit and says what came of it.
    func edit(
        _ command: String,
        of table: RegistryTable,
        _ edit: @escaping @Sendable (RegistryStore) async throws -> RowEdit
    ) async throws {
        let author = Authorship.commandLine("roster \(table.name) \(command)", reason: self.reason)
        let isDryRun = self.dryRun
        let outcome: EditOutcome
        do {
            outcome = try await RegistrySession.open(isVerbose: self.verbose) { session in
                try await session.store.edit([try await edit(session.store)], as: author, isDryRun: isDryRun)
            }
        } catch let refusal as EditRefused {
            throw CommandFailure(refusal.problems.map(\.message).joined(separator: "\n"))
        }
        self.report(outcome, of: table)
    }

    private func report(_ outcome: EditOutcome, of table: RegistryTable) {
        guard let row = outcome.rows.first else { return }
        if self.json {
            return Terminal.say([
                "id": JSONValue(row.id), "revision": JSONValue(outcome.revision), "dry_run": .bool(self.dryRun),
                "row": row.row.map { .object($0) } ?? .null,
                "changes": .array(
                    row.changes.map { ["column": .string($0.column), "old": $0.old, "new": $0.new] }
                ),
            ])
        }
        guard !row.changes.isEmpty else {
            return Terminal.say(
                "Nothing to change: it is so already. --pin COLUMN keeps it so, whatever a refresh says."
            )
        }
        var lines = CellLines()
        let title = table.identity.compactMap { row.row?[$0]?.stringValue }.joined(separator: "/")
        lines.add(
            table: table.name,
            title: title.isEmpty ? "\(table.noun) \(row.id)" : title,
            cells: row.changes.map { ($0.column, $0.old, $0.new) }
        )
        Terminal.say(lines.lines.joined(separator: "\n"))
        Terminal.note(outcome.revision.map { "Done, as revision \($0)." } ?? "This was a dry run: nothing was changed.")
    }
}

/// `roster models set` and its like.
struct SetCells<Rows: EditedRows>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "set",
            abstract: "Change cells of a \(Rows.table.noun), as in \(Rows.example).",
            discussion: """
                COLUMN is a title with its unit, as in “Input price (USD per 1M tokens)”, or the column's name in the database, \
                which stands for the database's unit. An empty value empties the cell. What you set stays as you set it, \
                whatever a refresh says, until you give it back.
                """
        )
    }

    @Argument(help: ArgumentHelp("Which one.", valueName: Rows.name))
    var row: String

    @Argument(help: ArgumentHelp("What to change.", valueName: "COLUMN=VALUE"))
    var cells: [String] = []

    @Option(name: .customLong("give-back"), help: "Columns to give back to discovery.")
    var giveBack: [String] = []

    @Option(help: "Columns to keep as they are, whatever discovery says.")
    var pin: [String] = []

    @OptionGroup var options: RowEditOptions

    func validate() throws {
        guard !self.cells.isEmpty || !self.giveBack.isEmpty || !self.pin.isEmpty else {
            throw ValidationError("Say what to change: COLUMN=VALUE, --give-back COLUMN or --pin COLUMN.")
        }
    }

    func run() async throws {
        let set = try CellArguments(self.cells, of: Rows.table).set
        let (name, giveBack, pin) = (self.row, self.giveBack, self.pin)
        try await self.options.edit("set", of: Rows.table) { store in
            let id = try await Rows.id(of: name, in: store)
            return RowEdit(.update(id: id), of: Rows.table, set: set, giveBack: giveBack, pin: pin)
        }
    }
}

/// `roster models add` and its like.
struct AddRow<Rows: EditedRows>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "add",
            abstract:
                "Add a \(Rows.table.noun): \(Rows.table.columns.filter(\.isRequired).map { "\($0.name)=…" }.joined(separator: " "))."
        )
    }

    @Argument(help: ArgumentHelp("What it shall be.", valueName: "COLUMN=VALUE"))
    var cells: [String]

    @OptionGroup var options: RowEditOptions

    func run() async throws {
        let set = try CellArguments(self.cells, of: Rows.table).set
        try await self.options.edit("add", of: Rows.table) { _ in RowEdit(.create, of: Rows.table, set: set) }
    }
}

/// `roster models delete` and its like.
struct DeleteRow<Rows: EditedRows>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "delete",
            abstract: "Delete a \(Rows.table.noun); roster revert brings it back."
        )
    }

    @Argument(help: ArgumentHelp("Which one.", valueName: Rows.name))
    var row: String

    @OptionGroup var options: RowEditOptions

    func run() async throws {
        let name = self.row
        try await self.options.edit("delete", of: Rows.table) { store in
            RowEdit(.delete(id: try await Rows.id(of: name, in: store)), of: Rows.table)
        }
    }
}

extension EditedRows {
    fileprivate static func id(of name: String, in store: RegistryStore) async throws -> Int64 {
        guard let id = try await store.row(.natural(name), of: self.table).row?["id"]?.int64Value else {
            throw CommandFailure("there is no \(self.table.noun) “\(name)”; roster \(self.table.name) list shows all.")
        }
        return id
    }
}
