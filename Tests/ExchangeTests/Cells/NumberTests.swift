import JSON
import Registry
import Testing

@testable import Exchange

/// Numbers as people write them: exact, or refused in words.
@Suite struct NumberTests {
    @Test func anyNumericSurvivesTheWayToAFileAndBack() throws {
        var random = Randomness(seed: Randomness.seed(for: "numerics"))
        let column = try #require(RegistryTable.models.column("pricing_prompt"))
        for _ in 0..<3_000 {
            let digits = (0..<Int.random(in: 1...80, using: &random)).map { _ in
                String(Int.random(in: 0...9, using: &random))
            }.joined()
            let spelling = digits + "e" + String(Int.random(in: -150...60, using: &random))
            let stored = try #require(try ExactDecimal(spelling).plain(mostPlaces: 400))
            for mark in CSVDialect.DecimalMark.allCases {
                let format = CellFormat(.models, decimalMark: mark)
                for scale in [CellScale.shown, .stored] {
                    let text = format.text(.string(stored), of: column, in: scale)
                    #expect(!text.lowercased().contains("e"))
                    #expect(try format.value(text, of: column, in: scale) == .string(stored), "\(text)")
                }
            }
        }
    }

    @Test(arguments: [
        ("2.5", "2.5"), ("0,15", "0.15"), ("0,125", "0.125"), ("1,5", "1.5"), ("1,2345", "1.2345"), (".5", "0.5"),
        ("1.234", "1.234"), ("1,234.5", "1234.5"), ("1.234,5", "1234.5"), ("1,234,567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("1 234", "1234"), ("1\u{A0}234,5", "1234.5"), ("1'234.5", "1234.5"), ("1.5E-07", "0.00000015"),
        ("1.234e3", "1234"),
        ("$2.50", "2.5"), ("2.50 USD", "2.5"), (" 3 ", "3"), ("\u{2212}1", "-1"), ("0", "0"), ("007", "7"),
    ])
    func aPointFile(_ cell: String, _ expected: String) throws {
        #expect(try Self.read(cell, "pricing_image", .point) == .string(expected))
    }

    @Test(arguments: [
        ("2,5", "2.5"), ("1,234", "1.234"), ("2.5", "2.5"), ("0.125", "0.125"), ("1.2345", "1.2345"),
        ("12.345,67", "12345.67"),
        ("1,234.5", "1234.5"), ("1,5E-07", "0.00000015"),
    ])
    func aCommaFile(_ cell: String, _ expected: String) throws {
        #expect(try Self.read(cell, "pricing_image", .comma) == .string(expected))
    }

    @Test(arguments: [
        ("1,234", CSVDialect.DecimalMark.point, "could be 1234 or 1.234"), ("1.234", .comma, "could be 1234 or 1,234"),
        ("12,345", .point, "Write 12345 or 12.345"), ("free", .point, "“free” is not a number"),
        ("1,23,4", .point, "not a number"),
        ("1.2.3", .point, "not a number"), ("#####", .point, "too narrow"), ("#REF!", .point, "error"),
        ("#NV", .comma, "error"),
        ("2-May", .point, "is a date"), ("02. Mai", .comma, "is a date"), ("02.05.2026", .point, "is a date"),
        ("€2.50", .point, "not in US dollars"), ("1e9999999999", .point, "too large"), ("1e500", .point, "400"),
        ("--1", .point, "not a number"), ("1e", .point, "not a number"), ("TRUE", .point, "not a number"),
        ("٣", .point, "not a number"),
    ])
    func refusedInWords(_ cell: String, _ mark: CSVDialect.DecimalMark, _ words: String) {
        let refusal = #expect(throws: CellRefusal.self) { try Self.read(cell, "pricing_image", mark) }
        #expect(refusal?.message.contains(words) == true, "\(refusal?.message ?? "")")
    }

    @Test func tokensAreWholeAndThousandsAreNotGuessed() throws {
        #expect(try Self.read("128000", "context_length", .point) == 128_000)
        #expect(try Self.read("1,048,576", "context_length", .point) == 1_048_576)
        #expect(try Self.read("1.28E+05", "context_length", .point) == 128_000)
        for mark in CSVDialect.DecimalMark.allCases {
            for cell in ["128,000", "128.000"] {
                let refusal = #expect(throws: CellRefusal.self) { try Self.read(cell, "context_length", mark) }
                #expect(refusal?.message.contains("Write 128000") == true)
            }
        }
        #expect(throws: CellRefusal.self) { try Self.read("1.5", "context_length", .point) }
    }

    @Test func pricesAreMovedToTheUnitOfTheirHeading() throws {
        let column = try #require(RegistryTable.models.column("pricing_prompt"))
        let format = CellFormat(.models)
        #expect(try format.value("2.5", of: column, in: .shown) == "0.0000025")
        #expect(try format.value("2.5E-06", of: column, in: .stored) == "0.0000025")
        #expect(format.text("0.0000025", of: column) == "2.5")
        #expect(format.text("0.0000025", of: column, in: .stored) == "0.0000025")
    }

    @Test func whatSpreadsheetsDoToDigitsIsTold() throws {
        func loss(_ cell: String, _ old: String) throws -> SpreadsheetDamage.Loss {
            SpreadsheetDamage.loss(cell, new: try ExactDecimal(cell), old: try ExactDecimal(old))
        }
        #expect(try loss("1.23457E-07", "0.000000123456789") == .shortened)
        #expect(try loss("1.5E-07", "0.00000015") == .none)
        #expect(try loss("1.5E-07", "0.0000003") == .none)
        #expect(try loss("0.0300000000000000", "0.030000000000000002") == .beyondFifteenDigits)
        #expect(try loss("0.12", "0.123456789") == .none)
        #expect(try loss("9.99999E-07", "0.00000099999949") == .shortened)
        #expect(try loss("1.00E-06", "0.00000099999949") == .shortened)
    }

    static func read(_ cell: String, _ column: String, _ mark: CSVDialect.DecimalMark) throws -> JSONValue {
        let column = try #require(RegistryTable.models.column(column))
        return try CellFormat(.models, decimalMark: mark).value(cell, of: column)
    }
}
