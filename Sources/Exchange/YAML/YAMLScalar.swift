/// A scalar of YAML by what it means, not by the quotes that it wears.
package enum YAMLScalar: Sendable, Hashable {
    /// A string.
    case text(String)
    /// What a file says without quotes and what is no string to at least one kind of reader: `7`, `true`, `yes`, `1e5`,
    /// `2026-11-21`. It keeps its spelling.
    case plain(String)

    /// Nothing.
    package static let null = YAMLScalar.plain("null")

    /// Takes what a file says without quotes.
    ///
    /// - Parameter spelling: The characters; none at all stands for nothing.
    package init(unquoted spelling: String) {
        if ["", "~", "null", "Null", "NULL"].contains(spelling) {
            self = .null
        } else {
            self = YAMLResolution.isText(spelling) ? .text(spelling) : .plain(spelling)
        }
    }

    /// The characters.
    package var spelling: String {
        switch self {
        case .text(let spelling), .plain(let spelling): spelling
        }
    }

    /// The characters of a name: also of one that happens to look like a number.
    package var name: String? { self == .null ? nil : self.spelling }

    /// What `true`, `false` and their other names in YAML 1.1 stand for; nil for anything else.
    package var bool: Bool? {
        guard case .plain(let spelling) = self else { return nil }
        return YAMLResolution.bool(spelling)
    }
}

/// What a scalar without quotes stands for: the types of YAML 1.1 (as PyYAML reads files) and of the core schema of YAML
/// 1.2.2 (section 10.3.2) together, so that nothing that is text here is a number to somebody else.
enum YAMLResolution {
    private static let truths = ["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"]
    private static let lies = ["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"]
    private static let nothings = ["", "~", "null", "Null", "NULL"]
    /// Truth values to some readers of YAML 1.1, and its keys for default and merge.
    private static let others = ["y", "Y", "n", "N", "=", "<<"]
    private static let infinities = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"]

    static func bool(_ spelling: String) -> Bool? {
        self.truths.contains(spelling) ? true : self.lies.contains(spelling) ? false : nil
    }

    /// Whether every reader takes it for a string.
    static func isText(_ spelling: String) -> Bool {
        guard self.bool(spelling) == nil, !self.nothings.contains(spelling), !self.others.contains(spelling) else {
            return false
        }
        return !self.isNumber(spelling) && !self.isMoment(spelling)
    }

    /// Whether it is a number to somebody: whole, broken, in another base, of sixtieths, infinite.
    static func isNumber(_ spelling: String) -> Bool {
        var rest = Substring(spelling)
        if let first = rest.first, "+-".contains(first) { rest.removeFirst() }
        if self.infinities.contains(String(rest)) { return true }
        if let base = self.base(rest) { return rest.dropFirst(2).allSatisfy { $0 == "_" || base.contains($0) } }
        // Sixtieths: 1:30, 190:20:30.15.
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 1 {
            return parts.dropLast().allSatisfy(self.isDigits) && self.isPlainFloat(parts[parts.count - 1])
        }
        return self.isPlainFloat(rest)
    }

    /// The digits that may follow `0x`, `0o`, `0b`; nil for a number without one of these.
    private static func base(_ text: Substring) -> String? {
        guard text.count > 2, text.first == "0" else { return nil }
        switch text.dropFirst().first {
        case "x": return "0123456789abcdefABCDEF"
        case "o": return "01234567"
        case "b": return "01"
        default: return nil
        }
    }

    private static func isPlainFloat(_ text: Substring) -> Bool {
        var rest = text.drop { self.isDigit($0) || $0 == "_" }
        var hasDigit = text.first.map(self.isDigit) ?? false
        if text.first == "_" { return false }
        if rest.first == "." {
            rest.removeFirst()
            let fraction = rest.prefix { self.isDigit($0) || $0 == "_" }
            hasDigit = hasDigit || fraction.contains(where: self.isDigit)
            rest = rest.dropFirst(fraction.count)
        }
        if let first = rest.first, "eE".contains(first) {
            rest.removeFirst()
            if let sign = rest.first, "+-".contains(sign) { rest.removeFirst() }
            guard self.isDigits(rest) else { return false }
            rest = ""
        }
        return hasDigit && rest.isEmpty
    }

    /// A day, or a day and a time.
    private static func isMoment(_ spelling: String) -> Bool {
        let parts = spelling.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, parts[0].allSatisfy(self.isDigit), parts[1].count <= 2,
            self.isDigits(parts[1]), let day = parts[2].first, self.isDigit(day)
        else { return false }
        return spelling.dropFirst(8).allSatisfy { self.isDigit($0) || "Tt:.+- Zz".contains($0) }
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.allSatisfy { self.isDigit($0) || $0 == "_" } && text.first != "_"
    }
}
