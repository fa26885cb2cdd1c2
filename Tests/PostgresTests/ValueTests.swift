import Foundation
import Postgres
import Testing

@Suite struct ValueTests {
    /// Sends a value as a parameter and reads it back, as itself, as `NULL` and in an array.
    private func roundTrip<Value: PostgresCodable & PostgresArrayElement & Equatable & Sendable>(
        _ values: [Value],
        as type: String,
        with client: PostgresClient
    ) async throws {
        for value in values {
            let row = try await client.query("SELECT \(value)::\(unescaped: type) AS v").only()
            #expect(try row.decode(Value.self, "v") == value, "\(type)")
            #expect(try row.decode(Value?.self, "v") == value, "\(type)")
        }
        let absent: Value? = nil
        let row = try await client.query("SELECT \(absent)::\(unescaped: type) AS v").only()
        #expect(try row.decode(Value?.self, "v") == nil)
        #expect(throws: PostgresError.self) { try row.decode(Value.self, "v") }

        let arrays = try await client.query(
            "SELECT \(values)::\(unescaped: type)[] AS v, \([Value]())::\(unescaped: type)[] AS empty"
        )
        #expect(try arrays[0].decode([Value].self, "v") == values, "\(type)[]")
        #expect(try arrays[0].decode([Value].self, "empty") == [])
        let sparse: [Value?] = [nil] + values.map { $0 } + [nil]
        let nullable = try await client.query("SELECT \(sparse)::\(unescaped: type)[] AS v").only()
        #expect(try nullable.decode([Value?].self, "v") == sparse)
        #expect(throws: PostgresError.self) { try nullable.decode([Value].self, "v") }

        // The same by COPY, whose text form has escapes of its own.
        try await client.withConnection { connection in
            try await connection.script("CREATE TEMPORARY TABLE copied (n bigint, v \(type), a \(type)[])")
            try await connection.copyIn(table: "copied", columns: ["n", "v", "a"]) { writer in
                for (number, value) in values.enumerated() { try await writer.write(row: [number, value, values]) }
            }
            let rows = try await connection.query("SELECT v, a FROM copied ORDER BY n")
            for (row, value) in zip(rows, values) {
                #expect(try row.decode(Value.self, "v") == value, "\(type) by COPY")
                #expect(try row.decode([Value].self, "a") == values, "\(type)[] by COPY")
            }
        }
    }

    @Test(arguments: [UInt64(1), 2_026]) func `every type comes back as it went`(seed: UInt64) async throws {
        try await withSharedClient { client in
            var generator = SeededGenerator(seed: seed)
            func random<Integer: FixedWidthInteger>(_: Integer.Type) -> [Integer] {
                [.min, .max, 0, 1, -1] + (0..<10).map { _ in Integer.random(in: .min ... .max, using: &generator) }
            }
            try await self.roundTrip([true, false], as: "boolean", with: client)
            try await self.roundTrip(random(Int16.self), as: "smallint", with: client)
            try await self.roundTrip(random(Int32.self), as: "integer", with: client)
            try await self.roundTrip(random(Int64.self), as: "bigint", with: client)
            try await self.roundTrip(random(Int.self), as: "bigint", with: client)
            let doubles = (0..<20).map { _ in Double(bitPattern: generator.next()) }.filter { $0.isFinite }
            let extremes = [
                0, -0.0, .greatestFiniteMagnitude, .leastNormalMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity,
                0.1,
            ]
            try await self.roundTrip(extremes + doubles, as: "double precision", with: client)
            let letters = "aZ09 \"\\{},'\t\n\r\u{1}ßé🦅\u{301}%$1-NULL"
            let texts = (0..<20).map { _ in
                String(
                    (0..<Int.random(in: 0...30, using: &generator)).compactMap { _ in
                        letters.randomElement(using: &generator)
                    }
                )
            }
            try await self.roundTrip(
                ["", "NULL", "null", "\\N", "\"", "\\", "{}", ","] + texts,
                as: "text",
                with: client
            )
            let uuids = (0..<5).map { _ in
                UUID(
                    uuid: (
                        1, 2, 3, UInt8.random(in: 0...255, using: &generator), 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
                        UInt8.random(in: 0...255, using: &generator), 255
                    )
                )
            }
            try await self.roundTrip(uuids, as: "uuid", with: client)
            let blobs = (0..<10).map { _ in
                (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
                }
            }
            try await self.roundTrip([[], [0], [92, 120], Array(0...255)] + blobs, as: "bytea", with: client)
            let times = (0..<20).map { _ in
                PostgresTimestamp(
                    microsecondsSince2000: Int64.random(
                        in: -63_113_904_000_000_000...9_223_371_331_199_999_999,
                        using: &generator
                    )
                )
            }
            let ends = [-211_813_488_000_000_000, -1, 0, 1, 9_223_371_331_199_999_999].map {
                PostgresTimestamp(microsecondsSince2000: $0)
            }
            try await self.roundTrip(ends + times + [.infinity, .negativeInfinity], as: "timestamptz", with: client)
            let dates = (0..<20).map { _ in
                Date(
                    timeIntervalSince1970: Double(Int64.random(in: 0...4_000_000_000_000_000, using: &generator))
                        / 1_000_000
                )
            }
            for date in dates {
                let found = try await client.query("SELECT \(date) AS v").only().decode(Date.self, "v")
                #expect(abs(found.timeIntervalSince(date)) < 0.000_000_6)
                #expect(try PostgresTimestamp(found) == PostgresTimestamp(date))
            }
            let json = ["{\"a\": [1, 2, {\"b\": null}]}", "\"te\\\"xt\"", "[]", "12"].map {
                PostgresJSON(bytes: Array($0.utf8))
            }
            try await self.roundTrip(json, as: "jsonb", with: client)
        }
    }

    @Test func `numeric is exact or an error`() async throws {
        try await withSharedClient { client in
            var generator = SeededGenerator(seed: 7)
            var decimals: [Decimal] = []
            for _ in 0..<60 {
                let digits = (0..<Int.random(in: 1...38, using: &generator)).map { _ in
                    Character("\(Int.random(in: 0...9, using: &generator))")
                }
                // Zeros on the outer side only: between digits they would count as digits.
                let zeros = String(repeating: "0", count: Int.random(in: 0...60, using: &generator))
                let point = Int.random(in: 0...digits.count, using: &generator)
                var text = String(digits)
                switch point {
                case 0: text = "0." + zeros + text
                case digits.count: text += zeros
                default: text.insert(".", at: text.index(text.startIndex, offsetBy: point))
                }
                if Bool.random(using: &generator) { text = "-" + text }
                let row = try await client.query(
                    "SELECT \(text)::numeric AS v, trim_scale(\(text)::numeric)::text AS t"
                ).only()
                let decimal = try row.decode(Decimal.self, "v")
                // What was decoded, sent back, is the same number to the server.
                let same = try await client.query("SELECT \(decimal) = \(text)::numeric AS same").only()
                #expect(try same.decode(Bool.self, "same"), "\(text)")
                decimals.append(decimal)
            }
            let largest = try #require(Decimal(string: "99999999999999999999999999999999999999"))
            let smallest = Decimal(sign: .plus, exponent: -127, significand: 1)
            try await self.roundTrip(
                decimals + [
                    0, 1, -1, largest, -largest, smallest, largest * smallest,
                    Decimal(sign: .plus, exponent: 127, significand: 1),
                ],
                as: "numeric",
                with: client
            )
            for tooMuch in ["1e128", "1e-128", "123456789012345678901234567890123456789", "NaN", "Infinity"] {
                let row = try await client.query("SELECT \(tooMuch)::numeric AS v").only()
                let error = try await failure { try row.decode(Decimal.self, "v") }
                #expect(error.code == .decoding)
                #expect(error.column == "v")
                #expect(error.message.contains("numeric") && error.message.contains("Decimal"))
                #expect(!error.message.contains(tooMuch))
            }
            let nan = try await failure { try await client.query("SELECT \(Decimal.nan)") }
            #expect(nan.code == .encoding)
            #expect(nan.statement == "SELECT $1")
        }
    }

    @Test func `NaN comes back as NaN`() async throws {
        try await withSharedClient { client in
            let row = try await client.query("SELECT \(Double.nan) AS v").only()
            #expect(try row.decode(Double.self, "v").isNaN)
        }
    }

    @Test func `times in any zone are the same point in time`() async throws {
        try await withSharedClient { client in
            try await client.withConnection { connection in
                let time = PostgresTimestamp(microsecondsSince2000: 846_312_582_000_001)
                for zone in ["UTC", "Asia/Kathmandu", "America/St_Johns", "Africa/Monrovia", "Europe/Berlin"] {
                    try await connection.execute("SELECT set_config('TimeZone', \(zone), false)")
                    for year in ["0044-03-15 12:00:00.5 BC", "1850-01-01 00:00:00", "2026-06-01 01:02:03.000004"] {
                        let row = try await connection.query(
                            """
                            SELECT \(time) AS t, \(year)::timestamptz AS y,
                                   (extract(epoch FROM \(year)::timestamptz) * 1000000)::bigint - 946684800000000 AS n
                            """
                        ).only()
                        #expect(try row.decode(PostgresTimestamp.self, "t") == time)
                        #expect(
                            try row.decode(PostgresTimestamp.self, "y").microsecondsSince2000
                                == row.decode(Int64.self, "n"),
                            "\(year) in \(zone)"
                        )
                    }
                }
            }
            let row = try await client.query("SELECT now()::timestamp AS t, 'infinity'::timestamptz AS i").only()
            #expect(throws: PostgresError.self) { try row.decode(PostgresTimestamp.self, "t") }
            #expect(throws: PostgresError.self) { try row.decode(Date.self, "i") }
        }
    }

    @Test func `a cell that does not fit is an error that names it`() async throws {
        try await withSharedClient { client in
            let rows = try await client.query(
                "SELECT 40000 AS big, 'x' AS word, NULL AS nothing, 1 AS twice, 2 AS twice, '{{1},{2}}'::int[] AS square"
            )
            let row = try rows.only()
            for (column, attempt) in [
                ("big", { (row: PostgresRow) in _ = try row.decode(Int16.self, "big") }),
                ("word", { row in _ = try row.decode(Int.self, "word") }),
                ("word", { row in _ = try row.decode(Bool.self, "word") }),
                ("word", { row in _ = try row.decode(UUID.self, "word") }),
                ("nothing", { row in _ = try row.decode(String.self, "nothing") }),
                ("twice", { row in _ = try row.decode(Int.self, "twice") }),
                ("missing", { row in _ = try row.decode(Int.self, "missing") }),
                ("square", { row in _ = try row.decode([Int].self, "square") }),
            ] {
                let error = try await failure { try attempt(row) }
                #expect(error.code == .decoding)
                #expect(error.column == column)
                #expect(error.message.contains("“\(column)”"))
                #expect(error.statement?.hasPrefix("SELECT 40000") == true)
            }
        }
    }

    @Test func `interpolations become parameters, fragments are spliced and names quoted`() throws {
        let filter: SQL = "a = \(1) AND b = \("x")"
        let names = SQL.joined(["plain", "Wei\"rd", "\"\u{301}"].map { SQL.identifier($0) }, separator: ", ")
        let statement: SQL = "SELECT \(names) FROM \(unescaped: "t") WHERE c = \(true) AND (\(filter)) AND d = \(2)"
        #expect(
            statement.text
                == "SELECT \"plain\", \"Wei\"\"rd\", \"\"\"\u{301}\" FROM t WHERE c = $1 AND (a = $2 AND b = $3) AND d = $4"
        )
    }

    @Test func `values of parameters do what they say, whatever they contain`() async throws {
        try await withSharedClient { client in
            let evil = "'; DROP TABLE x; -- $1 \\"
            let filter: SQL = "\(evil) = \(evil)"
            let row = try await client.query("SELECT \(7) AS n, (\(filter)) AS same, \(8) AS m").only()
            #expect(try row.decode(Bool.self, "same"))
            #expect(try row.decode(Int.self, "n") == 7)
            #expect(try row.decode(Int.self, "m") == 8)
            let error = try await failure { try await client.query("SELECT \("nul\0l")") }
            #expect(error.code == .encoding)
        }
    }
}
