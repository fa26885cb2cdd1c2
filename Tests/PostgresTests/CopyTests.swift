import Postgres
import Testing

@Suite struct CopyTests {
    @Test func `a hundred thousand rows arrive as they were written`() async throws {
        try await withSharedClient { client in
            let nasty = ["", "tab\tnewline\nreturn\rback\\slash", "\\N", "ünïcödé 🦅", "quote\"'", "\\."]
            try await client.withConnection { connection in
                try await connection.script(
                    "CREATE TEMPORARY TABLE rows (n bigint, t text, b bytea, d double precision)"
                )
                let count = try await connection.copyIn(table: "rows", columns: ["n", "t", "b", "d"]) { writer in
                    for number in 0..<100_000 {
                        let text: String? = number % 7 == 6 ? nil : nasty[number % 7]
                        let bytes = [UInt8(truncatingIfNeeded: number), 0, 92]
                        try await writer.write(row: [number, text, bytes, Double(number) / 3])
                    }
                }
                #expect(count == 100_000)
                let rows = try await connection.query("SELECT n, t, b, d FROM rows ORDER BY n")
                #expect(rows.count == 100_000)
                var wrong = 0
                for (number, row) in rows.enumerated() {
                    let isRight =
                        try row.decode(Int.self, "n") == number
                        && row.decode(String?.self, "t") == (number % 7 == 6 ? nil : nasty[number % 7])
                        && row.decode([UInt8].self, "b") == [UInt8(truncatingIfNeeded: number), 0, 92]
                        && row.decode(Double.self, "d") == Double(number) / 3
                    if !isRight { wrong += 1 }
                }
                #expect(wrong == 0)
            }
        }
    }

    @Test func `a body that throws undoes its rows and leaves the connection usable`() async throws {
        struct Unwanted: Error {}
        try await withSharedClient { client in
            try await client.withConnection { connection in
                try await connection.script("CREATE TEMPORARY TABLE rows (n bigint)")
                await #expect(throws: Unwanted.self) {
                    try await connection.copyIn(table: "rows", columns: ["n"]) { writer in
                        for number in 0..<50_000 { try await writer.write(row: [number]) }
                        throw Unwanted()
                    }
                }
                #expect(try await connection.query("SELECT 1 FROM rows").isEmpty)
                try await connection.copyIn(table: "rows", columns: ["n"]) { writer in
                    try await writer.write(row: [1])
                }
                #expect(try await connection.query("SELECT 1 FROM rows").count == 1)
            }
        }
    }

    @Test func `the server's reason for refusing rows names the constraint`() async throws {
        try await withSharedClient { client in
            try await client.withConnection { connection in
                try await connection.script(
                    "CREATE TEMPORARY TABLE rows (n bigint CONSTRAINT n_is_small CHECK (n < 20000))"
                )
                let error = try await failure {
                    try await connection.copyIn(table: "rows", columns: ["n"]) { writer in
                        for number in 0..<100_000 { try await writer.write(row: [number]) }
                    }
                }
                #expect(error.code == .serverRefused)
                #expect(error.sqlState == "23514")
                #expect(error.constraint == "n_is_small")
                #expect(try await connection.query("SELECT 1 FROM rows").isEmpty)
            }
            let error = try await failure {
                try await client.withConnection { try await $0.copyIn(table: "missing", columns: ["n"]) { _ in } }
            }
            #expect(error.sqlState == "42P01")
        }
    }

    @Test func `COPY in a transaction is undone with it`() async throws {
        struct Unwanted: Error {}
        try await withSharedClient { client in
            try await client.execute("CREATE TABLE copied_in_transaction (n bigint)")
            await #expect(throws: Unwanted.self) {
                try await client.transaction { transaction in
                    try await transaction.copyIn(table: "public.copied_in_transaction", columns: ["n"]) { writer in
                        try await writer.write(row: [1])
                    }
                    throw Unwanted()
                }
            }
            #expect(try await client.query("SELECT 1 FROM copied_in_transaction").isEmpty)
        }
    }

    @Test func `what does not fit into a COPY is refused`() async throws {
        try await withSharedClient { client in
            try await client.withConnection { connection in
                try await connection.script("CREATE TEMPORARY TABLE rows (n bigint, m bigint)")
                let tooShort = try await failure {
                    try await connection.copyIn(table: "rows", columns: ["n", "m"]) { writer in
                        try await writer.write(row: [1])
                    }
                }
                #expect(tooShort.code == .misuse)
                let noCopy = try await failure { try await connection.copyIn("SELECT 1") { _ in } }
                #expect(noCopy.code == .misuse)
                let meanwhile = try await failure {
                    try await connection.copyIn(table: "rows", columns: ["n", "m"]) { _ in
                        _ = try await connection.query("SELECT 1")
                    }
                }
                #expect(meanwhile.code == .misuse)
                #expect(try await connection.query("SELECT 1").count == 1)
            }
            #expect(try await failure { try await client.query("COPY pg_class TO STDOUT") }.code == .misuse)
            let out = try await failure {
                try await client.withConnection { try await $0.query("/* */ COPY pg_class TO STDOUT") }
            }
            #expect(out.code == .misuse)
            let script = try await failure {
                try await client.withConnection { try await $0.script("COPY pg_class TO STDOUT") }
            }
            #expect(script.code == .misuse)
            #expect(try await client.query("SELECT 1").count == 1)
        }
    }

    @Test func `a cancelled COPY leaves nothing behind`() async throws {
        try await withSharedClient { client in
            try await client.execute("CREATE TABLE cancelled_copy (n bigint)")
            let task = Task {
                try await client.withConnection { connection in
                    try await connection.copyIn(table: "cancelled_copy", columns: ["n"]) { writer in
                        for number in 0... {
                            try Task.checkCancellation()
                            try await writer.write(row: [number])
                            if number == 100_000 { withUnsafeCurrentTask { $0?.cancel() } }
                        }
                    }
                }
            }
            await #expect(throws: (any Error).self) { try await task.value }
            #expect(try await client.query("SELECT 1 FROM cancelled_copy").isEmpty)
            #expect(client.status.leases == 0)
        }
    }
}
