public import FoundationEssentials

extension Bool: PostgresEncodable, PostgresDecodable {
    /// `boolean`.
    public static var postgresType: PostgresType { .bool }

    /// `t` or `f`.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { PostgresValue(type: .bool, content: .text(self ? "t" : "f")) }
    }

    /// `t` or `f`.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> Bool? {
        guard text.count == 1 else { return nil }
        switch text[0] {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: return nil
        }
    }
}

extension PostgresEncodable where Self: FixedWidthInteger {
    /// The digits.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { PostgresValue(type: Self.postgresType, content: .text(String(self))) }
    }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// The digits, if they fit.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> Self? {
        guard let first = text.indices.first else { return nil }
        let isNegative = text[first] == UInt8(ascii: "-")
        guard text.count > (isNegative ? 1 : 0) else { return nil }
        var value: Self = 0
        for index in (isNegative ? 1 : 0)..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let shifted = value.multipliedReportingOverflow(by: 10)
            // Downwards for negative numbers, because the least one has no positive counterpart.
            let next =
                isNegative
                ? shifted.partialValue.subtractingReportingOverflow(Self(digit))
                : shifted.partialValue.addingReportingOverflow(Self(digit))
            guard !shifted.overflow, !next.overflow else { return nil }
            value = next.partialValue
        }
        return value
    }
}

extension Int: PostgresEncodable, PostgresDecodable {
    /// `bigint`.
    public static var postgresType: PostgresType { .int8 }
}

extension Int64: PostgresEncodable, PostgresDecodable {
    /// `bigint`.
    public static var postgresType: PostgresType { .int8 }
}

extension Int32: PostgresEncodable, PostgresDecodable {
    /// `integer`.
    public static var postgresType: PostgresType { .int4 }
}

extension Int16: PostgresEncodable, PostgresDecodable {
    /// `smallint`.
    public static var postgresType: PostgresType { .int2 }
}

extension Double: PostgresEncodable, PostgresDecodable {
    /// `double precision`.
    public static var postgresType: PostgresType { .float8 }

    /// The shortest digits that give the same number, or `NaN`, `Infinity`, `-Infinity`.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) {
            let text = self.isNaN ? "NaN" : self.isInfinite ? (self < 0 ? "-Infinity" : "Infinity") : "\(self)"
            return PostgresValue(type: .float8, content: .text(text))
        }
    }

    /// Any of PostgreSQL's numbers; `numeric` and `real` too, rounded to the nearest.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> Double? {
        String.decode(text, type: type).flatMap { Double($0) }
    }
}

extension Decimal: PostgresEncodable, PostgresDecodable {
    /// `numeric`.
    public static var postgresType: PostgresType { .numeric }

    /// The exact digits.
    ///
    /// - Throws: ``PostgresError`` for NaN: an unknown amount is `NULL`, never NaN.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) {
            guard !self.isNaN else {
                throw PostgresError(.encoding, "NaN is no amount; store NULL for an unknown one")
            }
            return PostgresValue(type: .numeric, content: .text(self.description))
        }
    }

    /// The exact number, if its digits fit into 38 and its scale into 127: never a rounded one, and never NaN.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> Decimal? {
        guard let digits = DecimalDigits(text) else { return nil }
        // Two factors below 10^19, because a Decimal is made from at most 64 bits at once.
        let base: UInt128 = 10_000_000_000_000_000_000
        var significand = Decimal(UInt64(digits.significand % base))
        if digits.significand >= base {
            significand += Decimal(UInt64(digits.significand / base)) * Decimal(UInt64(base))
        }
        let sign: FloatingPointSign = digits.isNegative && significand != 0 ? .minus : .plus
        return Decimal(sign: sign, exponent: digits.exponent, significand: significand)
    }
}

/// A decimal number taken apart: `significand × 10^exponent`, without trailing zeros.
private struct DecimalDigits {
    var isNegative = false
    var significand: UInt128 = 0
    var exponent = 0

    init?(_ text: Span<UInt8>) {
        var hasDigits = false
        var isFraction = false
        // Zeros are held back until another digit follows, so that they neither fill the significand nor are lost.
        var zeros = 0
        var digits = 0
        for index in text.indices {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "-") where index == 0:
                self.isNegative = true
            case UInt8(ascii: ".") where !isFraction:
                isFraction = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                hasDigits = true
                if isFraction { self.exponent -= 1 }
                guard byte != UInt8(ascii: "0") else {
                    zeros += 1
                    continue
                }
                if self.significand == 0 { zeros = 0 }
                digits += zeros + 1
                guard digits <= 38 else { return nil }
                for _ in 0..<(zeros + 1) { self.significand *= 10 }
                self.significand += UInt128(byte - UInt8(ascii: "0"))
                zeros = 0
            default:
                return nil
            }
        }
        guard hasDigits else { return nil }
        self.exponent = self.significand == 0 ? 0 : self.exponent + zeros
        guard (-127...127).contains(self.exponent) else { return nil }
    }
}
