import Discovery
import FoundationEssentials
import LocalCluster
import Logging
import Providers
import ProviderSimulator
import Registry
import RosterServer
import Secrets
import ServiceLifecycle
import SystemPackage

/// The part of an installation that needs its servers: schema, keys, models, then replicas until the shutdown.
struct InstalledGateway: Service {
    let installation: Installation
    let servers: LocalCluster.Servers
    let simulator: ProviderSimulator?
    let progress: Progress

    /// Everything that replicas run by.
    private struct Plan: Sendable {
        let settings: Settings
        let connection: ConnectionFile
        let model: String?
    }

    func run() async throws {
        let plan = try await cancelWhenGracefulShutdown { try await self.prepare() }
        try await self.serve(plan)
    }

    private func prepare() async throws -> Plan {
        let label = "roster up"
        var settings = try self.installation.settings.replacing(
            ["database-url": self.servers.databaseURL.exposed, "redis-url": self.servers.redisURL.exposed],
            by: label
        )
        var simulatorURL: String?
        if let simulator = self.simulator {
            let url = try await simulator.address.url
            Terminal.note("  No provider key is set: lists and answers come from the built-in simulator (\(url)).")
            settings = try settings.simulatingProviders(at: url, by: label)
            simulatorURL = url
        }
        try await self.migrate(settings)
        var connection = try await self.keys(settings)
        connection.simulatorURL = simulatorURL
        settings = try settings.replacing(["admin-key": connection.adminKey.exposed], by: label)
        return Plan(settings: settings, connection: connection, model: try await self.fill(settings))
    }

    private func migrate(_ settings: Settings) async throws {
        let logger = self.installation.logger
        _ = try await self.progress.step("Bringing the schema up to date") { (applied: [Int32]) in
            applied.isEmpty ? "The schema is up to date" : "The schema is there"
        } _: { _ in
            try await RegistrySession.runUnchecked(settings, logger: logger) { try await $0.migrator.migrate() }
        }
    }

    // MARK: Keys

    /// The keys of earlier starts, or new ones; the environment's come first.
    private func keys(_ settings: Settings) async throws -> ConnectionFile {
        let path = ConnectionFile.path(in: self.installation.folder)
        let before = try ConnectionFile.read(path)
        let admin = settings.adminKey ?? before?.adminKey ?? Secret("adm_" + Secret.newClientKey().exposed.dropFirst(3))
        let wanted = settings.clientKey ?? before?.clientKey
        if before?.simulatorURL != nil, self.simulator == nil {
            Terminal.note("  The registry was filled by the simulator; --fresh begins with the providers' own lists.")
        }
        let client = try await RegistrySession.run(settings, logger: self.installation.logger) { session in
            try await Self.register(wanted, in: session.store)
        }
        return ConnectionFile(
            url: "",
            adminKey: admin,
            clientKey: client,
            databaseURL: self.servers.databaseURL,
            redisURL: self.servers.redisURL,
            replicas: []
        )
    }

    /// Makes sure that a key works: a key that was revoked or has expired stays so, and another takes its place.
    private static func register(_ wanted: Secret?, in store: RegistryStore) async throws -> Secret {
        for key in [wanted, .newClientKey()].compactMap({ $0 }) {
            let (row, _) = try await store.createKey(
                NewAPIKey(key: key, description: "made by roster up"),
                as: Authorship(actor: "roster up")
            )
            if row.isValid(at: .now), row.allows(.inference) { return key }
        }
        throw CommandFailure("no client key could be registered.")
    }

    // MARK: Models

    /// Reads the providers' lists into an empty registry.
    ///
    /// - Returns: A model for a first request.
    private func fill(_ settings: Settings) async throws -> String? {
        let logger = self.installation.logger
        let environment = try settings.providerEnvironment()
        let snapshot = try await RegistrySession.run(settings, logger: logger) { try await $0.store.snapshot() }
        if !snapshot.offers.isEmpty {
            Terminal.note("✓ The registry has \(snapshot.offers.count) models (roster sync reads the lists again)")
            return Self.model(for: environment, in: snapshot)
        }
        let filled = try await self.progress.step("Reading the providers' lists") { (snapshot: Snapshot) in
            "The registry has \(snapshot.offers.count) models of \(Set(snapshot.offers.map(\.provider.id)).count) providers"
        } _: { step in
            try await RefreshSession.run(settings, logger: logger) { refresher in
                try await refresher.registerProviders()
                _ = try await refresher.refreshAll(
                    isDryRun: false,
                    as: Authorship(actor: "roster up", reason: "first start")
                ) { report in
                    step.note(report.message)
                }
            }
            return try await RegistrySession.run(settings, logger: logger) { try await $0.store.snapshot() }
        }
        return Self.model(for: environment, in: filled)
    }

    /// A model that a first request may name: a small one that everybody knows, or whatever there is.
    private static func model(for environment: ProviderEnvironment, in snapshot: Snapshot) -> String? {
        let usable = snapshot.offers.filter { offer in
            guard offer.isAvailable, offer.model.chats,
                let definition = ProviderCatalog.definition(slug: offer.provider.slug, adapter: offer.provider.adapter),
                definition.chat.speaksOpenAI
            else { return false }
            do {
                let key = try environment.key(
                    slug: offer.provider.slug,
                    rowVariable: offer.provider.keyVariable,
                    definition: definition
                )
                return key.secret != nil || definition.keyVariables.isEmpty
            } catch {
                return false
            }
        }
        let known = ["openai/gpt-4o-mini", "openrouter/openai/gpt-4o-mini", "anthropic/claude-3-5-haiku-latest"]
        return known.lazy.compactMap { name in usable.first { $0.qualifiedName == name } }.first?.qualifiedName
            ?? usable.first?.qualifiedName
    }

    // MARK: Replicas

    private func serve(_ plan: Plan) async throws {
        let path = ConnectionFile.path(in: self.installation.folder)
        let announce: @Sendable (Int, [String]) throws -> Void = { port, replicas in
            var connection = plan.connection
            connection.url = Address.url(plan.settings.host, port)
            connection.consoleURL = "\(connection.url)/console"
            connection.replicas = replicas.isEmpty ? [connection.url] : replicas
            try connection.write(to: path)
        }
        guard self.installation.replicas > 1 else {
            let replica = try Replica(
                settings: plan.settings,
                environment: plan.settings.providerEnvironment(),
                logger: self.installation.logger
            ) { port in
                do { try announce(port, []) } catch { Terminal.complain("\(error)") }
                self.greet(plan, port)
            }
            return try await replica.run()
        }
        try await Fleet(
            count: self.installation.replicas,
            settings: plan.settings,
            environment: self.childEnvironment(plan),
            logger: self.installation.logger,
            announce: announce,
            onReady: { port in self.greet(plan, port) }
        ).run()
    }

    /// What a replica of its own process needs to know; by its environment, because others can read a command line.
    private func childEnvironment(_ plan: Plan) -> [String: String] {
        var environment = Invocation.current.environment
        environment.merge(plan.settings.environment) { $1 }
        environment[Settings.list.host.facts.variable] = "127.0.0.1"
        if !Address.isLoopback(plan.settings.host) {
            // Behind the balancer everybody seems to be on this machine: then nobody is trusted for being there.
            environment[Settings.list.trustedNetworks.facts.variable] = "none"
        }
        return environment
    }

    /// The lines that somebody pastes from.
    private func greet(_ plan: Plan, _ port: Int) {
        let url = Address.url(plan.settings.host, port)
        let connection = plan.connection
        let path = ConnectionFile.path(in: self.installation.folder)
        var lines = [
            "",
            "Roster is ready at \(url)",
            "",
            "  admin key   \(connection.adminKey.exposed)",
            "  client key  \(connection.clientKey.exposed)",
            "  both are in \(path), with the addresses of the database and Redis",
            "",
        ]
        if let model = plan.model {
            lines += [
                "  curl \(url)/v1/chat/completions \\",
                "    -H 'Authorization: Bearer \(connection.clientKey.exposed)' -H 'Content-Type: application/json' \\",
                "    -d '{\"model\": \"\(model)\", \"messages\": [{\"role\": \"user\", \"content\": \"Hello\"}]}'",
            ]
        } else {
            lines += ["  curl \(url)/v1/models -H 'Authorization: Bearer \(connection.clientKey.exposed)'"]
        }
        lines += ["", "Ctrl-C ends everything; the data stays in \(self.installation.folder)."]
        Terminal.say(lines.joined(separator: "\n"))
    }
}
