import FoundationEssentials
import JSON
import Testing

@Suite struct NumberTests {
    @Test(
        arguments: [
            ("0.00000008333333333333334", 8_333_333_333_333_334, -23), ("3.5e-7", 35, -8), ("3.5E-07", 35, -8),
            ("0.030000000000000002", 30_000_000_000_000_002, -18), ("-0.0", 0, 0), ("0e999999999", 0, 0), ("100", 1, 2),
            ("1.500", 15, -1), ("-2.5e+3", -25, 2), ("1e-128", 1, -128), ("1e127", 1, 127), ("12e127", 12, 127),
            ("0.1e-127", 1, -128), ("10e-129", 1, -128),
        ] as [(String, Int, Int)]
    ) func decimalIsExact(_ spelling: String, _ significand: Int, _ exponent: Int) throws {
        let number = try #require(JSONNumber(spelling: spelling))
        let decimal = try #require(number.decimal)
        // Written out by moving characters, so that no arithmetic stands behind the expectation.
        var digits = String(abs(significand))
        if exponent > 0, significand != 0 { digits += String(repeating: "0", count: exponent) }
        if exponent < 0 {
            digits = String(repeating: "0", count: max(0, 1 - exponent - digits.count)) + digits
            digits.insert(".", at: digits.index(digits.endIndex, offsetBy: exponent))
        }
        #expect(decimal.description == (significand < 0 ? "-" : "") + digits)
        #expect(number.spelling == spelling)
        #expect(JSONValue.number(number).serializedString() == spelling)
    }

    @Test func thirtyEightDigitsAreKeptAndMoreAreRefused() throws {
        let digits = "98765432109876543210987654321098765432"
        for text in [digits, "-" + digits, "0." + digits, digits + "0000", "0.000" + digits, "12345678901234567890.5"] {
            let decimal = try ExactDecimal(text).decimal()
            let sameDigits = String(decimal.description.filter { $0.isNumber }.drop { $0 == "0" })
            #expect(sameDigits == String(text.filter { $0.isNumber }.drop { $0 == "0" }))
            #expect((decimal < 0) == text.hasPrefix("-"))
        }
        #expect(throws: ExactDecimalError.tooManyDigits(39)) { try ExactDecimal(digits + "1").decimal() }
        #expect(throws: ExactDecimalError.tooManyDigits(39)) { try ExactDecimal("1." + digits).decimal() }
        #expect(JSONNumber(spelling: digits + "1")?.decimal == nil)
    }

    @Test(arguments: [
        "1e128x", "", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "0x10", " 1", "1 ", "١", "1,5", "NaN", "inf", "--1",
        "1e5.0",
    ])
    func whatIsNoNumberIsRefused(_ text: String) {
        #expect(throws: ExactDecimalError.notANumber) { try ExactDecimal(text) }
        #expect(JSONValue.string(text).decimalReadingStrings() == nil)
    }

    @Test(arguments: ["1e-129", "1e400", "1e-9999999999", "1e9999999999", "1e165", "12e128", "123e-131"])
    func whatIsOutOfRangeIsRefused(_ text: String) {
        #expect(throws: ExactDecimalError.outOfRange) { try ExactDecimal(text).decimal() }
        #expect(JSONNumber(spelling: text)?.decimal == nil)
    }

    @Test(arguments: [(".5", 5, -1), ("+2", 2, 0), ("007", 7, 0), ("5.", 5, 0)] as [(String, Int, Int)])
    func stringsMaySpellNumbersMoreFreely(_ text: String, _ significand: Int, _ exponent: Int) throws {
        #expect(
            try ExactDecimal(text).decimal()
                == Decimal(sign: .plus, exponent: exponent, significand: Decimal(significand))
        )
        #expect(JSONNumber(spelling: text) == nil)
    }

    @Test func shiftingMovesThePointOnly() throws {
        #expect(try ExactDecimal("12500").decimal(shiftedBy: -10).description == "0.00000125")
        #expect(try ExactDecimal("0.88").decimal(shiftedBy: -6).description == "0.00000088")
        #expect(
            try ExactDecimal("0.030000000000000002").decimal(shiftedBy: -6).description == "0.000000030000000000000002"
        )
        #expect(throws: ExactDecimalError.outOfRange) { try ExactDecimal("1e-125").decimal(shiftedBy: -6) }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("17", 17), ("17.0", 17), ("1e3", 1000), ("1.5e1", 15),
            ("9223372036854775807", Int64.max),
            ("-9223372036854775808", Int64.min), ("9223372036854775808", nil), ("-9223372036854775809", nil),
            ("1.5", nil),
            ("1e19", nil), ("1e-1", nil), ("123456789012345678901234567890", nil), ("1e999999999", nil),
        ] as [(String, Int64?)]
    ) func integersAreExact(_ spelling: String, _ expected: Int64?) throws {
        #expect(try #require(JSONNumber(spelling: spelling)).int64 == expected)
        #expect(JSONValue.string(spelling).int64ReadingStrings() == expected)
    }

    @Test func randomDecimalsComeBack() throws {
        var random = Randomness(seed: Randomness.seed(for: "randomDecimalsComeBack"))
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...38, using: &random)
            var digits = (0..<count).map { _ in Character(String(Int.random(in: 0...9, using: &random))) }
            digits[0] = Character(String(Int.random(in: 1...9, using: &random)))
            let places = Int.random(in: 0...(count - 1), using: &random)
            let text =
                String(digits[..<(count - places)]) + (places > 0 ? "." + String(digits[(count - places)...]) : "")
            let decimal = try ExactDecimal(text).decimal()
            var expected = text
            if places > 0 {
                while expected.last == "0" { expected.removeLast() }
                if expected.last == "." { expected.removeLast() }
            }
            #expect(decimal.description == expected)
            let number = try #require(JSONNumber(decimal))
            #expect(number.decimal == decimal)
        }
    }
}
