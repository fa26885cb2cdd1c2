/// What one load has measured.
struct Samples: Sendable {
    /// From sending a request to the last byte of its answer.
    var latencies: [Duration] = []
    /// From sending a request to the first event of its stream.
    var firstEvents: [Duration] = []
    /// Between two events of one stream.
    var gaps: [Duration] = []
    /// Events of streams.
    var events = 0
    /// Answers with another status than 200.
    var failures = 0
    /// From the first connection to the last answer.
    var elapsed = Duration.zero

    mutating func merge(_ other: Samples) {
        self.latencies += other.latencies
        self.firstEvents += other.firstEvents
        self.gaps += other.gaps
        self.events += other.events
        self.failures += other.failures
    }

    var requestsPerSecond: Double { Double(self.latencies.count) / self.elapsed.seconds }
}

extension Duration {
    var seconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }

    var milliseconds: Double { self.seconds * 1_000 }
}

extension [Duration] {
    /// The value below which a share of all values lies; zero of none.
    func percentile(_ share: Double) -> Duration {
        guard !self.isEmpty else { return .zero }
        return self.sorted()[Swift.min(self.count - 1, Int(Double(self.count) * share))]
    }
}
