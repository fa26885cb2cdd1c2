import Postgres
import Testing

@Suite struct PreparedStatementTests {
    @Test func `a prepared statement survives a change of its columns`() async throws {
        try await withSharedClient({ $0.poolSize = 1 }) { client in
            try await client.execute("CREATE TABLE growing (a bigint)")
            try await client.execute("INSERT INTO growing VALUES (1)")
            for column in ["b", "c", "d"] {
                #expect(try await client.query("SELECT * FROM growing").only().count > 0)
                try await client.execute("ALTER TABLE growing ADD COLUMN \(SQL.identifier(column)) bigint DEFAULT 2")
                // Several at once: all of them meet the stale plan.
                try await withThrowingTaskGroup(of: [String].self) { group in
                    for _ in 0..<20 {
                        group.addTask { try await client.query("SELECT * FROM growing").columnNames }
                    }
                    for try await names in group { #expect(names.last == column) }
                }
            }
        }
    }

    @Test func `one that the server has forgotten is prepared anew`() async throws {
        try await withSharedClient { client in
            try await client.withConnection { connection in
                let statement: SQL = "SELECT \(1) AS one"
                #expect(try await connection.query(statement).count == 1)
                try await connection.execute("DEALLOCATE ALL")
                #expect(try await connection.query(statement).count == 1)
                #expect(try await connection.query(statement).count == 1)
                // In a transaction the failure has undone it already: it is reported, and does not come again.
                try await connection.execute("DEALLOCATE ALL")
                let error = try await failure {
                    try await connection.transaction { try await $0.query(statement) }
                }
                #expect(error.sqlState == "26000")
                #expect(try await connection.transaction { try await $0.query(statement).count } == 1)
            }
        }
    }

    @Test func `the least recently used make room`() async throws {
        func names(_ connection: PostgresConnection) async throws -> [String] {
            let statement: SQL = "SELECT statement FROM pg_prepared_statements ORDER BY statement"
            return try await connection.query(statement.unprepared()).map { row throws(PostgresError) in
                try row.decode(String.self, "statement")
            }
        }
        try await withSharedClient({ $0.maximumPreparedStatements = 3 }) { client in
            try await client.withConnection { connection in
                for number in 0..<10 {
                    _ = try await connection.query("SELECT 'kept'")
                    _ = try await connection.query("SELECT \(unescaped: "\(number)")")
                }
                #expect(try await names(connection) == ["SELECT 'kept'", "SELECT 8", "SELECT 9"])
            }
        }
        try await withSharedClient({ $0.preparesStatements = false }) { client in
            try await client.withConnection { connection in
                let rows = try await connection.query("SELECT \(1)")
                #expect(rows.count == 1)
                let prepared = try await names(connection)
                #expect(prepared == [])
            }
        }
    }

    @Test func `a statement that cannot be prepared fails alone, and for everyone who sends it`() async throws {
        try await withSharedClient({ $0.poolSize = 1 }) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        if number % 3 == 0 {
                            let error = try await failure { try await client.query("SELEKT \(number)") }
                            #expect(error.sqlState == "42601")
                            #expect(error.statement == "SELEKT $1")
                        } else {
                            let row = try await client.query("SELECT \(number) AS n").only()
                            #expect(try row.decode(Int.self, "n") == number)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
