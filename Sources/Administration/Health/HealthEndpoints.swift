import FoundationEssentials
package import HTTP
import HTTPTypes
package import Hummingbird
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

    /// Adds the endpoints to a router that has its ``RequestEnvelope`` already.
    package func add(to router: Router<ReplicaContext>) {
        router.serve("/healthz", [.get: { _, _ in Response(json: ["status": "alive"]) }])
        router.serve("/readyz", [.get: { _, _ in self.readiness() }])
    }

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
