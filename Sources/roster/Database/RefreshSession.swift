import Discovery
import Logging
import Providers
import Registry
import RosterServer

/// A command's way to the providers: a refresher on the registry's database, as long as a closure runs.
enum RefreshSession {
    /// Works with a refresher.
    ///
    /// - Parameters:
    ///   - settings: Where the database and the providers are.
    ///   - logger: What its parts log with.
    ///   - body: The work.
    /// - Returns: What the body returns.
    /// - Throws: `CommandFailure` for a schema that is behind; what a part or the body throws.
    static func run<Value: Sendable>(
        _ settings: Settings,
        logger: Logger,
        _ body: @escaping @Sendable (Refresher) async throws -> Value
    ) async throws -> Value {
        try await self.run(settings, environment: try settings.providerEnvironment(), logger: logger, body)
    }

    /// The same with keys and addresses of providers that are not the settings' own.
    static func run<Value: Sendable>(
        _ settings: Settings,
        environment: ProviderEnvironment,
        logger: Logger,
        _ body: @escaping @Sendable (Refresher) async throws -> Value
    ) async throws -> Value {
        let transfer = try settings.transferClient(logger: logger)
        return try await RegistrySession.run(settings, logger: logger) { session in
            try await Companion.run(transfer) {
                try await body(
                    Refresher(
                        store: session.store,
                        feed: nil,
                        transfer: transfer,
                        environment: environment,
                        logger: logger
                    )
                )
            }
        }
    }
}
