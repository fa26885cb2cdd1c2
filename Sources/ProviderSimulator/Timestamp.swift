import FoundationEssentials

/// Moments as the wire spells them.
enum Timestamp {
    /// Seconds since 1970.
    static var now: Int { Int(Date().timeIntervalSince1970) }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sat, 21 Nov 2026 08:41:21 GMT` (RFC 9110, section 5.6.7).
    static func http(_ seconds: Int) -> String {
        let day = seconds / 86400
        let second = seconds % 86400
        let (year, month, date) = Self.civil(day)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let time = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
        return "\(Self.days[day % 7]), \(two(date)) \(Self.months[month - 1]) \(year) \(time) GMT"
    }

    /// Seconds since 1970 of `2025-05-17T15:10:26.937464025Z` or with an offset (RFC 3339); nil for anything else.
    static func secondsSince1970(_ text: String) -> Int? {
        let numbers = text.prefix(19).split(whereSeparator: { "-T:".contains($0) }).compactMap { Int($0) }
        guard numbers.count == 6, (1...12).contains(numbers[1]) else { return nil }
        var seconds = Self.days(numbers[0], numbers[1], numbers[2]) * 86400
        seconds += numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
        let zone = text.dropFirst(19).drop { $0 == "." || $0.isNumber }
        if zone == "Z" { return seconds }
        let offset = zone.dropFirst().split(separator: ":").compactMap { Int($0) }
        guard offset.count == 2 else { return nil }
        return seconds - (zone.hasPrefix("-") ? -1 : 1) * (offset[0] * 3600 + offset[1] * 60)
    }

    /// Year, month and day of a number of days since 1970, after Howard Hinnant's `civil_from_days`.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
