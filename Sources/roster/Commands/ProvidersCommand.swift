import ArgumentParser
import Discovery
import JSON
import Providers
import Registry
import RosterServer

/// `roster providers`: whom the registry knows, and whether they answer.
struct ProvidersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers",
        abstract: "Look at the providers, try them, and edit them.",
        subcommands: [
            List.self, Test.self, SetCells<ProviderRows>.self, AddRow<ProviderRows>.self, DeleteRow<ProviderRows>.self,
        ],
        defaultSubcommand: List.self
    )

    /// `roster providers list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List providers, and whether their keys are set here."
        )

        @Flag(help: "For programs.")
        var json = false

        @Flag(help: "Say where the database is taken from, and log what happens.")
        var verbose = false

        func run() async throws {
            let invocation = Invocation.current
            let settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
            let logger = invocation.logger(for: settings, isVerbose: self.verbose)
            let environment = try settings.providerEnvironment()
            let snapshot = try await RegistrySession.run(settings, logger: logger) { try await $0.store.snapshot() }
            let rows = snapshot.providers.map { provider in
                (provider, Self.key(of: provider, environment), snapshot.offers(ofProvider: provider.slug))
            }
            if self.json {
                return Terminal.say(
                    .array(
                        rows.map { provider, key, offers in
                            [
                                "slug": .string(provider.slug),
                                "name": .string(provider.name),
                                "kind": .string(provider.kind.rawValue),
                                "adapter": .string(provider.adapter),
                                "base_url": JSONValue(provider.baseURL),
                                "is_active": .bool(provider.isActive),
                                "health_status": .string(provider.health.rawValue),
                                "models": JSONValue(offers.count),
                                "active_models": JSONValue(offers.count(where: \.isAvailable)),
                                "key": .string(key),
                            ]
                        }
                    )
                )
            }
            var table = TextTable([
                ("PROVIDER", .left), ("NAME", .left), ("KIND", .left), ("STATE", .left), ("HEALTH", .left),
                ("MODELS", .right), ("ACTIVE", .right), ("KEY", .left),
            ])
            for (provider, key, offers) in rows {
                table.add([
                    provider.slug, provider.name, provider.kind.rawValue, provider.isActive ? "on" : "off",
                    provider.health.rawValue, String(offers.count), String(offers.count(where: \.isAvailable)), key,
                ])
            }
            Terminal.say(table.isEmpty ? "The registry has no providers yet: run roster sync." : table.text)
        }

        /// Whether a provider's key is set, in words.
        private static func key(of provider: Provider, _ environment: ProviderEnvironment) -> String {
            guard let definition = ProviderCatalog.definition(slug: provider.slug, adapter: provider.adapter) else {
                return "unknown adapter \(provider.adapter)"
            }
            do {
                let key = try environment.key(
                    slug: provider.slug,
                    rowVariable: provider.keyVariable,
                    definition: definition
                )
                if key.secret != nil { return "set" }
                return definition.kind == .local ? "not needed" : "\(key.variables[0]) is not set"
            } catch {
                return "\(error)"
            }
        }
    }

    /// `roster providers test`.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "test",
            abstract: "Read a provider's list with its key, and change nothing."
        )

        @Argument(help: "The provider's slug.")
        var slug: String

        @Flag(help: "For programs.")
        var json = false

        @Flag(help: "Say also what was left out of the list, and log what happens.")
        var verbose = false

        func run() async throws {
            let invocation = Invocation.current
            let settings = try await invocation.settingsOfDatabase(isVerbose: self.verbose)
            let logger = invocation.logger(for: settings, isVerbose: self.verbose)
            let report = try await RefreshSession.run(settings, logger: logger) { refresher in
                try await refresher.registerProviders()
                return try await refresher.refresh(
                    provider: self.slug,
                    isDryRun: true,
                    as: Authorship(actor: "cli", reason: "roster providers test")
                )
            }
            if self.json {
                Terminal.say(report.json)
            } else {
                let time = Progress.text(report.duration)
                Terminal.say(
                    report.outcome == .succeeded
                        ? "\(report.provider) answers: \(report.transformed) models in \(time)." : report.message
                )
                if self.verbose {
                    for skipped in report.skipped {
                        Terminal.note("left out \(skipped.apiName ?? "a row"): \(skipped.reason)")
                    }
                }
            }
            if report.outcome != .succeeded { throw ExitCode.failure }
        }
    }
}
