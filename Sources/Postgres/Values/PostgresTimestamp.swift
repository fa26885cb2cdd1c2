public import FoundationEssentials

/// A `timestamp with time zone`, exact to PostgreSQL's microsecond.
public struct PostgresTimestamp: Sendable, Hashable, Comparable {
    /// Microseconds since 2000-01-01 00:00:00 UTC, which is how PostgreSQL counts: its last year would not fit otherwise.
    public let microsecondsSince2000: Int64

    /// `infinity`: later than all times.
    public static let infinity = PostgresTimestamp(microsecondsSince2000: .max)
    /// `-infinity`: earlier than all times.
    public static let negativeInfinity = PostgresTimestamp(microsecondsSince2000: .min)

    /// Seconds from 1970 to 2000.
    private static let epoch: Int64 = 946_684_800

    /// Takes PostgreSQL's own count.
    public init(microsecondsSince2000: Int64) {
        self.microsecondsSince2000 = microsecondsSince2000
    }

    /// The nearest microsecond.
    ///
    /// - Parameter date: A date of PostgreSQL's range.
    /// - Throws: ``PostgresError`` if the date is not a number or beyond the range of a timestamp.
    public init(_ date: Date) throws(PostgresError) {
        // From 2001, not 1970: the smaller the number, the more exact a Date is.
        let microseconds = (date.timeIntervalSinceReferenceDate * 1_000_000).rounded()
        guard abs(microseconds) < 9e18 else {
            throw PostgresError(.encoding, "a date \(date.timeIntervalSinceReferenceDate) s from 2001 is no timestamp")
        }
        self.microsecondsSince2000 = Int64(microseconds) + 31_622_400_000_000
    }

    /// Whether this is a point in time.
    public var isFinite: Bool { self != .infinity && self != .negativeInfinity }

    /// The same time as a `Date`, which is exact to a microsecond for some centuries around 2001.
    public var date: Date {
        switch self {
        case .infinity: .distantFuture
        case .negativeInfinity: .distantPast
        default:
            Date(timeIntervalSinceReferenceDate: (Double(self.microsecondsSince2000) - 31_622_400_000_000) / 1_000_000)
        }
    }

    /// Orders by time.
    public static func < (left: PostgresTimestamp, right: PostgresTimestamp) -> Bool {
        left.microsecondsSince2000 < right.microsecondsSince2000
    }
}

extension PostgresTimestamp: PostgresEncodable, PostgresDecodable {
    /// `timestamp with time zone`.
    public static var postgresType: PostgresType { .timestamptz }

    /// The time in UTC.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { PostgresValue(type: .timestamptz, content: .text(self.description)) }
    }

    /// The time, in any zone, in the ISO style that every connection asks the server for.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> PostgresTimestamp? {
        var reader = TimestampReader()
        return reader.timestamp(text)
    }
}

extension PostgresTimestamp: CustomStringConvertible {
    /// As PostgreSQL writes it in UTC, such as `2026-11-21 08:49:42.000001+00`.
    public var description: String {
        switch self {
        case .infinity: return "infinity"
        case .negativeInfinity: return "-infinity"
        default: break
        }
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let (days, ofDay) = Self.divide(self.microsecondsSince2000, by: 86_400_000_000)
        let (year, month, day) = CivilDate.date(daysSince1970: days + Self.epoch / 86_400)
        let (seconds, microseconds) = (ofDay / 1_000_000, ofDay % 1_000_000)
        let clock = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        let date = "\(padded(year > 0 ? year : 1 - year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        return "\(date) \(clock).\(padded(microseconds, 6))+00\(year > 0 ? "" : " BC")"
    }

    static func divide(_ dividend: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    init?(year: Int64, month: Int64, day: Int64, secondOfDay: Int64, microsecond: Int64) {
        let days = CivilDate.days(year: year, month: month, day: day) - Self.epoch / 86_400
        let (microseconds, isTooLarge) = (days * 86_400 + secondOfDay).multipliedReportingOverflow(by: 1_000_000)
        let (sum, isPastEnd) = microseconds.addingReportingOverflow(microsecond)
        guard !isTooLarge, !isPastEnd else { return nil }
        self.init(microsecondsSince2000: sum)
    }
}

extension Date: PostgresEncodable, PostgresDecodable {
    /// `timestamp with time zone`.
    public static var postgresType: PostgresType { .timestamptz }

    /// The nearest microsecond.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { try PostgresTimestamp(self).postgresValue }
    }

    /// The time; an infinite one is no `Date`.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> Date? {
        guard let timestamp = PostgresTimestamp.decode(text, type: type), timestamp.isFinite else { return nil }
        return timestamp.date
    }
}

/// The proleptic Gregorian calendar, in which year 0 is 1 BC
/// (Howard Hinnant, “chrono-Compatible Low-Level Date Algorithms”).
private enum CivilDate {
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = PostgresTimestamp.divide(year, by: 400)
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = PostgresTimestamp.divide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

/// Reads `2026-11-21 08:49:42.000001+05:30 BC` from left to right.
private struct TimestampReader {
    private var position = 0

    mutating func timestamp(_ text: Span<UInt8>) -> PostgresTimestamp? {
        if self.skip("infinity", text), self.position == text.count { return .infinity }
        if self.skip("-infinity", text), self.position == text.count { return .negativeInfinity }
        guard let year = self.number(text), self.skip("-", text), let month = self.number(text), self.skip("-", text),
            let day = self.number(text), self.skip(" ", text), let hour = self.number(text), self.skip(":", text),
            let minute = self.number(text), self.skip(":", text), let second = self.number(text),
            let microsecond = self.fraction(text), let offset = self.offset(text)
        else { return nil }
        let isBeforeChrist = self.skip(" BC", text)
        guard self.position == text.count, (1...12).contains(month), (1...31).contains(day), year > 0 else {
            return nil
        }
        return PostgresTimestamp(
            year: isBeforeChrist ? 1 - year : year,
            month: month,
            day: day,
            secondOfDay: hour * 3_600 + minute * 60 + second - offset,
            microsecond: microsecond
        )
    }

    private mutating func skip(_ literal: StaticString, _ text: Span<UInt8>) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard self.position + count <= text.count else { return false }
        for offset in 0..<count where text[self.position + offset] != literal.utf8Start[offset] { return false }
        self.position += count
        return true
    }

    private mutating func number(_ text: Span<UInt8>) -> Int64? {
        let start = self.position
        var value: Int64 = 0
        while self.position < text.count, self.position - start < 9 {
            let digit = text[self.position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value * 10 + Int64(digit)
            self.position += 1
        }
        return self.position > start ? value : nil
    }

    /// Up to six digits behind a point, which may be missing.
    private mutating func fraction(_ text: Span<UInt8>) -> Int64? {
        guard self.skip(".", text) else { return 0 }
        let start = self.position
        guard var value = self.number(text), self.position - start <= 6 else { return nil }
        for _ in (self.position - start)..<6 { value *= 10 }
        return value
    }

    /// Seconds east of Greenwich; a zone is required, because a time without one is not a point in time.
    private mutating func offset(_ text: Span<UInt8>) -> Int64? {
        let isWest = self.skip("-", text)
        guard isWest || self.skip("+", text), var seconds = self.number(text) else { return nil }
        seconds *= 3_600
        for unit: Int64 in [60, 1] where self.skip(":", text) {
            guard let part = self.number(text) else { return nil }
            seconds += part * unit
        }
        return isWest ? -seconds : seconds
    }
}
