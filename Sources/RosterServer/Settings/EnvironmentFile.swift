/// A `.env` file: lines of `NAME=value`, as shells and Compose read them.
///
/// `export` before a name is allowed, as are comments, `'literal'` values and `"values"` with `\n`, `\t`, `\"`, `\\`
/// and `\$`; a quoted value may span lines. Nothing is expanded or run: what looks as if it should be is refused.
struct EnvironmentFile {
    /// The values, by name; of a name that stands there twice, the last one.
    private(set) var values: [String: String] = [:]

    private let path: String
    private var rest: Substring.UnicodeScalarView
    private var line = 1

    /// Reads a file's text.
    ///
    /// - Parameters:
    ///   - text: The file.
    ///   - path: Its name, for errors.
    /// - Throws: The line that cannot be read, and why.
    init(_ text: String, path: String) throws(SettingsError) {
        self.path = path
        let text = text.replacing("\r\n", with: "\n")
        self.rest = Substring(text).unicodeScalars
        if self.rest.first == "\u{FEFF}" { self.rest.removeFirst() }
        while !self.rest.isEmpty { try self.readLine() }
    }

    private mutating func readLine() throws(SettingsError) {
        self.skipSpaces()
        guard let first = self.rest.first, first != "#", first != "\n" else { return self.skipLine() }
        var name = self.take { $0 != "=" && $0 != "\n" }.trimmingWhitespace()
        if name.hasPrefix("export ") { name = name.dropFirst("export ".count).trimmingWhitespace() }
        guard self.rest.first == "=" else {
            throw self.problem("has no = in it: expected NAME=value")
        }
        guard Self.isName(name) else {
            throw self.problem("does not begin with a name of letters, digits and _")
        }
        self.rest.removeFirst()
        self.skipSpaces()
        switch self.rest.first {
        case "'": self.values[name] = try self.literal()
        case "\"": self.values[name] = try self.quoted()
        default: self.values[name] = try self.bare()
        }
    }

    private mutating func bare() throws(SettingsError) -> String {
        let text = self.take { $0 != "\n" }
        // A # begins a comment only after a space: it may be part of a password.
        var value = text
        if value.hasPrefix("#") { value = "" }
        for mark in [" #", "\t#"] {
            if let comment = value.firstRange(of: mark) { value = value[..<comment.lowerBound] }
        }
        let trimmed = value.trimmingWhitespace()
        guard !trimmed.contains("$("), !trimmed.contains("${"), !trimmed.contains("`") else {
            throw self.problem("has a value for a shell to work out; nothing is run here: write the value itself")
        }
        self.skipLine()
        return trimmed
    }

    private mutating func literal() throws(SettingsError) -> String {
        let opening = self.line
        self.rest.removeFirst()
        var value = String.UnicodeScalarView()
        while let scalar = self.rest.popFirst() {
            if scalar == "'" { return try self.ending(String(value)) }
            if scalar == "\n" { self.line += 1 }
            value.append(scalar)
        }
        self.line = opening
        throw self.problem("opens a quote that is never closed")
    }

    private mutating func quoted() throws(SettingsError) -> String {
        let opening = self.line
        self.rest.removeFirst()
        var value = String.UnicodeScalarView()
        while let scalar = self.rest.popFirst() {
            switch scalar {
            case "\"":
                return try self.ending(String(value))
            case "\\":
                switch self.rest.popFirst() {
                case "n": value.append("\n")
                case "t": value.append("\t")
                case "r": value.append("\r")
                case .some(let escaped) where "\"\\$`".unicodeScalars.contains(escaped): value.append(escaped)
                case .some(let other):
                    value.append("\\")
                    value.append(other)
                    if other == "\n" { self.line += 1 }
                case nil: break
                }
            case "\n":
                self.line += 1
                value.append(scalar)
            default:
                value.append(scalar)
            }
        }
        self.line = opening
        throw self.problem("opens a quote that is never closed")
    }

    /// After a closing quote only a comment may follow.
    private mutating func ending(_ value: String) throws(SettingsError) -> String {
        self.skipSpaces()
        guard let next = self.rest.first, next != "\n", next != "#" else {
            self.skipLine()
            return value
        }
        throw self.problem("goes on after the closing quote")
    }

    private mutating func take(while condition: (Unicode.Scalar) -> Bool) -> Substring {
        let taken = self.rest.prefix(while: condition)
        self.rest = self.rest[taken.endIndex...]
        return Substring(taken)
    }

    private mutating func skipSpaces() {
        self.rest = self.rest.drop { $0 == " " || $0 == "\t" }
    }

    private mutating func skipLine() {
        self.rest = self.rest.drop { $0 != "\n" }
        guard !self.rest.isEmpty else { return }
        self.rest.removeFirst()
        self.line += 1
    }

    /// The sentence names no value: it may be a key.
    private func problem(_ what: String) -> SettingsError {
        SettingsError(.badSyntax, self.path, "\(self.path), line \(self.line), \(what).")
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { unit in
            (0x30...0x39).contains(unit) || (0x41...0x5A).contains(unit) || (0x61...0x7A).contains(unit)
                || unit == UInt8(ascii: "_")
        }
    }
}
