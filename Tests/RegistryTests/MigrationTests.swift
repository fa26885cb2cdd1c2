import Postgres
@testable import Registry
import TestSupport
import Testing

@Suite struct MigrationTests {
    @Test func `an empty database is brought to the current schema, once`() async throws {
        try await withDatabase { url in
            try await withClient(of: url) { client async throws in
                let migrator = Migrator(client: client, logger: quiet)
                #expect(try await migrator.status().applied == 0)
                #expect(try await migrator.migrate() == Migration.all.map(\.version))
                #expect(try await migrator.migrate().isEmpty)
                #expect(try await !migrator.status().isBehind)
            }
        }
    }

    @Test func `versions are consecutive and every file is in the list`() {
        #expect(Migration.all.map(\.version) == Array(1...Int32(Migration.all.count)))
        #expect(Set(Migration.all.map(\.checksum)).count == Migration.all.count)
    }

    @Test func `of several migrators at once one does the work and the others find it done`() async throws {
        try await withDatabase { url in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await withClient(of: url) { try await Migrator(client: $0, logger: quiet).migrate().count }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(applied == Migration.all.count)
        }
    }

    @Test func `a migrator waits for another no longer than it was told, and says so`() async throws {
        try await withDatabase { url in
            try await withClient(of: url) { client in
                try await client.withConnection { holder in
                    _ = try await holder.query("SELECT pg_advisory_lock(\(Int64(0x726F_7374_6572)))")
                    let refused = await #expect(throws: Migrator.Failure.self) {
                        try await Migrator(client: client, logger: quiet).migrate(lockTimeout: .milliseconds(200))
                    }
                    #expect(refused?.description.contains("another migration") == true)
                    _ = try await holder.query("SELECT pg_advisory_unlock(\(Int64(0x726F_7374_6572)))")
                }
            }
        }
    }

    @Test func `each step is whole or absent, so that one cut short is simply run again`() async throws {
        // A table that the second step wants to make is in its way: the step fails after its first statements.
        try await withDatabase { url in
            try await execute("CREATE TABLE models (id integer)", on: url)
            try await withClient(of: url) { client in
                let migrator = Migrator(client: client, logger: quiet)
                let refused = await #expect(throws: Migrator.Failure.self) { try await migrator.migrate() }
                #expect(refused?.description.contains("migration 2 (catalogue)") == true)
                #expect(try await migrator.status().applied == 1)
                #expect(try await execute("SELECT to_regclass('providers')", on: url).joined().isEmpty)
                try await execute("DROP TABLE models", on: url)
                #expect(try await migrator.migrate().first == 2)
            }
        }
    }

    @Test func `a step that was changed after it was applied is refused`() async throws {
        try await MigratedDatabase.with { _, client, url in
            try await execute("UPDATE schema_migrations SET checksum = 'x' WHERE version = 1", on: url)
            await #expect(throws: Migrator.Failure.self) { try await Migrator(client: client, logger: quiet).status() }
        }
    }

    @Test func `a migrator that is killed in the middle of a step leaves whole steps, and the next one goes on`()
        async throws
    {
        try await withDatabase { url in
            try await withClient(of: url) { client in
                let migrator = Migrator(client: client, logger: quiet)
                _ = try await migrator.migrate(through: 5)
                // A reader that stays open keeps step 6 waiting in the middle of its statements.
                try await client.transaction { reader in
                    _ = try await reader.query("SELECT count(*) FROM api_keys")
                    let refused = await #expect(throws: Migrator.Failure.self) {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            group.addTask {
                                try await withClient(of: url) {
                                    _ = try await Migrator(client: $0, logger: quiet).migrate()
                                }
                            }
                            try await eventually("the step waits, and is killed") {
                                try await execute(
                                    """
                                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                                    """,
                                    on: url
                                ) == ["t"]
                            }
                            try await group.waitForAll()
                        }
                    }
                    #expect(refused?.description.contains("lost during migration 6 (tables)") == true)
                    #expect(refused?.description.contains("run roster migrate again") == true)
                }
                #expect(try await migrator.status().applied == 5)
                #expect(try await execute("SELECT to_regclass('settings') IS NULL", on: url) == ["t"])
                #expect(
                    try await execute("SELECT count(*) FROM pg_attribute WHERE attname = 'members_revision'", on: url)
                        == ["0"]
                )
                #expect(try await migrator.migrate() == Array(6...Migration.known))
            }
        }
    }

    @Test func `a step that waits too long for a table says for what, and leaves whole steps`() async throws {
        try await withDatabase { url in
            try await withClient(of: url) { client in
                let migrator = Migrator(client: client, logger: quiet)
                _ = try await migrator.migrate(through: 5)
                try await client.transaction { reader in
                    _ = try await reader.query("SELECT count(*) FROM api_keys")
                    let refused = await #expect(throws: Migrator.Failure.self) {
                        try await migrator.migrate(lockTimeout: .milliseconds(200))
                    }
                    #expect(
                        refused?.description.contains("migration 6 (tables) was not applied: a transaction") == true
                    )
                }
                #expect(try await migrator.status().applied == 5)
                #expect(try await migrator.migrate(lockTimeout: .seconds(20)) == Array(6...Migration.known))
            }
        }
    }

    @Test func `a database that a later release has migrated is served, until a step says that it ends this one`()
        async throws
    {
        try await MigratedDatabase.with { store, client, url in
            let migrator = Migrator(client: client, logger: quiet)
            let feed = SnapshotFeed(store: store, logger: quiet)
            let later = Migration.known + 1
            try await execute(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (\(later), 'later', 'x')",
                on: url
            )
            let ahead = try await migrator.status()
            #expect(ahead.isAhead && ahead.isServable && !ahead.isBehind)
            #expect(try await migrator.migrate().isEmpty)
            try await feed.catchUp()

            try await execute(
                "UPDATE schema_migrations SET oldest_release_step = \(later) WHERE version = \(later)",
                on: url
            )
            let outgrown = try await migrator.status()
            #expect(!outgrown.isServable)
            #expect(outgrown.refusal?.contains("releases that know step \(later) or later") == true)
            await #expect(throws: Migrator.Failure.self) { try await migrator.migrate() }
            await #expect(throws: Migrator.Outgrown.self) { try await feed.catchUp() }
            // One that ends only older releases than this leaves it alone.
            try await execute("UPDATE schema_migrations SET oldest_release_step = \(Migration.known)", on: url)
            #expect(try await migrator.status().isServable)
            try await feed.catchUp()
        }
    }

    @Test func `the table of steps of an early database says of each step that it ends no release`() async throws {
        try await withDatabase { url in
            try await withClient(of: url) { client in
                let migrator = Migrator(client: client, logger: quiet)
                _ = try await migrator.migrate(through: 3)
                // As the first release left it.
                try await execute("ALTER TABLE schema_migrations DROP COLUMN oldest_release_step", on: url)
                #expect(try await migrator.status().applied == 3)
                #expect(try await migrator.migrate().count == Migration.all.count - 3)
                #expect(
                    try await execute("SELECT sum(oldest_release_step) FROM schema_migrations", on: url)
                        == ["\(Migration.all.reduce(0) { $0 + $1.oldestRelease })"]
                )
            }
        }
    }
}
