import Logging
import Postgres
import Registry
import Secrets
import TestSupport

/// A database at the current schema, copied for each test from one that was migrated once.
enum MigratedDatabase {
    private static let template = DatabaseTemplate("exchange") { url in
        try await Self.withClient(of: url) { client in
            _ = try await Migrator(client: client, logger: Self.quiet).migrate()
        }
    }

    /// A logger that says nothing.
    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Runs a test with a store of its own.
    static func with<Value: Sendable>(
        _ body: @escaping @Sendable (RegistryStore, PostgresClient) async throws -> Value
    ) async throws -> Value {
        try await withDatabase(from: self.template) { url in
            try await self.withClient(of: url) { client in try await body(RegistryStore(client: client), client) }
        }
    }

    /// Runs a body beside a running client, which is closed afterwards.
    private static func withClient<Value: Sendable>(
        of url: Secret,
        _ body: @escaping @Sendable (PostgresClient) async throws -> Value
    ) async throws -> Value {
        let client = try PostgresClient(configuration: PostgresConfiguration(url: url), logger: self.quiet)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await client.run()
                return nil
            }
            group.addTask { try await body(client) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let value = result { return value }
            }
            throw CancellationError()
        }
    }
}
