import FoundationEssentials
import NIOConcurrencyHelpers
import Postgres
import Registry
import TestSupport
import Testing

@Suite struct LeaseTests {
    @Test func `one at a time holds a lease, and each holder's fencing token is higher`() async throws {
        try await MigratedDatabase.with { store, _, _ async throws -> Void in
            let first = try #require(try await store.acquireLease("job", holder: "a", for: .seconds(60)))
            #expect(try await store.acquireLease("job", holder: "b", for: .seconds(60)) == nil)
            #expect(try await store.acquireLease("other", holder: "b", for: .seconds(60)) != nil)
            try await store.release(first)
            let second = try #require(try await store.acquireLease("job", holder: "b", for: .seconds(60)))
            #expect(second.fencingToken > first.fencingToken)
            #expect(try await !store.renew(first, for: .seconds(60)))
            #expect(try await store.renew(second, for: .seconds(60)))
            // Who has lost it cannot give it back for the other.
            try await store.release(first)
            #expect(try await store.acquireLease("job", holder: "c", for: .seconds(60)) == nil)
        }
    }

    @Test func `a write under a lease that is another's, or nobody's, is refused at commit and leaves no gap`()
        async throws
    {
        try await MigratedDatabase.with { store, client, url in
            let stale = try #require(try await store.acquireLease("job", holder: "a", for: .seconds(60)))
            try await store.release(stale)
            func write(under lease: Lease) async throws -> Int64? {
                try await store.write(as: Authorship(actor: "test"), under: lease) { connection in
                    _ = try await connection.query(
                        "INSERT INTO settings (name, value) VALUES ('s' || \(lease.fencingToken)::text, '{}')"
                    )
                }.revision
            }
            var error = try await #require(throws: PostgresError.self) { () async throws in
                _ = try await write(under: stale)
            }
            #expect(error.message.contains("job") && error.message.contains("no longer held"))
            let current = try #require(try await store.acquireLease("job", holder: "b", for: .seconds(60)))
            error = try await #require(throws: PostgresError.self) { () async throws in
                _ = try await write(under: stale)
            }
            #expect(error.message.contains("b has it"))
            let revision = try #require(try await write(under: current))
            #expect(revision == 1)
            try await execute("INSERT INTO settings (name, value) VALUES ('free', '{}')", on: url)
            #expect(try await store.position().revision == 2)
        }
    }

    @Test func `work goes on as long as it takes, under a lease that is renewed`() async throws {
        try await MigratedDatabase.with { store, _, _ async throws -> Void in
            let span = Duration.milliseconds(600)
            let others = NIOLockedValueBox(0)
            let result = try await store.withLease("job", holder: "a", for: span) { _ in
                let end = ContinuousClock.now + span * 4
                while ContinuousClock.now < end {
                    if try await store.acquireLease("job", holder: "b", for: span) != nil {
                        others.withLockedValue { $0 += 1 }
                    }
                }
                return 7
            }
            #expect(result == 7)
            #expect(others.withLockedValue { $0 } == 0)
            // It was given back: the next has not to wait.
            #expect(try await store.acquireLease("job", holder: "b", for: span) != nil)
        }
    }

    @Test func `work whose lease was lost is cancelled`() async throws {
        try await MigratedDatabase.with { store, client, _ async throws -> Void in
            _ = await #expect(throws: LeaseLost.self) { () async throws in
                _ = try await store.withLease("job", holder: "a", for: .milliseconds(600)) { lease in
                    // Another has it: as after a pause that was too long.
                    _ = try await client.query(
                        "UPDATE leases SET fencing_token = fencing_token + 1 WHERE name = \(lease.name)"
                    )
                    try await Task.sleep(for: .seconds(60))
                }
            }
        }
    }

    @Test func `a lease is not kept by work that fails`() async throws {
        try await MigratedDatabase.with { store, _, _ async throws -> Void in
            struct Broken: Error {}
            _ = await #expect(throws: Broken.self) { () async throws in
                _ = try await store.withLease("job", holder: "a", for: .seconds(60)) { _ -> Int in throw Broken() }
            }
            #expect(try await store.acquireLease("job", holder: "b", for: .seconds(1)) != nil)
        }
    }

    /// Holders come, write, stall beyond their lease, crash and come back, with clocks that the database does not ask for.
    /// Whatever they do, the log of committed writes goes by rising fencing tokens: no stale holder's write got in.
    @Test(arguments: [UInt64.random(in: 0 ... .max)])
    func `no stale holder ever writes`(seed: UInt64) async throws {
        try await MigratedDatabase.with { store, client, _ in
            let committed = NIOLockedValueBox(0)
            let wanted = 40
            try await withThrowingDiscardingTaskGroup { group in
                for worker in 0..<4 {
                    group.addTask {
                        var random = SplitMix(seed: seed &+ UInt64(worker))
                        // Until enough got in, however slow the machine: spans grow until some are long enough.
                        for round in 0... {
                            guard committed.withLockedValue({ $0 }) < wanted else { return }
                            let span = Duration.milliseconds(Int.random(in: 5...(40 + round), using: &random))
                            guard let lease = try await store.acquireLease("job", holder: "w\(worker)", for: span)
                            else {
                                try await Task.sleep(for: .milliseconds(2))
                                continue
                            }
                            let stall = Duration.milliseconds(Int.random(in: 0...60, using: &random))
                            let crashes = Int.random(in: 0...9, using: &random) == 0
                            do {
                                _ = try await store.write(as: Authorship(actor: "w\(worker)"), under: lease) {
                                    connection in
                                    try await Task.sleep(for: stall)
                                    if crashes { throw CancellationError() }
                                    _ = try await connection.query(
                                        """
                                        INSERT INTO settings (name, value) VALUES ('current', '{}')
                                        ON CONFLICT (name) DO UPDATE SET value = jsonb_build_object('n', \(lease.fencingToken))
                                        """
                                    )
                                }
                                committed.withLockedValue { $0 += 1 }
                            } catch let error as PostgresError {
                                #expect(error.sqlState == "55000", "seed \(seed): \(error)")
                            } catch is CancellationError {
                                continue
                            }
                            if Bool.random(using: &random) { try await store.release(lease) }
                        }
                    }
                }
            }
            // The order in which the database committed them is the order of the revisions.
            let rows = try await client.query(
                """
                SELECT (c.cells -> 'value' -> 1 ->> 'n')::bigint AS token FROM changes c
                WHERE c.table_name = 'settings' AND c.cells -> 'value' -> 1 ? 'n' ORDER BY c.revision
                """
            )
            let tokens = try rows.map { try $0.decode(Int64.self, "token") }
            #expect(tokens == tokens.sorted(), "seed \(seed)")
            #expect(Set(tokens).count == tokens.count && !tokens.isEmpty, "seed \(seed)")
        }
    }
}
