import Discovery
import JSON

/// What a refresh of several providers did, each failing alone.
struct SyncReport {
    let reports: [RefreshReport]
    let isDryRun: Bool
    let duration: Duration

    /// Whether none failed; one that was skipped has not failed.
    var isSuccess: Bool { self.failed.isEmpty }

    /// The last revision that it made; nil if nothing changed.
    var revision: Int64? { self.reports.compactMap(\.revision).max() }

    private var failed: [RefreshReport] { self.reports.filter { $0.outcome == .failed } }

    /// The same for people.
    var message: String {
        let done = self.reports.filter(\.isSuccess)
        let skipped = self.reports.filter { $0.outcome == .skipped }
        let models = done.reduce(0) { $0 + (self.isDryRun ? $1.transformed : $1.synced) }
        var text = self.isDryRun ? "Dry run: \(models) models" : "Synced \(models) models"
        text += " from \(done.count) of \(self.reports.count) providers"
        if self.isDryRun { text += ", nothing written" }
        text += "."
        if !skipped.isEmpty { text += " Skipped: \(skipped.map(\.provider).joined(separator: ", "))." }
        if !self.failed.isEmpty { text += " Failed: \(self.failed.map(\.provider).joined(separator: ", "))." }
        return text
    }

    /// The totals, and each provider's own report.
    var details: JSONValue {
        [
            "models_fetched": JSONValue(self.sum(\.fetched)),
            "models_transformed": JSONValue(self.sum(\.transformed)),
            "models_skipped": JSONValue(self.sum(\.skipped.count)),
            "models_synced": JSONValue(self.sum(\.synced)),
            "dry_run": .bool(self.isDryRun),
            "revision": JSONValue(self.revision),
            "duration_ms": JSONValue(self.duration.wholeMilliseconds),
            "providers": .array(self.reports.map(\.json)),
        ]
    }

    private func sum(_ count: KeyPath<RefreshReport, Int>) -> Int {
        self.reports.reduce(0) { $0 + $1[keyPath: count] }
    }
}
