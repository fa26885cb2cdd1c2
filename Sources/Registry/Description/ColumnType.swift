import FoundationEssentials
package import JSON

/// What the values of a column look like.
package indirect enum ColumnType: Sendable, Hashable {
    /// A line.
    case text
    /// Text of several lines.
    case longText
    /// A 64-bit whole number.
    case integer
    /// An exact decimal, of any number of digits that PostgreSQL's `numeric` keeps.
    case decimal
    case boolean
    /// A day: `2026-11-21`.
    case date
    /// A moment: `2026-11-21T08:00:00Z`.
    case moment
    /// A span of time: `1 hour`, `30 minutes`, `01:00:00`.
    case interval
    /// One of these words.
    case choice([String])
    case list(of: ColumnType)
    /// Any object.
    case json
    /// The members of a route, in order: ``RouteMember`` as objects, or just the model's name.
    case routeMembers

    /// Digits that a decimal may have before and after its point: far more than any price, and few enough to be written out.
    package static let mostPlaces = 400

    var isText: Bool { self == .text || self == .longText }

    /// The value in its one spelling; nil for what is not of this type.
    func read(_ value: JSONValue) -> JSONValue? {
        switch self {
        case .text, .longText:
            guard let text = value.stringValue, !text.utf8.contains(0) else { return nil }
            // In one expression, nil would be the JSON null.
            guard self == .longText || !text.contains(where: \.isNewline) else { return nil }
            return value
        case .integer:
            return value.int64ReadingStrings().map { JSONValue($0) }
        case .decimal:
            return Self.spelling(value).flatMap { try? ExactDecimal($0) }
                .flatMap { $0.plain(mostPlaces: Self.mostPlaces) }.map { .string($0) }
        case .boolean:
            return value.boolValue.map { .bool($0) }
        case .date:
            return Self.keep(value, if: Self.isDay)
        case .moment:
            return value.stringValue.flatMap { Self.moment($0) }.map { .string($0.formatted(Self.momentFormat)) }
        case .interval:
            return Self.keep(value, if: Self.isInterval)
        case .choice(let words):
            return Self.keep(value) { words.contains($0) }
        case .list(let element):
            guard let elements = value.arrayValue else { return nil }
            let read = elements.filter { !$0.isNull }.compactMap { element.read($0) }
            guard read.count == elements.count else { return nil }
            return .array(read)
        case .json:
            return value.objectValue.map { .object($0) }
        case .routeMembers:
            guard let elements = value.arrayValue else { return nil }
            let members = elements.compactMap { RouteMember(json: $0) }
            guard members.count == elements.count else { return nil }
            return .array(members.map { .object($0.json) })
        }
    }

    /// What a value must be, in words that follow “must be”.
    func expectation(in unit: Unit?) -> String {
        switch self {
        case .text: "a line of text"
        case .longText: "text"
        case .integer: "a whole number, as in 128000"
        case .decimal: unit == .usdPerToken ? "a number of USD per token, as in 0.0000025" : "a number, as in 0.25"
        case .boolean: "true or false"
        case .date: "a day, as in 2026-11-21"
        case .moment: "a moment, as in 2026-11-21T08:00:00Z"
        case .interval: "a span of time, as in 1 hour or 30 minutes"
        case .choice(let words): words.count == 1 ? words[0] : "one of " + words.joined(separator: ", ")
        case .list(let element): "a list, each \(element.expectation(in: unit))"
        case .json: "a JSON object"
        case .routeMembers:
            "a list of models, each a name as in openai/gpt-4o, or an object with “model” and, if wanted, “weight”, "
                + "“requires” and “max_price”"
        }
    }

    /// A value as the database has it, as the registry gives it out; what a later release put there is left as it is.
    package func present(_ stored: JSONValue) -> JSONValue {
        switch self {
        case .decimal, .moment, .routeMembers: self.read(stored) ?? stored
        case .text, .longText, .integer, .boolean, .date, .interval, .choice, .list, .json: stored
        }
    }

    /// A string of which something holds. (In an expression, `nil` could stand for JSON's `null`.)
    private static func keep(_ value: JSONValue, if holds: (String) -> Bool) -> JSONValue? {
        guard let text = value.stringValue, holds(text) else { return nil }
        return value
    }

    private static func spelling(_ value: JSONValue) -> String? {
        value.numberValue?.spelling ?? value.stringValue
    }

    /// Whether a text is a day of the calendar: `2026-02-30` is none.
    private static func isDay(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2],
            text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (48...57).contains($0) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            year >= 1, (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    private static let momentFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private static func moment(_ text: String) -> Date? {
        // Neither style takes what the other takes: fractions of seconds are either required or refused.
        (try? Date(text, strategy: .iso8601)) ?? (try? Date(text, strategy: self.momentFormat))
    }

    /// What PostgreSQL writes and people type: `90 minutes`, `1 day 02:00:00`, `01:30:00`.
    private static func isInterval(_ text: String) -> Bool {
        var words = text.split(separator: " ")[...]
        let isNumber = { (word: Substring) in (1...9).contains(word.count) && word.allSatisfy(\.isASCIIDigit) }
        if let clock = words.last?.split(separator: ":", omittingEmptySubsequences: false), clock.count > 1 {
            guard clock.count <= 3, clock.allSatisfy(isNumber) else { return false }
            words.removeLast()
            guard !words.isEmpty else { return true }
        }
        let units = ["second", "seconds", "minute", "minutes", "hour", "hours", "day", "days"]
        guard !words.isEmpty, words.count.isMultiple(of: 2), words.count <= 8 else { return false }
        return stride(from: words.startIndex, to: words.endIndex, by: 2).allSatisfy { place in
            isNumber(words[place]) && units.contains(String(words[place + 1]))
        }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { self.isASCII && self.isWholeNumber }
}
