import LocalCluster
import Logging
import Postgres
import Registry

/// The private PostgreSQL that is measured, and the databases in it: each round works on a fresh copy, so that no round
/// pays for the dead rows of another.
struct BenchmarkServer: Sendable {
    let server: PostgresServer

    private static let quiet = Logger(label: "registry-benchmark", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Works with a database through a client of its own.
    func withClient<Value: Sendable>(
        of database: String,
        connections: Int = 2,
        _ body: @escaping @Sendable (PostgresClient) async throws -> Value
    ) async throws -> Value {
        var configuration = try PostgresConfiguration(url: self.server.url(ofDatabase: database))
        configuration.statementTimeout = RegistryStore.longestMergeStatement
        configuration.maximumLeases = connections
        let client = try PostgresClient(configuration: configuration, logger: Self.quiet)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await client.run()
                return nil
            }
            group.addTask { try await body(client) }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let value = ended { return value }
            }
            throw CancellationError()
        }
    }

    /// Makes a database that is kept for copying: migrated, with one provider, and filled by a body.
    func makeTemplate(
        _ name: String,
        _ body: @escaping @Sendable (PostgresClient) async throws -> Void
    ) async throws {
        try await self.administer("CREATE DATABASE \(name) TEMPLATE template0")
        try await self.withClient(of: name) { client in
            _ = try await Migrator(client: client, logger: Self.quiet).migrate()
            _ = try await client.query("INSERT INTO providers (slug, name) VALUES ('benchmark', 'Benchmark')")
            try await body(client)
            try await client.withConnection { try await $0.script("VACUUM ANALYZE") }
        }
    }

    /// Works with a copy of a database, which is dropped afterwards.
    ///
    /// - Parameters:
    ///   - template: The database to copy; nobody is connected to it.
    ///   - records: Whether history and provenance are on; off, the triggers of the table of models are disabled.
    ///   - connections: How many connections the body needs at the same time.
    ///   - body: The work; what was written to make the copy is on disk when it begins.
    /// - Returns: What the body returns.
    /// - Throws: `PostgresError`, or what the body throws.
    func withCopy<Value: Sendable>(
        of template: String,
        records: Bool = true,
        connections: Int = 2,
        _ body: @escaping @Sendable (PostgresClient) async throws -> Value
    ) async throws -> Value {
        // As files, where the server has the choice: through its log a copy costs as much as what is measured.
        let version = try await self.withClient(of: PostgresServer.user) { client in
            try await client.query("SELECT current_setting('server_version_num')::integer AS number").only()
                .decode(Int32.self, "number")
        }
        try await self.administer(
            "CREATE DATABASE round TEMPLATE \(template)" + (version >= 150_000 ? " STRATEGY file_copy" : "")
        )
        let value = try await self.withClient(of: "round", connections: connections) { client in
            try await client.withConnection { connection in
                if !records { try await connection.script("ALTER TABLE models DISABLE TRIGGER USER") }
                try await connection.script("CHECKPOINT")
            }
            return try await body(client)
        }
        try await self.administer("DROP DATABASE round WITH (FORCE)")
        return value
    }

    private func administer(_ statement: String) async throws {
        try await self.withClient(of: PostgresServer.user) { client in
            try await client.withConnection { try await $0.script(statement) }
        }
    }
}
