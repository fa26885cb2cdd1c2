import Postgres
import Testing

@Suite struct StatementTests {
    @Test func `a statement answers with its rows`() async throws {
        try await withSharedClient { client in
            let rows = try await client.query("SELECT n, n::text AS name FROM generate_series(1, \(3)) AS n")
            #expect(rows.count == 3)
            #expect(rows.columnNames == ["n", "name"])
            #expect(try rows.map { row throws(PostgresError) in try row.decode(Int64.self, "n") } == [1, 2, 3])
            #expect(try rows[2]["name", as: String.self] == "3")
        }
    }

    @Test func `ten thousand concurrent statements each get their own answer`() async throws {
        try await withSharedClient({ $0.maximumWaiters = 10_000 }) { client in
            let answers = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for number in 0..<10_000 {
                    group.addTask {
                        do {
                            let rows = try await client.query("SELECT 1000 / (\(number) % 100) + \(number) AS n")
                            return (number, try rows.only().decode(Int.self, "n"))
                        } catch let error as PostgresError {
                            #expect(error.sqlState == "22012")
                            #expect(error.code == .serverRefused)
                            #expect(!error.mayHaveBeenExecuted)
                            return (number, -1)
                        }
                    }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1.0] = $1.1 }
            }
            for number in 0..<10_000 {
                #expect(answers[number] == (number % 100 == 0 ? -1 : 1_000 / (number % 100) + number))
            }
            #expect(client.status.statementsUnderWay == 0)
        }
    }

    @Test func `transactions commit and roll back`() async throws {
        try await withSharedClient { client in
            try await client.execute("CREATE TABLE IF NOT EXISTS transactions (name text)")
            struct Unwanted: Error {}
            try await client.transaction { transaction in
                try await transaction.execute("INSERT INTO transactions VALUES (\("kept"))")
            }
            await #expect(throws: Unwanted.self) {
                try await client.transaction { transaction in
                    try await transaction.execute("INSERT INTO transactions VALUES (\("dropped"))")
                    throw Unwanted()
                }
            }
            let rows = try await client.query("SELECT name FROM transactions")
            #expect(try rows.map { row throws(PostgresError) in try row.decode(String.self, "name") } == ["kept"])
        }
    }
}
