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
}
