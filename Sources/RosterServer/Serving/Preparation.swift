import Discovery
import Logging
import NIOConcurrencyHelpers
import Postgres
import Registry
import Secrets
import ServiceLifecycle

/// What a replica does once before it is of use: checks the schema, registers the built-in providers and the key of the
/// environment, reads the first snapshot.
///
/// A service. While the database is away it tries again; a database that no waiting mends ends the replica.
struct Preparation: Service {
    /// The database's schema is not one that this program works with.
    struct SchemaRefused: Error, CustomStringConvertible {
        let description: String
    }

    private let migrator: Migrator
    private let store: RegistryStore
    private let feed: SnapshotFeed
    private let refresher: Refresher
    private let clientKey: Secret?
    private let logger: Logger
    private let ended: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    /// How long a replica waits for the first snapshot before it begins to listen without one.
    static let patience: Duration = .seconds(5)

    init(
        migrator: Migrator,
        store: RegistryStore,
        feed: SnapshotFeed,
        refresher: Refresher,
        clientKey: Secret?,
        logger: Logger
    ) {
        self.migrator = migrator
        self.store = store
        self.feed = feed
        self.refresher = refresher
        self.clientKey = clientKey
        self.logger = logger
        (self.ended, self.end) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Waits until the preparation is done, at most for ``patience``. One task calls it.
    func waitForFirstSnapshot() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                do { try await Task.sleep(for: Self.patience) } catch { return }
                self.end.yield()
            }
            for await _ in self.ended { break }
            group.cancelAll()
        }
        guard self.feed.state.confirmedAt == nil else { return }
        self.logger.warning(
            "the registry cannot be read yet: listening without it, and not ready until it can",
            metadata: ["readiness": "/readyz"]
        )
    }

    func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await self.prepareInTheEnd() }
        } catch  where Task.isShuttingDownGracefully {
            // What was under way was cut short: nobody needs it any more.
            return
        }
        try await gracefulShutdown()
    }

    /// Tries until it is done.
    private func prepareInTheEnd() async throws {
        var pause = Duration.milliseconds(200)
        while true {
            do {
                try await self.prepare()
                self.end.yield()
                return
            } catch let error as PostgresError where error.code != .cancelled {
                self.logger.warning("the database cannot be prepared yet", metadata: ["error": "\(error)"])
            }
            try await Task.sleep(for: pause * Double.random(in: 0.8...1.2))
            pause = min(pause * 2, .seconds(5))
        }
    }

    private func prepare() async throws {
        let status = try await self.migrator.status()
        if let refusal = status.refusal { throw SchemaRefused(description: refusal) }
        if status.isAhead {
            self.logger.notice(
                "a newer release has migrated the database; this one works with it",
                metadata: ["schema": "\(status.applied)", "known": "\(status.known)"]
            )
        }
        try await self.refresher.registerProviders()
        try await self.importKey()
        try await self.feed.catchUp()
        self.logger.info("registry read", metadata: ["revision": "\(self.feed.snapshot.revision)"])
    }

    private func importKey() async throws {
        guard let clientKey = self.clientKey else { return }
        let (key, revision) = try await self.store.createKey(
            NewAPIKey(key: clientKey, description: "imported from ROSTER_API_KEY"),
            as: Authorship(actor: "roster", reason: "ROSTER_API_KEY is set")
        )
        if revision != nil {
            self.logger.info("client key of the environment registered", metadata: ["prefix": "\(key.prefix)"])
        } else if key.revokedAt != nil {
            self.logger.warning(
                "the client key of the environment was revoked and stays so",
                metadata: ["prefix": "\(key.prefix)"]
            )
        }
    }
}
