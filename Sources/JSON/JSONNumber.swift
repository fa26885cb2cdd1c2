package import FoundationEssentials

/// A number of JSON, kept as it was spelled.
///
/// Two numbers are equal when they are spelled alike: `1.0` is not `1`. Compare ``decimal`` to compare values.
package struct JSONNumber: Sendable, Hashable, CustomStringConvertible {
    /// The characters exactly as received, for instance `3.5e-7` or `0.030000000000000002`.
    package let spelling: String

    /// For the parser, which has checked the spelling.
    init(checked spelling: String) {
        self.spelling = spelling
    }

    /// Takes a spelling over as it is, or gives nil where RFC 8259 (section 6) would not allow it: `+1`, `.5`, `01`, `1.`,
    /// `NaN`.
    package init?(spelling: String) {
        let bytes = Array(spelling.utf8)
        var reader = JSONReader()
        guard !bytes.isEmpty, reader.skipsNumber(bytes.span), reader.position == bytes.count else { return nil }
        self.spelling = spelling
    }

    /// Spells an integer.
    package init(_ integer: some BinaryInteger) {
        self.spelling = String(integer)
    }

    /// Spells a decimal with all its digits and without an exponent; nil for what is not a number.
    package init?(_ decimal: Decimal) {
        guard decimal.isFinite else { return nil }
        self.spelling = decimal.description
    }

    /// Spells the shortest digits that read back as this value; nil for infinities and what is not a number.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        self.spelling = value.description
    }

    /// The exact value, or nil where it has more than 38 significant digits or ends outside 10^-128 ... 10^127. It never
    /// passes through binary floating point.
    package var decimal: Decimal? {
        guard let exact = try? ExactDecimal(self.spelling) else { return nil }
        return try? exact.decimal()
    }

    /// The exact value where it is a 64-bit integer, or nil.
    package var int64: Int64? {
        // What almost every number of a list is: a short run of digits.
        if let plain = Int64(self.spelling) { return plain }
        return (try? ExactDecimal(self.spelling))?.int64
    }

    /// The nearest binary value; infinite beyond its range.
    package var double: Double { Double(self.spelling) ?? .nan }

    package var description: String { self.spelling }
}

extension JSONNumber: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) {
        self.init(value)
    }
}
