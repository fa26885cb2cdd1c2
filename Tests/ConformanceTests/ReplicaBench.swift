import Logging
import Postgres
import ProviderSimulator
import Registry
import RosterServer
import Secrets
import SystemPackage
import TestSupport

/// A whole replica as production has it, between impersonated providers and a database of its own.
struct ReplicaBench: Sendable {
    /// Where the replica listens.
    let url: String
    /// The paths of its router, as Hummingbird spells them.
    let paths: [String]
    /// The simulator's address.
    let simulator: String
    /// The database, for tools beside the replica.
    let database: Secret
    /// A key with every right.
    let adminKey: Secret
    /// A client's key.
    let clientKey: Secret

    private static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private static let template = DatabaseTemplate("conformance") { url in
        let client = try PostgresClient(configuration: PostgresConfiguration(url: url), logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            _ = try await Migrator(client: client, logger: quiet).migrate()
            group.cancelAll()
        }
    }

    /// Runs a test beside a replica that has a database, providers and keys, and listens.
    static func with(_ body: @escaping @Sendable (ReplicaBench) async throws -> Void) async throws {
        try await withDatabase(from: self.template) { database in
            let simulator = ProviderSimulator()
            let adminKey = Secret.newClientKey()
            let clientKey = Secret.newClientKey()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await simulator.run() }
                let address = try await simulator.address.url
                let settings = try await Settings.load(
                    environment: [
                        "DATABASE_URL": database.exposed, "ADMIN_API_KEY": adminKey.exposed,
                        "ROSTER_API_KEY": clientKey.exposed, "ROSTER_PORT": "0", "ROSTER_EGRESS_URL": address,
                        "OPENROUTER_API_KEY": "k", "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k",
                        "GEMINI_API_KEY": "k",
                    ],
                    workingFolder: "/nonexistent",
                    homeFolder: nil
                )
                let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
                let replica = try Replica(
                    settings: settings,
                    environment: settings.providerEnvironment(),
                    logger: Self.quiet,
                    onListening: { port.yield($0) }
                )
                group.addTask { try await replica.run() }
                group.addTask {
                    for await port in ports {
                        try await body(
                            ReplicaBench(
                                url: "http://127.0.0.1:\(port)",
                                paths: Self.paths(of: replica),
                                simulator: address,
                                database: database,
                                adminKey: adminKey,
                                clientKey: clientKey
                            )
                        )
                        break
                    }
                }
                // The simulator and the replica run until they are cancelled; the body ends first, or one of them fails.
                try await group.next()
                group.cancelAll()
            }
        }
    }

    /// Looked up in the router itself, which has no interface for it: what is served beside the operations would show.
    private static func paths(of replica: Replica) -> [String] {
        guard let trie = Mirror(reflecting: replica).descendant("responder", "trie") else { return [] }
        let values = Mirror(reflecting: trie).children.first { $0.label == "values" }
        return values.map {
            Mirror(reflecting: $0.value).children.compactMap { value in
                Mirror(reflecting: value.value).descendant("some", "path").map { "\($0)" }
            }
        } ?? []
    }
}
