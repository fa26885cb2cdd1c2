import JSON

/// Numbers as people and spreadsheets write them: which mark begins the decimals, and what only separates thousands.
///
/// Where both readings are possible, as in `1,234`, neither is taken: a price that is wrong by a thousand is worse than a
/// question.
enum NumberText {
    /// Spaces (also those that do not break, or are thin) and the Swiss apostrophe never begin decimals.
    private static let blanks: Set<Character> = [" ", "\u{A0}", "\u{202F}", "\u{2009}", "'", "\u{2019}"]

    /// Reads a number.
    ///
    /// - Parameters:
    ///   - text: What is in the cell, without white space at its ends.
    ///   - mark: What begins decimals in this file.
    ///   - isWhole: Whether it is a number of tokens or the like, in which three digits after a mark are thousands rather
    ///     than thousandths.
    /// - Returns: The exact number.
    /// - Throws: `CellRefusal` for what is no number, and for what may be two.
    static func read(_ text: String, mark: CSVDialect.DecimalMark, isWhole: Bool) throws(CellRefusal) -> ExactDecimal {
        guard let first = text.first, first.isNumber || ["-", "\u{2212}", "+", ".", ","].contains(first) else {
            throw CellRefusal(Self.noNumber(text))
        }
        let (mantissa, exponent) = Self.split(text)
        let (sign, digits) = Self.split(sign: mantissa)
        let plain = try Self.withoutThousands(digits, mark: mark, isWhole: isWhole, isExact: exponent != nil)
        do {
            return try ExactDecimal(sign + plain + (exponent.map { "e" + $0 } ?? ""))
        } catch {
            throw CellRefusal(
                error == .outOfRange ? "“\(text.prefix(80))” is too large or too small." : Self.noNumber(text)
            )
        }
    }

    private static func noNumber(_ text: some StringProtocol) -> String { "“\(text.prefix(80))” is not a number." }

    /// Mantissa and exponent of `1.5E-07`.
    private static func split(_ text: String) -> (mantissa: Substring, exponent: Substring?) {
        guard let place = text.firstIndex(where: { $0 == "e" || $0 == "E" }) else { return (text[...], nil) }
        return (text[..<place], text[text.index(after: place)...])
    }

    /// The sign, which may be a typographer's minus.
    private static func split(sign text: Substring) -> (sign: String, digits: Substring) {
        switch text.first {
        case "-", "\u{2212}": ("-", text.dropFirst())
        case "+": ("", text.dropFirst())
        default: ("", text)
        }
    }

    /// The digits with a point before the decimals, and without what only made them easier to read.
    private static func withoutThousands(
        _ text: Substring,
        mark: CSVDialect.DecimalMark,
        isWhole: Bool,
        isExact: Bool
    ) throws(CellRefusal) -> String {
        let allowed: (Character) -> Bool = { $0.isASCII && $0.isWholeNumber || $0 == "." || $0 == "," }
        guard text.allSatisfy({ allowed($0) || self.blanks.contains($0) }) else {
            throw CellRefusal(self.noNumber(text))
        }
        let points = text.count { $0 == "." }
        let commas = text.count { $0 == "," }
        let grouping = Set(text.filter { self.blanks.contains($0) })
        guard grouping.count <= 1 else { throw CellRefusal(self.noNumber(text)) }

        if let blank = grouping.first {
            guard points + commas <= 1 else { throw CellRefusal(self.noNumber(text)) }
            return try self.joined(text, grouped: blank, decimals: points == 1 ? "." : commas == 1 ? "," : nil)
        }
        switch (points, commas) {
        case (0, 0):
            return String(text)
        case (1, 0), (0, 1):
            let used: Character = points == 1 ? "." : ","
            guard isExact || !self.isAmbiguous(text, used, isOfTheFile: used == mark.rawValue, isWhole: isWhole) else {
                throw CellRefusal(self.ambiguity(text, used, mark: mark, isWhole: isWhole))
            }
            return String(text).replacing(String(used), with: ".")
        case (0, _), (_, 0):
            return try self.joined(text, grouped: points > 0 ? "." : ",", decimals: nil)
        default:
            // The last of two kinds begins the decimals, and stands once.
            let decimals: Character = text.last { $0 == "." || $0 == "," } ?? "."
            guard (decimals == "." ? points : commas) == 1 else { throw CellRefusal(self.noNumber(text)) }
            return try self.joined(text, grouped: decimals == "." ? "," : ".", decimals: decimals)
        }
    }

    /// Joins groups of three digits; the first may be shorter.
    private static func joined(
        _ text: Substring,
        grouped separator: Character,
        decimals: Character?
    ) throws(CellRefusal) -> String {
        let parts = decimals.map { text.split(separator: $0, omittingEmptySubsequences: false) } ?? [text]
        let groups = parts[0].split(separator: separator, omittingEmptySubsequences: false)
        guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 }),
            parts.dropFirst().allSatisfy({ !$0.contains(separator) })
        else { throw CellRefusal(self.noNumber(text)) }
        return ([groups.joined()] + parts.dropFirst().map { String($0) }).joined(separator: ".")
    }

    /// Whether a single mark may begin decimals or separate thousands: `1,234`, but not `0,125`, `12,5` or `1,2345`.
    private static func isAmbiguous(_ text: Substring, _ used: Character, isOfTheFile: Bool, isWhole: Bool) -> Bool {
        guard isWhole || !isOfTheFile else { return false }
        let parts = text.split(separator: used, omittingEmptySubsequences: false)
        return parts[1].count == 3 && (1...3).contains(parts[0].count) && parts[0].first != "0"
    }

    private static func ambiguity(
        _ text: Substring,
        _ used: Character,
        mark: CSVDialect.DecimalMark,
        isWhole: Bool
    ) -> String {
        let large = text.filter { $0 != used }
        let small = String(text).replacing(String(used), with: String(mark.rawValue))
        return isWhole
            ? "“\(text)” could be \(large) or \(small). Write \(large) without a separator of thousands."
            : "“\(text)” could be \(large) or \(small): decimals begin with a \(mark.word) in this file. "
                + "Write \(large) or \(small)."
    }
}
