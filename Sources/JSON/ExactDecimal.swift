package import FoundationEssentials

/// Why the spelling of a number gives no exact `Decimal`.
package enum ExactDecimalError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The characters are not a decimal number.
    case notANumber
    /// It has more significant digits than the 38 that a `Decimal` always holds.
    case tooManyDigits(Int)
    /// Its last significant digit is below 10^-128 or above 10^127.
    case outOfRange

    package var description: String {
        switch self {
        case .notANumber: "it is not a number"
        case .tooManyDigits(let count): "it has \(count) significant digits, and 38 can be kept exactly"
        case .outOfRange: "it is too large or too small to be kept exactly"
        }
    }
}

/// The digits of a number as they were spelled: (−1)^negative × digits × 10^exponent.
///
/// Nothing here goes through binary floating point and nothing is rounded; `Decimal(string:)` is not used because it
/// ignores what it does not understand ("1.5x" is 1.5 to it).
package struct ExactDecimal: Sendable, Hashable {
    let isNegative: Bool

    /// Significant digits, most significant first, without zeros at either end; empty for zero.
    let digits: [UInt8]

    /// The power of ten of the last digit; 0 for zero.
    let exponent: Int

    /// A `Decimal` holds every number of this many digits.
    static let mostDigits = 38

    /// Reads a spelling: an optional sign, digits with an optional point, an optional exponent. White space around it is
    /// not accepted.
    ///
    /// - Parameter spelling: the characters, for instance `3.5e-7`, `0.030000000000000002`, `+.5`.
    /// - Throws: ``ExactDecimalError/notANumber`` for anything else, ``ExactDecimalError/outOfRange`` where the exponent
    ///   does not fit 9 digits.
    package init(_ spelling: some StringProtocol) throws(ExactDecimalError) {
        var digits: [UInt8] = []
        var isNegative = false
        var exponent = 0
        var sawDigit = false
        var afterPoint = false
        var written: Int?
        let units = Array(spelling.utf8)
        var index = 0
        if index < units.count, units[index] == UInt8(ascii: "-") || units[index] == UInt8(ascii: "+") {
            isNegative = units[index] == UInt8(ascii: "-")
            index += 1
        }
        scan: while index < units.count {
            let unit = units[index]
            index += 1
            switch unit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                sawDigit = true
                if afterPoint { exponent -= 1 }
                if !digits.isEmpty || unit != UInt8(ascii: "0") { digits.append(unit - UInt8(ascii: "0")) }
            case UInt8(ascii: ".") where !afterPoint:
                afterPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                written = try Self.exponent(units[index...])
                break scan
            default:
                throw .notANumber
            }
        }
        guard sawDigit else { throw .notANumber }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        self.isNegative = isNegative && !digits.isEmpty
        self.digits = digits
        self.exponent = digits.isEmpty ? 0 : exponent + (written ?? 0)
    }

    private static func exponent(_ units: ArraySlice<UInt8>) throws(ExactDecimalError) -> Int {
        var rest = units
        var sign = 1
        if let first = rest.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            rest = rest.dropFirst()
        }
        guard !rest.isEmpty, rest.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw .notANumber
        }
        let significant = rest.drop { $0 == UInt8(ascii: "0") }
        guard significant.count <= 9 else { throw .outOfRange }
        return sign * significant.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// Multiplies the number by a power of ten, which moves its point and nothing else.
    ///
    /// - Parameter places: how far the point moves to the right; a price per million tokens becomes one per token at −6.
    /// - Returns: the product, equal to the last digit.
    /// - Throws: ``ExactDecimalError/tooManyDigits(_:)`` or ``ExactDecimalError/outOfRange``, never a rounded number.
    package func decimal(shiftedBy places: Int = 0) throws(ExactDecimalError) -> Decimal {
        guard !self.digits.isEmpty else { return 0 }
        guard self.digits.count <= Self.mostDigits else { throw .tooManyDigits(self.digits.count) }
        let power = self.exponent + places
        guard (-128...127).contains(power) else { throw .outOfRange }
        // Nineteen digits fit 64 bits, so that two halves hold all of them.
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, digit) in self.digits.enumerated() {
            if self.digits.count - index > 19 {
                high = high * 10 + UInt64(digit)
            } else {
                low = low * 10 + UInt64(digit)
            }
        }
        var significand = Decimal(low)
        if high > 0 { significand += Decimal(sign: .plus, exponent: 19, significand: Decimal(high)) }
        return Decimal(sign: self.isNegative ? .minus : .plus, exponent: power, significand: significand)
    }

    /// The number as a 64-bit integer, where it is one (`1e3` and `17.0` are), or nil.
    package var int64: Int64? {
        guard !self.digits.isEmpty else { return 0 }
        guard self.exponent >= 0, self.digits.count + self.exponent <= 19 else { return nil }
        var magnitude: UInt64 = 0
        for digit in self.digits { magnitude = magnitude * 10 + UInt64(digit) }
        for _ in 0..<self.exponent { magnitude *= 10 }
        return self.isNegative ? Int64(exactly: -Int128(magnitude)) : Int64(exactly: magnitude)
    }

    /// Writes the number out without an exponent and without zeros that say nothing: `0.0000025`, `-1200`.
    ///
    /// - Parameters:
    ///   - places: How far the point moves to the right first; a price per token becomes one per million at 6.
    ///   - mostPlaces: The most digits that may stand on either side of the point.
    /// - Returns: Every digit; nil if it would take more.
    package func plain(shiftedBy places: Int = 0, mostPlaces: Int) -> String? {
        guard !self.digits.isEmpty else { return "0" }
        // The exponent has at most nine digits, so that none of this overflows.
        let power = self.exponent + places
        let whole = self.digits.count + power
        guard whole <= mostPlaces, -power <= mostPlaces else { return nil }
        var text: [UInt8] = self.isNegative ? [UInt8(ascii: "-")] : []
        let spelled = self.digits.map { $0 + UInt8(ascii: "0") }
        if whole <= 0 {
            text +=
                [UInt8(ascii: "0"), UInt8(ascii: ".")] + Array(repeating: UInt8(ascii: "0"), count: -whole) + spelled
        } else if power >= 0 {
            text += spelled + Array(repeating: UInt8(ascii: "0"), count: power)
        } else {
            text += spelled[..<whole] + [UInt8(ascii: ".")] + spelled[whole...]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
