import FoundationEssentials
package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Registry

/// `GET /healthz` and `GET /readyz`: whether the process lives, and whether it may be sent traffic.
package struct HealthEndpoints: Sendable {
    private let feed: SnapshotFeed
    private let maximumStaleness: Duration
    private let refusal: @Sendable () -> String?

    /// - Parameters:
    ///   - feed: What this replica serves.
    ///   - maximumStaleness: How long the registry may not have been read before no more traffic should come. Default 24 h.
    ///   - refusal: Why no traffic should come, for reasons that the server knows: it shuts down.
    package init(
        feed: SnapshotFeed,
        maximumStaleness: Duration = .seconds(24 * 3600),
        refusal: @escaping @Sendable () -> String? = { nil }
    ) {
        self.feed = feed
        self.maximumStaleness = maximumStaleness
        self.refusal = refusal
    }

    /// What is served.
    package var operations: [Operation] {
        [
            Operation(
                .get,
                "/healthz",
                id: "getHealth",
                summary: "Whether the process lives",
                group: .health,
                access: .anyone,
                answers: [.json(.object(["status": .constant("alive")]), "It lives.")],
                handler: { _, _ in Response(json: ["status": "alive"]) }
            ),
            Operation(
                .get,
                "/readyz",
                id: "getReadiness",
                summary: "Whether the replica may be sent traffic",
                group: .health,
                access: .anyone,
                answers: [
                    .json(Self.readinessSchema, "It may."),
                    .json(.serviceUnavailable, Self.readinessSchema, "It may not; `why` says why."),
                ],
                handler: { _, _ in self.readiness() }
            ),
        ]
    }

    private static let readinessSchema = Schema.object([
        "ready": .boolean,
        "mode": .string.described("normal, stopping, outgrown, or what is degraded."),
        "why": .string.nullable.described("The same in a sentence, where it is not normal."),
        "revision": .count.described("The revision that is served."),
    ]).named("Readiness")

    private func readiness() -> Response {
        let state = self.feed.state
        let (isReady, mode, why) = self.judge(state)
        return Response(
            json: [
                "ready": .bool(isReady),
                "mode": .string(mode),
                "why": JSONValue(why),
                "revision": JSONValue(state.snapshot.revision),
            ],
            status: isReady ? .ok : .serviceUnavailable
        )
    }

    private func judge(_ state: SnapshotFeed.State) -> (isReady: Bool, mode: String, why: String?) {
        if let refusal = self.refusal() { return (false, "stopping", refusal) }
        if state.isOutgrown {
            return (
                false, "outgrown",
                "A newer release has changed the database's schema, and this one can no longer follow the registry. "
                    + "Replace this replica."
            )
        }
        guard state.snapshot !== Snapshot.empty else {
            return (
                false, "degraded: no registry",
                state.failure == nil ? "The registry has not been read yet." : "The registry's database cannot be read."
            )
        }
        guard state.failure != nil else { return (true, "normal", nil) }
        let age = state.confirmedAt.map { Date().timeIntervalSince($0) } ?? .infinity
        guard age <= Double(self.maximumStaleness.components.seconds) else {
            return (
                false, "degraded: PostgreSQL is away",
                "The registry has not been read for longer than the \(self.maximumStaleness) that are allowed."
            )
        }
        return (
            true, "degraded: PostgreSQL is away",
            "The registry's database cannot be read; what was read last is served."
        )
    }
}
