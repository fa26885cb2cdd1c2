import Logging
import Postgres
import Registry
import RosterServer

/// A command's connection to the registry, open as long as a closure runs.
struct RegistrySession: Sendable {
    let store: RegistryStore
    let migrator: Migrator

    /// Works with a database whose schema is this program's.
    ///
    /// - Parameters:
    ///   - settings: Where the database is.
    ///   - logger: What the client logs with.
    ///   - body: The work.
    /// - Returns: What the body returns.
    /// - Throws: `CommandFailure` for a schema that is behind; what the client or the body throws.
    static func run<Value: Sendable>(
        _ settings: Settings,
        logger: Logger,
        _ body: @escaping @Sendable (RegistrySession) async throws -> Value
    ) async throws -> Value {
        try await self.runUnchecked(settings, logger: logger) { session in
            let status = try await session.migrator.status()
            guard !status.isBehind else {
                throw CommandFailure(
                    "the database's schema is at step \(status.applied) and this roster needs step \(status.known): "
                        + "run roster migrate."
                )
            }
            return try await body(session)
        }
    }

    /// The same with a database in whatever state.
    static func runUnchecked<Value: Sendable>(
        _ settings: Settings,
        logger: Logger,
        _ body: @escaping @Sendable (RegistrySession) async throws -> Value
    ) async throws -> Value {
        let client = try settings.postgresClient(logger: logger)
        return try await Companion.run(client) {
            try await body(
                RegistrySession(
                    store: RegistryStore(client: client),
                    migrator: Migrator(client: client, logger: logger)
                )
            )
        }
    }
}

/// Why a command did not do what it was asked for, in one sentence.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
