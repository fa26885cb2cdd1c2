import ArgumentParser
import Discovery
import JSON
import Registry
import RosterServer

/// `roster sync`: reads the providers' lists into the registry, without a replica.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Read the lists of providers and bring the registry up to them.",
        discussion: """
            Works on the database itself, so that no replica need run. Without --providers every active provider is read; one \
            whose key is not set is skipped. Exits with 1 if a provider failed; its models stay as they were.
            """
    )

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only these providers, by their slugs.", valueName: "slug")
    )
    var providers: [String] = []

    @Flag(help: "Find out what would change, and change nothing.")
    var dryRun = false

    @Flag(help: "Say also what was left out of the lists, and log what happens.")
    var verbose = false

    @Flag(help: "For programs.")
    var json = false

    func run() async throws {
        let invocation = Invocation.current
        let settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
        let logger = invocation.logger(for: settings, isVerbose: self.verbose)
        let reports = try await RefreshSession.run(settings, logger: logger) { refresher in
            try await refresher.registerProviders()
            return try await refresher.refreshAll(
                only: self.providers.isEmpty ? nil : self.providers,
                isDryRun: self.dryRun,
                as: Authorship(actor: "cli", reason: "roster sync")
            ) { report in
                if !self.json { Self.announce(report, isVerbose: self.verbose) }
            }
        }
        if self.json {
            Terminal.say(.array(reports.map(\.json)))
        } else {
            Terminal.say(Self.summary(reports))
        }
        if reports.contains(where: { $0.outcome == .failed }) { throw ExitCode.failure }
    }

    /// Says how the refresh of a provider ended.
    static func announce(_ report: RefreshReport, isVerbose: Bool) {
        let mark =
            switch report.outcome {
            case .succeeded: "✓"
            case .skipped: "–"
            case .failed: "✗"
            }
        let time = report.outcome == .skipped ? "" : " (\(Progress.text(report.duration)))"
        Terminal.note("\(mark) \(report.message)\(time)")
        guard isVerbose else { return }
        for skipped in report.skipped { Terminal.note("    left out \(skipped.apiName ?? "a row"): \(skipped.reason)") }
    }

    private static func summary(_ reports: [RefreshReport]) -> String {
        var table = TextTable([
            ("PROVIDER", .left), ("OUTCOME", .left), ("FETCHED", .right), ("MODELS", .right), ("ADDED", .right),
            ("CHANGED", .right), ("SWITCHED OFF", .right), ("HELD BACK", .right), ("TIME", .right),
        ])
        for report in reports {
            table.add([
                report.provider, report.isDryRun ? "\(report.outcome.rawValue) (dry run)" : report.outcome.rawValue,
                String(report.fetched), String(report.transformed), String(report.diff.added),
                String(report.diff.changed),
                String(report.diff.deactivated), String(report.diff.quarantined), Progress.text(report.duration),
            ])
        }
        return table.text
    }
}
