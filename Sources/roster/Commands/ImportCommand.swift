import ArgumentParser
import Exchange
import FoundationEssentials
import Registry
import RosterServer
import SystemPackage

/// `roster import`: a file into the registry, after a look at what it would change.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Show what a file would change in the registry, and change it with --apply.",
        discussion: """
            Rows are found by Id, else by what names them (provider and API name), and rows that are not there are made; none is \
            ever deleted. Columns may stand in any order, and those that are left out stay as they are; an empty cell means \
            unknown. What others changed since the file was exported is kept, and named where it is the same cell. All of the \
            file is imported in one revision, or nothing of it.

            Exit codes: 0 imported or nothing to change, 1 something is wrong with the file, 3 there is something to change, 4 \
            the registry has moved since the preview.
            """
    )

    @Argument(help: "The file; - for standard input.")
    var file: String

    @Option(help: "What kind of file; taken from its name if that tells.")
    var format: String?

    @Option(help: "models, providers, routes or settings.")
    var table: RegistryTable = .models

    @Option(help: "What separates cells: comma, semicolon or tab; seen in the first row unless given.")
    var separator: CSVDialect.Separator?

    @Option(help: "What begins decimals: point or comma; the comma goes with semicolons.")
    var decimal: CSVDialect.DecimalMark?

    @Flag(help: "Import it.")
    var apply = false

    @Option(help: "With --apply: only if it still does what the preview of this name showed.")
    var preview: String?

    @Option(help: "Why, for the history.")
    var reason: String?

    @Flag(help: "Show every cell and remark.")
    var all = false

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "Say where the database is taken from, and log what happens.")
    var verbose = false

    func validate() throws {
        guard self.preview == nil || self.apply else { throw ValidationError("--preview goes with --apply.") }
        guard self.preview.map({ $0.count >= 8 }) ?? true else {
            throw ValidationError("--preview needs at least 8 characters of what the preview said.")
        }
    }

    func run() async throws {
        let invocation = Invocation.current
        let format = try self.chosenFormat()
        let bytes = try self.read(in: invocation.workingFolder)
        let settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
        let logger = invocation.logger(for: settings, isVerbose: self.verbose)
        let request = ImportRequest(
            name: self.file,
            bytes: bytes,
            table: self.table,
            separator: self.separator,
            decimalMark: self.decimal,
            applies: self.apply,
            preview: self.preview,
            author: .commandLine("roster import \(self.file)", reason: self.reason),
            isJSON: self.json,
            isWhole: self.all
        )
        let code = try await RegistrySession.run(settings, logger: logger) { session in
            try await format.run(request, session.store)
        }
        if code != .success { throw code }
    }

    private func chosenFormat() throws(ValidationError) -> ImportFormat {
        guard let name = self.format else {
            return FilePath(self.file).extension.flatMap(ImportFormat.named) ?? ImportFormat.all[0]
        }
        if let format = ImportFormat.named(name) { return format }
        throw ValidationError("“\(name)” is not a format: \(ImportFormat.all.map(\.name).joined(separator: ", ")).")
    }

    /// The whole file; one byte more than may be imported is enough to refuse it.
    private func read(in folder: FilePath) throws -> [UInt8] {
        let most = CSVLimits.standard.bytes + 1
        do {
            guard self.file != "-" else { return try Self.read(.standardInput, most) }
            let descriptor = try FileDescriptor.open(
                folder.pushing(FilePath(self.file)),
                .readOnly,
                options: .closeOnExec
            )
            return try descriptor.closeAfter { try Self.read(descriptor, most) }
        } catch let error as Errno {
            throw CommandFailure("\(self.file) cannot be read: \(error.description)")
        }
    }

    private static func read(_ descriptor: FileDescriptor, _ most: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < most {
            let count = unsafe try buffer.withUnsafeMutableBytes { unsafe try descriptor.read(into: $0) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
