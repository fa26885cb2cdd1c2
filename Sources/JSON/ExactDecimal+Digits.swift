extension ExactDecimal {
    /// How many significant digits it has: 3 for `0.00125` and for `125000`, none for zero.
    package var significantDigits: Int { self.digits.count }

    /// Whether it is the number zero.
    package var isZero: Bool { self.digits.isEmpty }

    /// Whether it is below zero.
    package var isBelowZero: Bool { self.isNegative }

    /// The number as it looks with only so many significant digits: cut off, or rounded half away from zero, as
    /// spreadsheets do when they show or keep fewer digits than there are.
    ///
    /// - Parameters:
    ///   - count: The digits to keep, at least one.
    ///   - rounding: Whether the last one is rounded by those that follow, or these are just dropped.
    /// - Returns: The number itself where it has no more digits.
    package func keeping(_ count: Int, rounding: Bool) -> ExactDecimal {
        guard count > 0, self.digits.count > count else { return self }
        var kept = Array(self.digits[..<count])
        var exponent = self.exponent + self.digits.count - count
        if rounding, self.digits[count] >= 5 {
            var place = count - 1
            while place >= 0, kept[place] == 9 {
                kept[place] = 0
                place -= 1
            }
            if place >= 0 {
                kept[place] += 1
            } else {
                kept.insert(1, at: 0)
            }
        }
        while kept.last == 0 {
            kept.removeLast()
            exponent += 1
        }
        return ExactDecimal(isNegative: self.isNegative, digits: kept, exponent: exponent)
    }

    /// The number times a power of ten: nothing but its point moves.
    package func shifted(by places: Int) -> ExactDecimal {
        guard !self.isZero else { return self }
        return ExactDecimal(isNegative: self.isNegative, digits: self.digits, exponent: self.exponent + places)
    }
}

extension ExactDecimal {
    /// - Parameters:
    ///   - isNegative: Whether it is below zero.
    ///   - digits: Significant digits without zeros at either end; at least one.
    ///   - exponent: The power of ten of the last one.
    private init(isNegative: Bool, digits: [UInt8], exponent: Int) {
        self.isNegative = isNegative
        self.digits = digits
        self.exponent = exponent
    }
}

extension ExactDecimal: Comparable {
    /// Compares values: numbers of as many digits as one likes, and nothing is rounded for it.
    package static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
        let (leftSign, rightSign) = (left.sign, right.sign)
        guard leftSign == rightSign else { return leftSign < rightSign }
        return leftSign < 0 ? right.isSmallerInSize(than: left) : left.isSmallerInSize(than: right)
    }

    private var sign: Int { self.isZero ? 0 : self.isNegative ? -1 : 1 }

    /// Compares without regard to signs.
    private func isSmallerInSize(than other: ExactDecimal) -> Bool {
        guard !self.isZero, !other.isZero else { return self.isZero && !other.isZero }
        // Where the first digit stands decides; then the digits do, from the first on: there are no zeros at the end.
        let (first, otherFirst) = (self.digits.count + self.exponent, other.digits.count + other.exponent)
        return first == otherFirst ? self.digits.lexicographicallyPrecedes(other.digits) : first < otherFirst
    }
}
