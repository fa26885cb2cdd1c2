/// One round's figures of one target.
struct Round: Sendable {
    let busy: Samples
    let alone: Samples
    let cpuSeconds: Double
}

/// All rounds of one target.
struct Measured: Sendable {
    let target: Target
    var rounds: [Round] = []
    var residentBytes = 0

    func median(_ value: (Round) -> Double) -> Double {
        let sorted = self.rounds.map(value).sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}

/// The table that a run prints: medians over its rounds, and the ratio to the first target where that says something.
struct Report {
    let measured: [Measured]
    let isStream: Bool
    let connections: Int

    var text: String {
        guard let first = self.measured.first else { return "" }
        let unit = self.isStream ? "events" : "requests"
        var rows = [
            [
                "target", "\(unit)/s", "CPU ms/1,000 \(unit)", "p50 ms alone", "added p50 ms", "added p99 ms",
                self.isStream ? "gap p99 ms" : "p99 ms at \(self.connections)", "memory MB", "failed",
            ]
        ]
        for target in self.measured {
            let cpu = target.median {
                $0.cpuSeconds * 1e6 / Double(max(1, self.isStream ? $0.busy.events : $0.busy.latencies.count))
            }
            let added = { (share: Double) in
                target.median { self.delay($0.alone).percentile(share).milliseconds }
                    - first.median { self.delay($0.alone).percentile(share).milliseconds }
            }
            rows.append([
                target.target.name,
                Self.number(
                    target.median {
                        self.isStream ? Double($0.busy.events) / $0.busy.elapsed.seconds : $0.busy.requestsPerSecond
                    },
                    0
                ),
                target.target.processes.isEmpty ? "–" : Self.number(cpu, 1),
                Self.number(target.median { self.delay($0.alone).percentile(0.5).milliseconds }, 3),
                Self.number(added(0.5), 3),
                Self.number(added(0.99), 3),
                Self.number(
                    target.median { (self.isStream ? $0.busy.gaps : $0.busy.latencies).percentile(0.99).milliseconds },
                    2
                ),
                target.target.processes.isEmpty ? "–" : Self.number(Double(target.residentBytes) / 1e6, 1),
                String(target.rounds.reduce(0) { $0 + $1.busy.failures }),
            ])
        }
        return Self.table(rows)
    }

    /// What a caller waits for: of a stream its first event, else the whole answer.
    private func delay(_ samples: Samples) -> [Duration] {
        self.isStream ? samples.firstEvents : samples.latencies
    }

    private static func number(_ value: Double, _ digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return digits == 0 ? String(Int(rounded)) : String(rounded)
    }

    private static func table(_ rows: [[String]]) -> String {
        guard let header = rows.first else { return "" }
        let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + padding : padding + row[column]
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
