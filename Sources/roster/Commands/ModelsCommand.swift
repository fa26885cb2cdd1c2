import ArgumentParser
import JSON
import Registry
import RosterServer

/// `roster models`: what the registry has.
struct ModelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "Look at the models of the registry, and edit them.",
        subcommands: [
            List.self, Show.self, SetCells<ModelRows>.self, AddRow<ModelRows>.self, DeleteRow<ModelRows>.self,
        ],
        defaultSubcommand: List.self
    )

    /// `roster models list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List models with their prices in USD per 1M tokens; a price nobody knows is –."
        )

        @Option(help: "Only this provider's, by its slug.")
        var provider: String?

        @Option(help: "Only models with this in their API name or name.")
        var search: String?

        @Option(
            help: ArgumentHelp(
                "As of a revision, a time (2026-11-20T08:00:00Z) or the start of a day.",
                valueName: "revision-or-time"
            )
        )
        var asOf: RevisionPoint?

        @Flag(help: "Also models that requests may not use.")
        var all = false

        @Flag(help: "For programs.")
        var json = false

        @Flag(help: "Say where the database is taken from, and log what happens.")
        var verbose = false

        func run() async throws {
            let snapshot = try await ModelsCommand.snapshot(asOf: self.asOf, isVerbose: self.verbose)
            if let provider = self.provider { _ = try ModelsCommand.provider(provider, in: snapshot) }
            let search = self.search?.lowercased()
            let offers = snapshot.offers.filter { offer in
                (self.all || offer.isAvailable)
                    && (self.provider == nil || offer.provider.slug == self.provider)
                    && (search.map { word in
                        [offer.qualifiedName, offer.model.name].contains { $0.lowercased().contains(word) }
                    } ?? true)
            }
            if self.json { return Terminal.say(.array(offers.map { .object($0.json) })) }
            guard !offers.isEmpty else {
                return Terminal.note(
                    snapshot.offers.isEmpty
                        ? "The registry has no models yet: run roster sync."
                        : "No model matches; --all shows also those that requests may not use."
                )
            }
            var table = TextTable([
                ("MODEL", .left), ("NAME", .left), ("CONTEXT", .right), ("INPUT $/1M", .right), ("OUTPUT $/1M", .right),
                ("CAN", .left), ("STATE", .left),
            ])
            for offer in offers {
                table.add([
                    offer.qualifiedName, String(offer.model.name.prefix(40)),
                    offer.model.contextLength.map(String.init) ?? "–",
                    Offer.perMillion(offer.model.pricing.prompt) ?? "–",
                    Offer.perMillion(offer.model.pricing.completion) ?? "–", offer.abilities.joined(separator: ", "),
                    offer.isAvailable ? offer.model.isRecommended ? "recommended" : "active" : "inactive",
                ])
            }
            Terminal.say(table.text)
            Terminal.note("\(offers.count) models at revision \(snapshot.revision).")
        }
    }

    /// `roster models show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Show everything about a model."
        )

        @Argument(help: "provider/api-name, or an API name for every provider's offer of it.")
        var id: String

        @Option(
            help: ArgumentHelp(
                "As of a revision, a time (2026-11-20T08:00:00Z) or the start of a day.",
                valueName: "revision-or-time"
            )
        )
        var asOf: RevisionPoint?

        @Flag(help: "For programs.")
        var json = false

        @Flag(help: "Say where the database is taken from, and log what happens.")
        var verbose = false

        func run() async throws {
            let snapshot = try await ModelsCommand.snapshot(asOf: self.asOf, isVerbose: self.verbose)
            let exact = snapshot.offer(qualifiedName: self.id).map { [$0] }
            let offers = exact ?? snapshot.offers.filter { $0.model.apiName == self.id }
            guard !offers.isEmpty else {
                let names = snapshot.offers.flatMap { [$0.qualifiedName, $0.model.apiName] }
                let nearest = NearestName.of(self.id, among: names).map { "; did you mean \($0)?" }
                throw CommandFailure(
                    "there is no model “\(self.id)”\(nearest ?? ": the registry is empty, run roster sync.")"
                )
            }
            if self.json {
                return Terminal.say(exact == nil ? .array(offers.map { .object($0.json) }) : .object(offers[0].json))
            }
            Terminal.say(offers.map(\.page).joined(separator: "\n\n"))
        }
    }

    private static func snapshot(asOf point: RevisionPoint?, isVerbose: Bool) async throws -> Snapshot {
        do {
            return try await RegistrySession.open(isVerbose: isVerbose) { session in
                guard let point else { return try await session.store.snapshot() }
                return try await session.store.snapshot(asOf: session.store.revision(at: point))
            }
        } catch let notFound as HistoryNotFound {
            throw CommandFailure(notFound.description)
        }
    }

    /// A provider of the registry.
    static func provider(_ slug: String, in snapshot: Snapshot) throws(CommandFailure) -> Provider {
        if let provider = snapshot.provider(slug: slug) { return provider }
        let nearest = NearestName.of(slug, among: snapshot.providers.map(\.slug)).map { "; did you mean \($0)?" }
        throw CommandFailure("there is no provider “\(slug)”\(nearest ?? ".")")
    }
}
