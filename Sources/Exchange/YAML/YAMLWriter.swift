/// Writes values as YAML that every reader takes for the same: block style, two spaces a level, quotes only where a text
/// would be taken for something else.
package struct YAMLWriter: Sendable {
    private var text = ""

    /// The text of a mapping, with its last line ended.
    ///
    /// - Parameters:
    ///   - mapping: The members of the document.
    ///   - header: Lines of comment that stand above, without their `#`.
    /// - Returns: The text.
    package static func text(of mapping: YAMLMapping, header: [String] = []) -> String {
        var writer = YAMLWriter()
        for line in header { writer.text += line.isEmpty ? "#\n" : "# \(line)\n" }
        if mapping.isEmpty {
            writer.text += "{}\n"
        } else {
            writer.members(of: mapping, level: 0, isFirstIndented: true)
        }
        return writer.text
    }

    private mutating func indent(_ level: Int) {
        self.text += String(repeating: "  ", count: level)
    }

    // `isFirstIndented` is false where something stands before the first member on its line, as in a list.
    private mutating func members(of mapping: YAMLMapping, level: Int, isFirstIndented: Bool) {
        for (number, (key, value)) in mapping.enumerated() {
            if number > 0 || isFirstIndented { self.indent(level) }
            let written = Self.line(key)
            // A key that is not in front of its colon within 1024 characters must be announced (YAML 1.2.2, 7.4).
            if written.unicodeScalars.count <= 1_000 {
                self.text += written + ":"
                self.value(value, level: level)
            } else {
                self.text += "? \(written)\n"
                self.indent(level)
                self.text += ":"
                self.value(value, level: level)
            }
        }
    }

    /// What follows a key's colon or a list's dash.
    private mutating func value(_ value: YAMLValue, level: Int) {
        if let tag = value.tag { self.text += " " + Self.tag(tag) }
        switch value.content {
        case .scalar(let scalar):
            self.text += " "
            if case .text(let text) = scalar, let lines = Self.block(text) {
                self.text += lines.indicator + "\n"
                for line in lines.lines {
                    if !line.isEmpty {
                        self.indent(level + 1)
                        self.text += line
                    }
                    self.text += "\n"
                }
            } else {
                self.text += Self.line(scalar) + "\n"
            }
        case .list(let elements):
            guard !elements.isEmpty else { return self.text += " []\n" }
            self.text += "\n"
            self.elements(elements, level: level + 1)
        case .mapping(let mapping):
            guard !mapping.isEmpty else { return self.text += " {}\n" }
            self.text += "\n"
            self.members(of: mapping, level: level + 1, isFirstIndented: true)
        }
    }

    private mutating func elements(_ elements: [YAMLValue], level: Int) {
        for element in elements {
            self.indent(level)
            self.text += "-"
            // The first member of a mapping stands on the line of the dash.
            if element.tag == nil, let mapping = element.mapping, !mapping.isEmpty {
                self.text += " "
                self.members(of: mapping, level: level + 1, isFirstIndented: false)
            } else {
                self.value(element, level: level)
            }
        }
    }

    // MARK: Scalars

    /// A scalar on one line.
    private static func line(_ scalar: YAMLScalar) -> String {
        switch scalar {
        case .plain(let spelling): spelling
        case .text(let text): self.needsQuotes(text) ? self.quoted(text) : text
        }
    }

    private static func needsQuotes(_ text: String) -> Bool {
        guard YAMLResolution.isText(text), let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
            !"-?:,[]{}#&*!|>'\"%@` ".unicodeScalars.contains(first), last != " ", last != ":"
        else { return true }
        var before: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if !self.isPrintable(scalar) || scalar == "\t" { return true }
            if before == ":" && scalar == " " || before == " " && scalar == "#" { return true }
            before = scalar
        }
        return false
    }

    /// Whether it may stand in a text as it is (YAML 1.2.2, section 5.1) and does not end a line to anybody.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case _ where self.isPrintable(scalar): quoted.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                let width = scalar.value > 0xFFFF ? 8 : scalar.value > 0xFF ? 4 : 2
                let letter = width == 8 ? "U" : width == 4 ? "u" : "x"
                quoted += "\\\(letter)\(String(repeating: "0", count: width - digits.count))\(digits)"
            }
        }
        return quoted + "\""
    }

    /// A text of several lines as a literal block; nil where quotes say it more safely.
    private static func block(_ text: String) -> (indicator: String, lines: [Substring])? {
        let scalars = text.unicodeScalars
        guard scalars.contains("\n"), let first = scalars.first, first != " ", first != "\n",
            scalars.allSatisfy({ $0 == "\n" || self.isPrintable($0) && $0 != "\t" })
        else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.last?.isEmpty == true else { return ("|-", lines) }
        let isOneEnd = lines.count >= 2 && !lines[lines.count - 2].isEmpty
        return (isOneEnd ? "|" : "|+", lines.dropLast())
    }

    /// A byte of a tag, escaped where a URI must not have it (YAML 1.2.2, production 39).
    private static func uriCharacter(_ byte: UInt8) -> String {
        let character = Unicode.Scalar(byte)
        let isAllowed =
            byte < 0x80
            && (Character(character).isLetter || Character(character).isNumber
                || "-#;/?:@&=+$,_.!~*'()[]".unicodeScalars.contains(character))
        let digits = String(byte, radix: 16, uppercase: true)
        return isAllowed ? String(character) : "%" + (digits.count == 1 ? "0" : "") + digits
    }

    private static func tag(_ tag: String) -> String {
        let standard = "tag:yaml.org,2002:"
        let isPlain = { (name: Substring) in name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
        if tag.hasPrefix(standard), isPlain(tag.dropFirst(standard.count)) {
            return "!!" + tag.dropFirst(standard.count)
        }
        if tag.hasPrefix("!"), tag.count > 1, isPlain(tag.dropFirst()) { return tag }
        return "!<\(tag.utf8.map(self.uriCharacter).joined())>"
    }
}
