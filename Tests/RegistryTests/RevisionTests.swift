import JSON
import NIOConcurrencyHelpers
import Postgres
import Registry
import Secrets
import TestSupport
import Testing

@Suite struct RevisionTests {
    private static let setUp: SQL = """
        INSERT INTO providers (slug, name) VALUES ('one', 'One');
        INSERT INTO models (provider_id, provider_model_id, model_name)
            SELECT 1, 'm' || i, 'Model ' || i FROM generate_series(1, 8) i
        """

    @Test func `a transaction makes one revision, and none if it changes nothing or is rolled back`() async throws {
        try await MigratedDatabase.with { _, _, url in
            try await execute(
                "BEGIN; \(Self.setUp.text); UPDATE models SET notes = 'a'; COMMIT",
                on: url
            )
            #expect(try await execute("SELECT revision FROM revision_counter", on: url) == ["1"])
            try await execute("UPDATE models SET notes = 'a'", on: url)
            try await execute("UPDATE models SET notes = 'b' WHERE false", on: url)
            try await execute("BEGIN; UPDATE models SET notes = 'c'; ROLLBACK", on: url)
            #expect(try await execute("SELECT revision FROM revision_counter", on: url) == ["1"])
            #expect(try await execute("SELECT count(*) FROM pending_change_sets", on: url) == ["0"])
        }
    }

    @Test func `a transaction that stays open delays nobody who writes other rows`() async throws {
        try await MigratedDatabase.with { _, client, url in
            try await execute("BEGIN; \(Self.setUp.text); COMMIT", on: url)
            try await client.transaction { open in
                _ = try await open.query("UPDATE models SET notes = 'open' WHERE id = 1")
                for id in 2...8 {
                    try await execute(
                        "SET statement_timeout = '5s'; UPDATE models SET notes = 'other' WHERE id = \(id)",
                        on: url
                    )
                }
                #expect(try await execute("SELECT revision FROM revision_counter", on: url) == ["8"])
            }
            #expect(
                try await execute("SELECT row_id FROM changes WHERE revision = 9", on: url) == ["1"]
            )
        }
    }

    @Test func `who, why, and what are recorded whichever tool wrote`() async throws {
        try await MigratedDatabase.with { store, _, url in
            try await execute("BEGIN; \(Self.setUp.text); COMMIT", on: url)
            let author = Authorship(actor: "key:rk_test", reason: "cheaper now")
            let (_, revision) = try await store.write(as: author) { connection in
                try await connection.query("UPDATE models SET pricing_prompt = 0.000002 WHERE id = 3")
            }
            #expect(revision == 2)
            #expect(
                try await execute(
                    """
                    SELECT actor, reason, table_name, row_id, operation, cells->'pricing_prompt', cells->'pinned'
                    FROM changes WHERE revision = 2
                    """,
                    on: url
                )
                    == [
                        #"key:rk_test|cheaper now|models|3|update|[null, 0.000002]|"#
                            + #"[["is_active", "model_name"], ["is_active", "model_name", "pricing_prompt"]]"#
                    ]
            )
            #expect(
                try await execute("SELECT actor FROM changes WHERE revision = 1 LIMIT 1", on: url) == ["sql:roster"]
            )
        }
    }

    @Test func `a row that moves to a number that another had is told apart from it`() async throws {
        try await MigratedDatabase.with { _, client, url in
            try await execute(
                """
                INSERT INTO settings (id, name, value) VALUES (2, 'a', '{}');
                UPDATE settings SET description = 'edited' WHERE id = 2;
                INSERT INTO settings (id, name, value) VALUES (3, 'b', '{}');
                """,
                on: url
            )
            // What comes to 2 would have the number of changes that what left it had.
            try await execute("UPDATE settings SET id = id - 1", on: url)
            for (back, ids) in [(Int64(0), [Int64(1), 2]), (1, [2, 3])] {
                let rows = try await client.query(
                    "SELECT id, name FROM settings_as_of((SELECT revision FROM revision_counter) - \(back)) ORDER BY id"
                )
                #expect(try rows.map { try $0.decode(Int64.self, "id") } == ids)
                #expect(try rows.map { try $0.decode(String.self, "name") } == ["a", "b"])
            }
        }
    }

    @Test func `deleting, truncating and moving an id are recorded too`() async throws {
        try await MigratedDatabase.with { _, _, url in
            try await execute("BEGIN; \(Self.setUp.text); COMMIT", on: url)
            try await execute("DELETE FROM models WHERE id = 8", on: url)
            try await execute("UPDATE models SET id = 100, notes = 'moved' WHERE id = 7", on: url)
            try await execute("TRUNCATE models", on: url)
            let changes = try await execute(
                """
                SELECT revision, operation, string_agg(row_id::text, ',' ORDER BY row_id)
                FROM changes WHERE revision > 1 GROUP BY 1, 2 ORDER BY 1, 2
                """,
                on: url
            )
            #expect(changes == ["2|delete|8", "3|delete|7", "3|insert|100", "4|delete|1,2,3,4,5,6,100"])
        }
    }

    @Test func `numbering before the end of a transaction keeps one revision`() async throws {
        try await MigratedDatabase.with { _, _, url in
            try await execute(
                """
                BEGIN; \(Self.setUp.text); SET CONSTRAINTS ALL IMMEDIATE; UPDATE models SET notes = 'later'; COMMIT
                """,
                on: url
            )
            #expect(try await execute("SELECT count(*), max(revision) FROM revisions", on: url) == ["1|1"])
            #expect(
                try await execute(
                    "SELECT count(*) FROM changes WHERE cells ? 'notes' AND operation = 'update'",
                    on: url
                )
                    == ["8"]
            )
        }
    }

    /// Many writers, some of which roll back or are killed in the middle: numbers have no gap, follow the order of
    /// commits, and replaying the changes from nothing gives the table.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func `revisions survive any interleaving, and their changes rebuild the tables`(seed: UInt64) async throws {
        try await MigratedDatabase.with { store, client, url in
            try await execute("BEGIN; \(Self.setUp.text); COMMIT", on: url)
            let seen = NIOLockedValueBox<[Int64]>([])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in UInt64(0)..<6 {
                    group.addTask {
                        var random = SplitMix(seed: seed &+ writer)
                        for _ in 0..<60 {
                            try await Self.step(&random, store, seen)
                        }
                    }
                }
                group.addTask { try await Self.expectMonotonic(store) }
                try await group.waitForAll()
            }
            let rows = try await client.query(
                "SELECT count(*) AS count, max(revision) AS last, max(committed_at) AS at FROM revisions"
            )
            let first = try #require(rows.first)
            #expect(try first.decode(Int64.self, "count") == first.decode(Int64.self, "last"), "seed \(seed)")
            #expect(
                try await execute(
                    """
                    SELECT count(*) FROM (SELECT revision, lag(committed_at) OVER (ORDER BY revision) > committed_at AS back
                    FROM revisions) r WHERE back
                    """,
                    on: url
                ) == ["0"],
                "seed \(seed)"
            )
            #expect(Set(seen.withLockedValue { $0 }).count == seen.withLockedValue { $0.count }, "seed \(seed)")
            #expect(try await Self.replayed(client) == Self.stored(client), "seed \(seed)")
        }
    }

    private struct GivenUp: Error {}

    private static func step(
        _ random: inout SplitMix,
        _ store: RegistryStore,
        _ seen: NIOLockedValueBox<[Int64]>
    ) async throws {
        let id = Int64.random(in: 1...12, using: &random)
        let note = "n\(Int.random(in: 0...3, using: &random))"
        let choice = Int.random(in: 0...9, using: &random)
        do {
            let (_, revision) = try await store.write(as: Authorship(actor: "writer")) { connection in
                switch choice {
                case 0:
                    _ = try await connection.query(
                        """
                        INSERT INTO models (id, provider_id, provider_model_id, model_name)
                        VALUES (\(id), 1, \("i\(id)"), \(note)) ON CONFLICT DO NOTHING
                        """
                    )
                case 1: _ = try await connection.query("DELETE FROM models WHERE id = \(id)")
                case 2:
                    _ = try await connection.query("UPDATE models SET notes = \(note) WHERE id = \(id)")
                    throw GivenUp()
                case 3:
                    _ = try await connection.query("UPDATE models SET notes = \(note) WHERE id = \(id)")
                    // As a crash would have it: the connection is gone in the middle of the transaction.
                    _ = try await connection.query("SELECT pg_terminate_backend(pg_backend_pid())")
                default:
                    _ = try await connection.query(
                        "UPDATE models SET notes = \(note), context_length = \(Int64(choice)) WHERE id = \(id)"
                    )
                }
            }
            if let revision { seen.withLockedValue { $0.append(revision) } }
        } catch is GivenUp {
        } catch let error as PostgresError where choice == 3 {
            #expect(error.code == .connectionLost || error.sqlState == "57P01")
        }
    }

    /// Reads over and over while others write: the number never goes back.
    private static func expectMonotonic(_ store: RegistryStore) async throws {
        var last: Int64 = 0
        for _ in 0..<100 {
            let revision = try await store.position().revision
            #expect(revision >= last)
            last = revision
        }
    }

    private static func stored(_ client: PostgresClient) async throws -> [Int64: JSONObject] {
        var stored: [Int64: JSONObject] = [:]
        for row in try await client.query("SELECT id, to_jsonb(m) - 'updated_at' AS row FROM models m") {
            let value = try JSONValue(parsing: Array(row.decode(String.self, "row").utf8))
            let present = (value.objectValue ?? [:]).filter { !$0.value.isNull }
            stored[try row.decode(Int64.self, "id")] = JSONObject(present.map { ($0.key, $0.value) })
        }
        return stored
    }

    private static func replayed(_ client: PostgresClient) async throws -> [Int64: JSONObject] {
        var replayed: [Int64: JSONObject] = [:]
        let changes = try await client.query(
            """
            SELECT row_id, operation, cells FROM changes WHERE table_name = 'models' ORDER BY revision, position
            """
        )
        for change in changes {
            let id = try change.decode(Int64.self, "row_id")
            if try change.decode(String.self, "operation") == "delete" {
                replayed[id] = nil
                continue
            }
            var row = replayed[id] ?? JSONObject()
            let cells = try JSONValue(parsing: Array(change.decode(String.self, "cells").utf8))
            for cell in cells.objectValue ?? [:] {
                let new = cell.value[1] ?? .null
                row[cell.key] = new.isNull ? nil : new
            }
            replayed[id] = row
        }
        return replayed
    }
}

/// A seeded generator (SplitMix64, Steele et al. 2014), so that a failing run can be repeated.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
