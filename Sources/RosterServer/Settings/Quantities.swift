/// Numbers of bytes as people write them.
enum ByteCount {
    private static let units: [(suffix: String, factor: Int)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000),
        ("B", 1),
    ]

    /// Reads `65536`, `64KiB`, `20 MiB`, `5MB`; `nil` for anything else.
    static func parse(_ text: String) -> Int? {
        let unit = self.units.first { text.lowercased().hasSuffix($0.suffix.lowercased()) }
        let digits = text.dropLast(unit?.suffix.count ?? 0).trimmingWhitespace()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits) else {
            return nil
        }
        let (value, isTooMuch) = number.multipliedReportingOverflow(by: unit?.factor ?? 1)
        return isTooMuch ? nil : value
    }

    /// The shortest exact text with a binary unit.
    static func text(_ bytes: Int) -> String {
        guard bytes > 0, let unit = self.units.prefix(3).first(where: { bytes % $0.factor == 0 }) else {
            return "\(bytes)"
        }
        return "\(bytes / unit.factor)\(unit.suffix)"
    }
}

/// Durations as people write them.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]

    /// Reads `500ms`, `30s`, `1.5s`, `5m`, `24h`, `7d`, and a bare number as seconds; `nil` for anything else.
    package static func parse(_ text: String) -> Duration? {
        let unit = self.units.first { text.lowercased().hasSuffix($0.suffix) }
        let digits = text.dropLast(unit?.suffix.count ?? 0).trimmingWhitespace()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
            let number = Double(digits)
        else { return nil }
        let milliseconds = number * Double(unit?.milliseconds ?? 1000)
        // A thousand years: beyond any limit, and far from overflow.
        guard milliseconds < 3.2e13 else { return nil }
        return .milliseconds(Int64(milliseconds.rounded()))
    }

    /// The shortest exact text.
    static func text(_ duration: Duration) -> String {
        let milliseconds =
            duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        let unit = self.units.dropFirst().first { milliseconds != 0 && milliseconds % $0.milliseconds == 0 }
        guard let unit else { return milliseconds == 0 ? "0s" : "\(milliseconds)ms" }
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}
