import ArgumentParser
import JSON
import Registry

/// `roster routes`: names of one's own for one or more models.
struct RoutesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes",
        abstract: "Look at routes and edit them: names of your own for one or more models.",
        subcommands: [List.self, SetCells<RouteRows>.self, AddRow<RouteRows>.self, DeleteRow<RouteRows>.self],
        defaultSubcommand: List.self
    )

    /// `roster routes list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List routes, their members, and which offers a request would use now, in order."
        )

        @Flag(help: "For programs.")
        var json = false

        @Flag(help: "Say where the database is taken from, and log what happens.")
        var verbose = false

        func run() async throws {
            let snapshot = try await RegistrySession.open(isVerbose: self.verbose) { try await $0.store.snapshot() }
            if self.json {
                return Terminal.say(
                    .array(
                        snapshot.routes.map { route in
                            [
                                "name": .string(route.name), "strategy": .string(route.strategy.rawValue),
                                "is_active": .bool(route.isActive),
                                "members": .array(route.members.map { .object($0.json) }),
                                "offers": JSONValue(Self.offers(of: route, in: snapshot)),
                            ]
                        }
                    )
                )
            }
            guard !snapshot.routes.isEmpty else {
                return Terminal.note(
                    "There are no routes yet: roster routes add name=default members=openai/gpt-4o-mini"
                )
            }
            var table = TextTable([
                ("ROUTE", .left), ("STRATEGY", .left), ("STATE", .left), ("MEMBERS", .left), ("OFFERS NOW", .left),
            ])
            for route in snapshot.routes {
                table.add([
                    route.name, route.strategy.rawValue, route.isActive ? "active" : "inactive",
                    route.members.map(\.model).joined(separator: ", "),
                    Self.offers(of: route, in: snapshot).joined(separator: ", "),
                ])
            }
            Terminal.say(table.text)
        }

        private static func offers(of route: Route, in snapshot: Snapshot) -> [String] {
            guard route.isActive, case .offers(let offers, _) = snapshot.resolve(route.name) else { return [] }
            return offers.map(\.qualifiedName)
        }
    }
}
