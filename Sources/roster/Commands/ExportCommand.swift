import ArgumentParser
import Exchange
import Registry
import RosterServer
import SystemPackage

/// `roster export`: the registry as a file.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a table of the registry to a file, for people with a spreadsheet or for programs.",
        discussion: """
            A CSV file has titles with units (“Input price (USD per 1M tokens)”), every digit of every price, and the number \
            and revision of each row, so that “roster import” can tell what was changed in it. For Excel add --excel, and \
            --separator semicolon where decimals begin with a comma, as in Germany.

            Formats: \(ExportFormat.all.map { "\($0.name) (\($0.purpose))" }.joined(separator: ", ")).
            """
    )

    @Option(help: "What kind of file; taken from the name of --output if that tells.")
    var format: String?

    @Option(help: "models, providers, routes or settings.")
    var table: RegistryTable = .models

    @Option(help: "Only this provider's, by its slug.")
    var provider: String?

    @Option(help: "Titles or names of columns, between commas; what names a row is always there.")
    var columns: String?

    @Option(help: "What separates cells: comma, semicolon or tab.")
    var separator: CSVDialect.Separator = .comma

    @Option(help: "What begins decimals: point or comma; the comma goes with semicolons.")
    var decimal: CSVDialect.DecimalMark?

    @Flag(help: "Begin the file with the mark by which Excel knows its encoding.")
    var excel = false

    @Option(
        help: "The registry as it was: a revision (42), a day (2026-11-20) or a time (2026-11-20T08:00:00Z).",
        transform: { text in
            guard let point = RevisionPoint(text) else {
                throw ValidationError(
                    "“\(text)” is not a revision, a day or a time, as in 42, 2026-11-20 or 2026-11-20T08:00:00Z."
                )
            }
            return point
        }
    )
    var asOf: RevisionPoint?

    @Option(name: .shortAndLong, help: "The file, replaced in one step; standard output unless given.")
    var output: String?

    @Flag(help: "Say where the database is taken from, and log what happens.")
    var verbose = false

    func run() async throws {
        let format = try self.chosenFormat()
        let request = ExportRequest(
            table: self.table,
            provider: self.provider,
            columns: self.columns?.split(separator: ",").map { String($0) },
            point: self.asOf,
            dialect: CSVDialect(separator: self.separator, decimalMark: self.decimal),
            hasByteOrderMark: self.excel
        )
        let invocation = Invocation.current
        let settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
        let logger = invocation.logger(for: settings, isVerbose: self.verbose)
        let file = try self.output.map { try FileReplacement(invocation.workingFolder.pushing(FilePath($0))) }
        let before = try file?.read(limit: Self.largestFile)
        let (bytes, summary) = try await RegistrySession.run(settings, logger: logger) { session in
            try await format.write(request, session.store)
        }
        guard let file, let output = self.output else { return try Terminal.say(bytes) }
        guard try await file.replace(with: bytes, ifStill: before) else {
            throw CommandFailure("\(output) was changed by somebody else meanwhile, and is left as it is. Try again.")
        }
        Terminal.note("\(output): \(summary).")
    }

    /// A file that is larger than this is nobody's export.
    private static let largestFile = 1 << 30

    private func chosenFormat() throws(ValidationError) -> ExportFormat {
        let ending = self.output.flatMap { FilePath($0).extension }
        guard let name = self.format else {
            return ending.flatMap(ExportFormat.named) ?? ExportFormat.all[0]
        }
        if let format = ExportFormat.named(name) { return format }
        throw ValidationError("“\(name)” is not a format: \(ExportFormat.all.map(\.name).joined(separator: ", ")).")
    }
}

extension RegistryTable: ExpressibleByArgument {
    /// The table of a name.
    public init?(argument: String) {
        guard let table = RegistryTable.named(argument.lowercased()) else { return nil }
        self = table
    }

    /// Its name.
    public var defaultValueDescription: String { self.name }

    /// The names of all tables.
    public static var allValueStrings: [String] { Self.all.map(\.name) }
}

extension CSVDialect.Separator: ExpressibleByArgument {
    /// The character, or its word.
    public init?(argument: String) { self.init(argument.lowercased()) }

    /// Its word.
    public var defaultValueDescription: String { self.word }

    /// The words of all.
    public static var allValueStrings: [String] { Self.allCases.map(\.word) }
}

extension CSVDialect.DecimalMark: ExpressibleByArgument {
    /// The character, or its word.
    public init?(argument: String) { self.init(argument.lowercased()) }

    /// Its word.
    public var defaultValueDescription: String { self.word }

    /// The words of all.
    public static var allValueStrings: [String] { Self.allCases.map(\.word) }
}
