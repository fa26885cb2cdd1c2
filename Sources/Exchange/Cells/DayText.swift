import JSON

/// Days as people and spreadsheets write them, where they can mean one day only.
enum DayText {
    /// Reads a day.
    ///
    /// - Parameter text: `2026-11-21`, `21.11.2026` (days come first between points, in every country that writes them so),
    ///   `21/11/2026` or `11/21/2026` where one of the two numbers is no month, `21 Nov 2026`, `Nov 21, 2026`; a time of
    ///   midnight after it, which spreadsheets add, does not count.
    /// - Returns: The day as `2026-11-21`; it may be none of the calendar, which the column's type finds.
    /// - Throws: `CellRefusal` for what may be two days, or none.
    static func read(_ text: String) throws(CellRefusal) -> String {
        let day = self.withoutMidnight(text)
        if let numbers = self.numbers(day, "-"), numbers[0].count == 4 {
            return self.iso(numbers[0], numbers[1], numbers[2])
        }
        if let numbers = self.numbers(day, "."), numbers[2].count == 4 {
            return self.iso(numbers[2], numbers[1], numbers[0])
        }
        for separator in ["/", "-"] as [Character] {
            guard let numbers = self.numbers(day, separator) else { continue }
            if numbers[0].count == 4 { return self.iso(numbers[0], numbers[1], numbers[2]) }
            guard numbers[2].count == 4 else { break }
            return try self.slashed(text, numbers)
        }
        if let named = self.named(day) { return named }
        throw CellRefusal("“\(text.prefix(40))” is not a day with four digits of its year. Write it as 2026-11-21.")
    }

    private static func withoutMidnight(_ text: String) -> String {
        for ending in [" 00:00:00", " 00:00", " 0:00", "T00:00:00", "T00:00:00Z"] where text.hasSuffix(ending) {
            return String(text.dropLast(ending.count))
        }
        return text
    }

    /// Three numbers between two separators.
    private static func numbers(_ text: String, _ separator: Character) -> [Substring]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ [1, 2, 4].contains($0.count) && self.isNumber($0) }),
            parts.count(where: { $0.count == 4 }) <= 1
        else { return nil }
        return parts
    }

    private static func isNumber(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// `21/11/2026` is the 21st of November, and `03/04/2026` is not ours to say.
    private static func slashed(_ text: String, _ numbers: [Substring]) throws(CellRefusal) -> String {
        let (first, second) = (Int(numbers[0]) ?? 0, Int(numbers[1]) ?? 0)
        let dayFirst = self.iso(numbers[2], numbers[1], numbers[0])
        let monthFirst = self.iso(numbers[2], numbers[0], numbers[1])
        guard first != second else { return dayFirst }
        if first > 12 { return dayFirst }
        if second > 12 { return monthFirst }
        throw CellRefusal(
            "“\(text)” could be \(first) \(self.month(second)) or \(second) \(self.month(first)). "
                + "Write \(dayFirst) or \(monthFirst)."
        )
    }

    private static func iso(_ year: Substring, _ month: Substring, _ day: Substring) -> String {
        "\(year)-\(month.count == 1 ? "0" : "")\(month)-\(day.count == 1 ? "0" : "")\(day)"
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private static func month(_ number: Int) -> String { self.months[(number - 1) % 12] }

    /// `21 Nov 2026`, `21-Nov-2026`, `November 21, 2026`.
    private static func named(_ text: String) -> String? {
        let words = text.split { $0 == " " || $0 == "-" || $0 == "," || $0 == "." }
        guard words.count == 3, words[2].count == 4, self.isNumber(words[2]) else { return nil }
        for (name, day) in [(words[1], words[0]), (words[0], words[1])] {
            guard name.count >= 3, (1...2).contains(day.count), self.isNumber(day),
                let place = self.months.firstIndex(where: { $0.lowercased().hasPrefix(name.lowercased()) })
            else { continue }
            return self.iso(words[2], Substring(String(place + 1)), day)
        }
        return nil
    }
}
