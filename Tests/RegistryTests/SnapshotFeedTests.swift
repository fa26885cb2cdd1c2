import LocalCluster
import Postgres
import Registry
import Secrets
import ServiceLifecycle
import TestSupport
import Testing

@Suite struct SnapshotFeedTests {
    /// Runs a feed beside a body.
    private static func withFeed(
        _ store: RegistryStore,
        period: Duration,
        _ body: @escaping @Sendable (SnapshotFeed) async throws -> Void
    ) async throws {
        let feed = SnapshotFeed(store: store, period: period, logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await feed.run() }
            group.addTask { try await body(feed) }
            // The feed runs until it is cancelled; the body ends first.
            try await group.next()
            group.cancelAll()
        }
    }

    @Test func `an edit made with plain SQL is served within the poll's bound`() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await Self.withFeed(store, period: .milliseconds(50)) { feed in
                try await execute("INSERT INTO providers (slug, name) VALUES ('one', 'One')", on: url)
                try await eventually("the provider is served") { feed.snapshot.provider(slug: "one") != nil }
                try await execute("UPDATE providers SET is_active = false", on: url)
                try await eventually("the edit is served") { feed.snapshot.provider(slug: "one")?.isActive == false }
                #expect(feed.state.failure == nil && feed.snapshot.revision == 2)
            }
        }
    }

    @Test func `a writer waits for its own revision and not for the period`() async throws {
        try await MigratedDatabase.with { store, _, _ in
            try await Self.withFeed(store, period: .seconds(3_600)) { feed in
                let (_, revision) = try await store.createKey(
                    NewAPIKey(description: "mine"),
                    as: Authorship(actor: "test")
                )
                try await feed.wait(for: try #require(revision), timeout: .seconds(10))
                #expect(feed.snapshot.revision == revision)
                await #expect(throws: SnapshotFeed.NotServedInTime.self) {
                    try await feed.wait(for: 1_000, timeout: .milliseconds(50))
                }
            }
        }
    }

    @Test func `a database that goes away leaves the last snapshot in force, and its return is noticed`() async throws {
        try await withPostgres { server in
            let url = server.url
            try await withClient(of: url) { client in
                _ = try await Migrator(client: client, logger: quiet).migrate()
                try await execute("INSERT INTO providers (slug, name) VALUES ('one', 'One')", on: url)
                let store = RegistryStore(client: client)
                try await Self.withFeed(store, period: .milliseconds(100)) { feed in
                    try await eventually("the provider is served") { feed.snapshot.provider(slug: "one") != nil }
                    await server.stop()
                    try await eventually(within: .seconds(20), "the failure is known") { feed.state.failure != nil }
                    #expect(feed.snapshot.provider(slug: "one") != nil)
                    try await server.restart()
                    try await execute("UPDATE providers SET name = 'Back'", on: url)
                    try await eventually(within: .seconds(30), "the edit is served") {
                        feed.snapshot.provider(slug: "one")?.name == "Back" && feed.state.failure == nil
                    }
                }
            }
        }
    }
}
