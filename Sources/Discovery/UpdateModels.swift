package import Exchange
public import FoundationEssentials
public import Logging
import Postgres
import Providers
public import Registry
import Secrets
import Transfer

/// Reads the providers' lists into the registry and brings a `models.yaml` up to it, as `roster update-models` does.
///
/// The registry is the one that `DATABASE_URL` names; providers are asked with the keys that are set (`OPENAI_API_KEY` and
/// so on). A provider that fails, or that has no key, stops nothing: its models in the registry and in the file stay. What
/// people wrote in the file stays too, but for comments, and the file is replaced whole or not at all.
///
/// ```swift
/// import Discovery
///
/// try await updateModels()                                        // config/models.yaml
/// let update = try await updateModels(at: "/srv/app/models.yaml")
/// for report in update.providers where report.outcome == .failed { print(report.message) }
/// ```
///
/// - Parameters:
///   - path: The file; it and its folder are made if they are missing.
///   - environment: Where `DATABASE_URL` and the providers' variables are looked up.
///   - logger: Told what each provider said.
/// - Returns: What was done.
/// - Throws: ``ModelsUpdate/NoRegistry`` without `DATABASE_URL`; an error that says where a file is not what it must be, and
///   what the registry's database or the disk refuses. Then the file is as it was.
@discardableResult
public func updateModels(
    at path: String = ModelsUpdate.usualPath,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    logger: Logger = Logger(label: "roster")
) async throws -> ModelsUpdate {
    guard let address = environment["DATABASE_URL"], !address.isEmpty else { throw ModelsUpdate.NoRegistry() }
    let client = try PostgresClient(configuration: PostgresConfiguration(url: Secret(address)), logger: logger)
    return try await beside({ try await client.run() }) {
        try await Refresher.withProviders(
            of: RegistryStore(client: client),
            environment: environment,
            logger: logger
        ) { refresher in
            try await refresher.updateModels(at: path, as: Authorship(actor: "updateModels"))
        }
    }
}

/// What bringing a `models.yaml` up to the registry did, or would have done.
public struct ModelsUpdate: Sendable {
    /// There is no registry to work with.
    public struct NoRegistry: Error, Sendable, CustomStringConvertible {
        /// What to do.
        public let description =
            "models.yaml is made from a registry, and none is named: set DATABASE_URL, or run roster up for one in this folder"

        package init() {}
    }

    /// Where the file is, unless somebody says.
    public static let usualPath = ModelsFileUpdate.usualPath

    /// What each provider said, in the order of the registry.
    public let providers: [RefreshReport]
    /// Ids of entries that were not in the file.
    public let added: [String]
    /// Ids of entries of which something changed.
    public let changed: [String]
    /// Ids of entries whose model the registry has switched off.
    public let removed: [String]
    /// Lists that were missing and were filled: `preferences.default`, `cost_optimized`.
    public let filled: [String]
    /// What a person should know, in sentences.
    public let notes: [String]
    /// How many models the file has, and how many of them the registry does not know.
    public let models: (all: Int, unknownToRegistry: Int)
    /// Whether there was no such file before.
    public let isNew: Bool
    /// Whether the file was written: not where it was as it should be, and not by a dry run.
    public let isWritten: Bool
    /// The revision of the registry that the file shows.
    public let revision: Int64

    package init(_ outcome: ModelsFileUpdate.Outcome, providers: [RefreshReport]) {
        self.providers = providers
        self.added = outcome.changes.added
        self.changed = outcome.changes.changed
        self.removed = outcome.changes.removed
        self.filled = outcome.changes.filled.map(\.path)
        self.notes = outcome.changes.notes
        self.models = (outcome.modelCount, outcome.changes.own)
        self.isNew = outcome.isNew
        self.isWritten = outcome.isWritten
        self.revision = outcome.revision
    }
}

extension Refresher {
    /// Works with a refresher that asks the providers with the keys and addresses of an environment.
    ///
    /// ```swift
    /// let client = try PostgresClient(configuration: PostgresConfiguration(url: address), logger: logger)
    /// // … with client.run() beside it:
    /// let reports = try await Refresher.withProviders(of: RegistryStore(client: client), logger: logger) { refresher in
    ///     try await refresher.registerProviders()
    ///     return try await refresher.refreshAll(isDryRun: false, as: Authorship(actor: "my program"))
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - store: The registry, with a running client.
    ///   - environment: Where keys and addresses of providers are looked up.
    ///   - logger: Told what each refresh did.
    ///   - body: The work; connections to providers end with it.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws; an error that names a variable that cannot be used.
    public static func withProviders<Value: Sendable>(
        of store: RegistryStore,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        logger: Logger,
        _ body: @escaping @Sendable (Refresher) async throws -> Value
    ) async throws -> Value {
        let transfer = try TransferClient(configuration: TransferConfiguration(), logger: logger)
        let refresher = Refresher(
            store: store,
            feed: nil,
            transfer: transfer,
            environment: try ProviderEnvironment(environment: environment),
            logger: logger
        )
        return try await beside({ try await transfer.run() }) { try await body(refresher) }
    }

    /// Refreshes every active provider and brings a `models.yaml` up to the registry; see ``updateModels(at:environment:logger:)``.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - isDryRun: Whether to find out what would change, and change nothing. What the providers would add to the
    ///     registry is then in their reports, not in the file's changes.
    ///   - author: Who asked for it.
    ///   - progress: Called as each provider ends.
    /// - Returns: What was done.
    /// - Throws: As ``updateModels(at:environment:logger:)``.
    public func updateModels(
        at path: String = ModelsUpdate.usualPath,
        isDryRun: Bool = false,
        as author: Authorship,
        progress: @Sendable (RefreshReport) async -> Void = { _ in }
    ) async throws -> ModelsUpdate {
        try await self.registerProviders()
        let reports = try await self.refreshAll(isDryRun: isDryRun, as: author, progress: progress)
        let outcome = try await ModelsFileUpdate(reading: self.store).run(at: path, isDryRun: isDryRun)
        return ModelsUpdate(outcome, providers: reports)
    }
}

/// Does work while something that it needs runs, and ends that with it.
private func beside<Value: Sendable>(
    _ service: @escaping @Sendable () async throws -> Void,
    _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask {
            try await service()
            return nil
        }
        group.addTask { try await work() }
        defer { group.cancelAll() }
        while let ended = try await group.next() {
            if let value = ended { return value }
        }
        throw CancellationError()
    }
}
