package import Discovery
import FoundationEssentials
package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Registry

/// `POST /v1/registry/refresh` and `GET /v1/registry/status`.
package struct RegistryEndpoints: Sendable {
    private let refresher: Refresher
    private let feed: SnapshotFeed
    private let hardware: HardwareInventory
    private let staleAfter: Duration

    /// - Parameters:
    ///   - refresher: Asks the providers.
    ///   - feed: What this replica serves.
    ///   - hardware: What this replica runs on.
    ///   - staleAfter: How long after the last refresh that succeeded the registry counts as stale. Default 24 h.
    package init(
        refresher: Refresher,
        feed: SnapshotFeed,
        hardware: HardwareInventory,
        staleAfter: Duration = .seconds(24 * 3600)
    ) {
        self.refresher = refresher
        self.feed = feed
        self.hardware = hardware
        self.staleAfter = staleAfter
    }

    /// What is served.
    package var operations: [Operation] {
        [
            Operation(
                .post,
                "/v1/registry/refresh",
                id: "refreshRegistry",
                summary: "Ask every provider for its models now",
                details: "Providers fail alone. A refresh that is under way already is joined, not repeated.",
                group: .refresh,
                access: .key(.admin),
                answers: [
                    .json(
                        .object([
                            "success": .boolean.described("Whether no provider failed."),
                            "message": .string.described("The same for people."),
                            "revision": .count.described("The revision that is served now."),
                            "in_force": .boolean.described("Whether this replica serves the result already."),
                            "details": .syncDetails,
                            "hardware": .hardware,
                        ]),
                        "What came of it."
                    )
                ],
                needsDatabase: true,
                handler: self.refresh
            ),
            Operation(
                .get,
                "/v1/registry/status",
                id: "getRegistryStatus",
                summary: "How fresh the registry is, and what the replica runs on",
                group: .refresh,
                access: .anyone,
                answers: [
                    .json(
                        .object([
                            "status": .choice(["ok", "stale", "empty"]),
                            "reason": .string.nullable.described("Why it is not ok."),
                            "revision": .count,
                            "last_refresh": .moment.nullable.described("When a refresh last succeeded."),
                            "confirmed_at": .moment.nullable.described("When the registry's database was last asked."),
                            "staleness_seconds": .count.nullable.described("How long ago that is, in seconds."),
                            "providers": .totals,
                            "models": .totals,
                            "hardware": .hardware,
                        ]),
                        "The registry's state."
                    )
                ],
                handler: self.status
            ),
        ]
    }

    private func refresh(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let start = ContinuousClock.now
        let reports = try await APIError.explainingStore {
            try await self.refresher.refreshAll(
                isDryRun: false,
                as: Authorship(actor: context.principal.actor, reason: "POST /v1/registry/refresh")
            )
        }
        let report = SyncReport(reports: reports, isDryRun: false, duration: ContinuousClock.now - start)
        let hardware = try await self.hardware.refresh()
        let isInForce = try await self.feed.settle(on: report.revision)
        return Response(
            json: [
                "success": .bool(report.isSuccess),
                "message": .string(report.message),
                "revision": JSONValue(self.feed.snapshot.revision),
                "in_force": .bool(isInForce),
                "details": report.details,
                "hardware": hardware.json,
            ],
            headers: self.feed.revisionField
        )
    }

    /// Needs no key: how fresh the registry is and what the replica runs on is what a person looks at first.
    private func status(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let state = self.feed.state
        let snapshot = state.snapshot
        let counts = ModelCounts(snapshot)
        let now = Date()
        let (status, reason) = self.judge(state, counts, now)
        return Response(
            json: [
                "status": .string(status),
                "reason": JSONValue(reason),
                "revision": JSONValue(snapshot.revision),
                "last_refresh": JSONValue(state.lastRefresh),
                "confirmed_at": JSONValue(state.confirmedAt),
                "staleness_seconds": JSONValue(state.confirmedAt.map { Int64(max(0, now.timeIntervalSince($0))) }),
                "providers": [
                    "total": JSONValue(snapshot.providers.count),
                    "active": JSONValue(snapshot.providers.count(where: \.isActive)),
                ],
                "models": ["total": JSONValue(counts.all.total), "active": JSONValue(counts.all.active)],
                "hardware": self.hardware.current.json,
            ],
            headers: self.feed.revisionField
        )
    }

    /// `ok`, `stale` or `empty`, and why.
    private func judge(
        _ state: SnapshotFeed.State,
        _ counts: ModelCounts,
        _ now: Date
    ) -> (status: String, reason: String?) {
        if counts.all.total == 0 {
            return (
                "empty",
                state.failure == nil
                    ? "The registry has no models yet. POST /v1/registry/refresh asks the providers for them."
                    : "This replica has no registry: its database cannot be read."
            )
        }
        if state.failure != nil {
            return ("stale", "The registry's database cannot be read; what was read last is served.")
        }
        guard let last = state.lastRefresh else {
            return ("stale", "No refresh has succeeded yet. POST /v1/registry/refresh asks the providers.")
        }
        let age = now.timeIntervalSince(last)
        guard age <= Double(self.staleAfter.components.seconds) else {
            return ("stale", "The last refresh that succeeded was \(Int(age / 3600)) hours ago.")
        }
        return ("ok", nil)
    }
}
