import Discovery
import JSON

extension RefreshReport {
    /// The report for programs; the same names as the answers of `/admin/model-sync`.
    var json: JSONObject {
        [
            "provider": .string(self.provider),
            "outcome": .string(self.outcome.rawValue),
            "message": .string(self.message),
            "models_fetched": JSONValue(self.fetched),
            "models_transformed": JSONValue(self.transformed),
            "models_skipped": JSONValue(self.skipped.count),
            "models_synced": JSONValue(self.synced),
            "dry_run": .bool(self.isDryRun),
            "revision": JSONValue(self.revision),
            "diff": [
                "added": JSONValue(self.diff.added),
                "changed": JSONValue(self.diff.changed),
                "deactivated": JSONValue(self.diff.deactivated),
                "quarantined": JSONValue(self.diff.quarantined),
            ],
            "skipped": .array(
                self.skipped.map { ["model": JSONValue($0.apiName), "reason": .string($0.reason)] }
            ),
            "duration_ms": JSONValue(
                self.duration.components.seconds * 1000 + self.duration.components.attoseconds / 1_000_000_000_000_000
            ),
        ]
    }
}
