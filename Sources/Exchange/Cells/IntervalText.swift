/// Spans of time as PostgreSQL writes them and people type them.
enum IntervalText {
    /// How many seconds a span has.
    ///
    /// - Parameter text: `01:30:00`, `1:30`, `90 minutes`, `1 day 02:00:00`.
    /// - Returns: Seconds; nil for what is no such span.
    static func seconds(_ text: String) -> Int64? {
        let units: [String: Int64] = ["second": 1, "minute": 60, "hour": 3_600, "day": 86_400]
        var words = text.lowercased().split(separator: " ")[...]
        var seconds: Int64 = 0
        while let word = words.first {
            words.removeFirst()
            let clock = word.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
            if clock.count > 1 {
                guard clock.count <= 3, words.isEmpty else { return nil }
                var scale: Int64 = 3_600
                for part in clock {
                    guard let part, part >= 0, part < 1_000_000_000 else { return nil }
                    seconds += part * scale
                    scale /= 60
                }
                return seconds
            }
            guard let count = Int64(word), (0..<1_000_000_000).contains(count), let name = words.first else {
                return nil
            }
            words.removeFirst()
            guard let unit = units[name.hasSuffix("s") ? String(name.dropLast()) : String(name)] else { return nil }
            seconds += count * unit
        }
        return text.isEmpty ? nil : seconds
    }
}
