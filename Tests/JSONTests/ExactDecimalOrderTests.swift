import FoundationEssentials
import JSON
import Testing

/// Exact numbers compare, shift and lose digits as numbers do.
@Suite struct ExactDecimalOrderTests {
    @Test func comparingAndShiftingAgreeWithDecimal() throws {
        var random = Randomness(seed: Randomness.seed(for: "exact order"))
        func number() throws -> ExactDecimal {
            let digits = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                String(Int.random(in: 0...9, using: &random))
            }.joined()
            let sign = Bool.random(using: &random) ? "-" : ""
            return try ExactDecimal("\(sign)\(digits)e\(Int.random(in: -8...8, using: &random))")
        }
        for _ in 0..<5_000 {
            let (left, right) = (try number(), try number())
            let (leftDecimal, rightDecimal) = (try left.decimal(), try right.decimal())
            #expect((left < right) == (leftDecimal < rightDecimal))
            #expect((left == right) == (leftDecimal == rightDecimal))
            let places = Int.random(in: -9...9, using: &random)
            #expect(try left.shifted(by: places).decimal() == left.decimal(shiftedBy: places))
        }
    }

    @Test(arguments: [
        ("0.0999996", 3, true, "0.1"), ("0.0999996", 3, false, "0.0999"), ("-1250", 2, true, "-1300"),
        ("999", 1, true, "1000"),
        ("1.25", 2, true, "1.3"), ("1.2", 5, true, "1.2"), ("100", 1, true, "100"), ("0", 1, true, "0"),
    ])
    func keepingDigits(_ spelling: String, _ count: Int, _ rounding: Bool, _ expected: String) throws {
        #expect(try ExactDecimal(spelling).keeping(count, rounding: rounding) == ExactDecimal(expected))
    }
}
