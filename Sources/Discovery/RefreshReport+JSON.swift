package import JSON

extension RefreshReport {
    /// How many left-out things an answer names; the count tells of the others.
    private static let mostNamed = 50

    /// Whether the provider's list is in the registry now, or would be.
    package var isSuccess: Bool { self.outcome == .succeeded }

    /// The report for programs: the answer of `/admin/model-sync`, and what commands print with `--json`.
    package var json: JSONValue {
        ["success": .bool(self.isSuccess), "message": .string(self.message), "details": self.details]
    }

    /// The counts.
    package var details: JSONValue {
        [
            "provider": .string(self.provider),
            "provider_id": JSONValue(self.providerID),
            "outcome": .string(self.outcome.rawValue),
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
                self.skipped.prefix(Self.mostNamed).map {
                    ["api_name": JSONValue($0.apiName), "reason": .string($0.reason)]
                }
            ),
            "duration_ms": JSONValue(self.duration.wholeMilliseconds),
        ]
    }
}

extension Duration {
    /// Milliseconds, rounded down.
    package var wholeMilliseconds: Int64 {
        self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
    }
}
