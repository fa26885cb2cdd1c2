import FoundationEssentials
import JSON
import Providers
import Testing

@Suite struct PriceUnitTests {
    @Test(
        arguments: [
            (.usdPerToken, "\"0.0000025\"", "0.0000025"),
            (.usdPerToken, "\"0.00000008333333333333334\"", "0.00000008333333333333334"),
            (.usdPerToken, "\"3.5e-7\"", "0.00000035"), (.usdPerToken, "\"3.5E-07\"", "0.00000035"),
            (.usdPerToken, "0.0000025", "0.0000025"), (.usdPerMillionTokens, "0.88", "0.00000088"),
            (.usdPerMillionTokens, "0.030000000000000002", "0.000000030000000000000002"),
            (.usdPerMillionTokens, "15", "0.000015"),
            (.usdPerThousandTokens, "\"0.5\"", "0.0005"), (.usdCentsPerToken, "0.0001", "0.000001"),
            (.usdCentsPerHundredMillionTokens, "12500", "0.00000125"),
            (.tenThousandthsOfUSDPerMillionTokens, "630", "0.000000063"),
            (.scaledUSDPerToken(scale: 9), "850", "0.00000085"),
            (.usdPerImage, "\"0.05\"", "0.05"), (.usdPerRequest, "1e2", "100"),
        ] as [(PriceUnit, String, String)]
    ) func movesThePointAndNothingElse(_ unit: PriceUnit, _ json: String, _ expected: String) throws {
        let reading = unit.read(try JSONValue(parsing: json.utf8), zero: .free)
        #expect(reading.amount?.description == expected)
    }

    @Test(arguments: [
        "\"-1\"", "-1", "-0.0000001", "\"-1e-9\"", "\"free\"", "\"$0.5\"", "\"1,5\"", "\"0.5 USD\"", "\"NaN\"",
        "\"Infinity\"",
        "true", "[]", "{\"amount\":1}", "\"0.123456789012345678901234567890123456789\"", "1e-140", "1e200", "\"0x10\"",
        "\" \"",
        "\"1.2.3\"", "\"--1\"",
    ]) func whatIsNoPriceIsUnknownWithAReason(_ json: String) throws {
        let reading = PriceUnit.usdPerToken.read(try JSONValue(parsing: json.utf8), zero: .free)
        guard case .unknown(let reason) = reading else {
            Issue.record("\(json) was read as \(reading)")
            return
        }
        #expect(!reason.isEmpty)
        #expect(reading.amount == nil)
    }

    @Test func nothingIsAbsent() {
        for json in [nil, JSONValue.null, .string("")] {
            #expect(PriceUnit.usdPerToken.read(json, zero: .free) == .absent)
        }
    }

    @Test func zeroMeansWhatTheProviderMeans() {
        for json: JSONValue in ["0", "0.0", "0e5", "-0", 0] {
            #expect(PriceUnit.usdPerMillionTokens.read(json, zero: .free) == .known(0))
            #expect(PriceUnit.usdPerMillionTokens.read(json, zero: .unknown).amount == nil)
        }
    }

    @Test func everyDigitOfRandomPricesIsKept() throws {
        var random = Randomness(seed: Randomness.seed(for: "everyDigitOfRandomPricesIsKept"))
        let units: [PriceUnit] = [
            .usdPerToken, .usdPerThousandTokens, .usdPerMillionTokens, .usdCentsPerToken,
            .usdCentsPerHundredMillionTokens,
        ]
        for _ in 0..<3_000 {
            let count = Int.random(in: 1...38, using: &random)
            var digits = (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            if Bool.random(using: &random) {
                let place = digits.index(digits.startIndex, offsetBy: Int.random(in: 1...count, using: &random))
                digits.insert(contentsOf: place == digits.endIndex ? ".0" : ".", at: place)
            }
            if Bool.random(using: &random) { digits += "e\(Int.random(in: -30...10, using: &random))" }
            let unit = try #require(units.randomElement(using: &random))
            let reading = unit.read(.string(digits), zero: .free)
            #expect(reading.amount?.description == plain(digits, shiftedBy: unit.shift), "\(digits) in \(unit)")
        }
    }
}
