import ArgumentParser
import Exchange
import JSON
import Registry
import RosterServer
import SystemPackage

/// `roster apply`: does what a plan says, or nothing.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Do exactly what a plan of roster plan says, in one revision, or refuse.",
        discussion: """
            A plan belongs to the revision that it was made for. If anything has changed since, nothing is done and what \
            changed is named.

            Exit codes: 0 done, 1 the plan is damaged or the database refuses it, 4 the plan is stale.
            """
    )

    @Argument(help: "The plan that roster plan --output wrote.")
    var plan: String

    @Flag(help: "Do all of it and take it back.")
    var dryRun = false

    @Option(help: "Why, for the history; the plan's digest and source unless given.")
    var reason: String?

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "Say where the database is taken from, and log what happens.")
    var verbose = false

    func run() async throws {
        let invocation = Invocation.current
        let path = invocation.workingFolder.pushing(FilePath(self.plan))
        guard let bytes = try FileReplacement(path, makingFolders: false).read(limit: 512 << 20) else {
            throw CommandFailure("there is no file \(self.plan).")
        }
        let plan: Plan
        do {
            plan = try Plan(parsing: bytes)
        } catch {
            throw CommandFailure("\(self.plan): \(error).")
        }
        let settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
        let logger = invocation.logger(for: settings, isVerbose: self.verbose)
        // The history names the plan unless somebody says why.
        let author = Authorship(actor: Authorship.commandLine("roster apply \(self.plan)").actor, reason: self.reason)
        do {
            let revision = try await RegistrySession.run(settings, logger: logger) { session in
                try await PlanApplication(store: session.store).apply(plan, as: author, isDryRun: self.dryRun)
            }
            self.tell(plan, revision)
        } catch let stale as PlanApplication.Stale {
            if self.json {
                Terminal.say([
                    "applied": false, "stale": true, "base_revision": JSONValue(stale.base),
                    "revision": JSONValue(stale.revision), "message": .string(stale.description),
                ])
            } else {
                Terminal.complain(stale.description)
            }
            throw ExitCode.stale
        }
    }

    private func tell(_ plan: Plan, _ revision: Int64?) {
        guard !self.json else {
            return Terminal.say([
                "applied": .bool(revision != nil), "dry_run": .bool(self.dryRun), "revision": JSONValue(revision),
                "base_revision": JSONValue(plan.baseRevision), "edits": JSONValue(plan.edits.count),
                "digest": .string(plan.digest),
            ])
        }
        if let revision {
            Terminal.say("Done: \(plan.edits.count) rows, revision \(revision).")
        } else if self.dryRun, !plan.isEmpty {
            Terminal.say("All \(plan.edits.count) rows would be accepted; nothing was changed.")
        } else {
            Terminal.say("The plan has nothing to do.")
        }
    }
}
