extension Duration {
    var seconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }

    var milliseconds: Double { self.seconds * 1_000 }
}

extension [Double] {
    /// The value below which a share of all values lies; not a number of none.
    func percentile(_ share: Double) -> Double {
        guard !self.isEmpty else { return .nan }
        return self.sorted()[Swift.min(self.count - 1, Int(Double(self.count) * share))]
    }

    var median: Double { self.percentile(0.5) }

    /// The largest distance of a value from the median.
    var spread: Double { self.map { abs($0 - self.median) }.max() ?? .nan }
}

/// Writes a number with so many digits behind the point.
func decimal(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    return digits == 0
        ? String(scaled) : "\(scaled / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}
