import HTTP
import HTTPTypes
import Registry

/// What is going to be called for a request.
struct Plan: Sendable {
    /// The offer that answers.
    let offer: Offer
    /// How its provider is called.
    let upstream: Upstream
    /// The route that named the offer, if one did.
    let route: Route?
}

/// Chooses whom to call: memory only, no I/O.
struct Planner: Sendable {

    /// Chooses the first candidate whose provider can be called.
    ///
    /// - Parameters:
    ///   - candidates: The offers in the order in which to try them.
    ///   - upstreams: How each provider is called.
    /// - Returns: The plan.
    /// - Throws: 503 that says why the first candidate cannot be called, if none can.
    func plan(_ candidates: Candidates, _ upstreams: UpstreamTable) throws(APIError) -> Plan {
        var first: Upstream.Obstacle?
        for offer in candidates.offers {
            do throws(Upstream.Obstacle) {
                guard let upstream = try upstreams.upstream(of: offer.provider) else { continue }
                return Plan(offer: offer, upstream: upstream, route: candidates.route)
            } catch {
                first = first ?? error
            }
        }
        throw APIError(
            .serviceUnavailable,
            .server,
            code: first?.code ?? "provider_misconfigured",
            first?.message ?? "No provider of this model can be called."
        )
    }
}
