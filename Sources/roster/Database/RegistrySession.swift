import Logging
import Postgres
import Registry
import RosterServer
import SystemPackage

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
            if let refusal = try await session.migrator.status().refusal { throw CommandFailure("\(refusal).") }
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
        do {
            return try await Companion.run(client) {
                try await body(
                    RegistrySession(
                        store: RegistryStore(client: client),
                        migrator: Migrator(client: client, logger: logger)
                    )
                )
            }
        } catch let error as PostgresError where error.code == .connectionLost || error.code == .timedOut {
            let path = ConnectionFile.path(in: ConnectionFile.usualFolder).string
            guard settings.origin(of: Settings.list.databaseURL.facts) == path else { throw error }
            throw CommandFailure(
                "roster up does not run in this folder (the database named in \(path) does not answer): "
                    + "start it, or set DATABASE_URL."
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
