import HTTP
import HTTPTypes
import Registry

/// The offers that may answer a request, in the order in which to try them; at least one.
struct Candidates: Sendable {
    /// The offers.
    let offers: [Offer]
    /// The route that named them, if one did.
    let route: Route?
}

/// Turns the name that a request uses into the offers that can answer it: memory only, no I/O.
struct ModelResolver: Sendable {

    /// Finds the offers of a name.
    ///
    /// - Parameters:
    ///   - name: As the request has it: `provider/api-name`, an API name, or a route.
    ///   - snapshot: What is served.
    /// - Returns: The offers that chat.
    /// - Throws: 404 for a name that is unknown or switched off, 400 for a model that cannot chat, 503 while no registry is
    ///   loaded that could know it.
    func resolve(_ name: String, in snapshot: Snapshot) throws(APIError) -> Candidates {
        let shown = name.prefix(200)
        switch snapshot.resolve(name) {
        case .offers(let offers, let route):
            let chatting = offers.filter(\.model.chats)
            guard !chatting.isEmpty else {
                let outputs = offers.first?.model.outputModalities.joined(separator: ", ") ?? ""
                throw Self.refusal(
                    .badRequest,
                    code: "model_not_supported",
                    "The model “\(shown)” cannot chat: it answers with \(outputs). Use a model that answers with text."
                )
            }
            return Candidates(offers: chatting, route: route)
        case .inactive(let offers):
            throw Self.refusal(.notFound, code: "model_not_found", Self.explain(inactive: offers, shown))
        case .emptyRoute(let route):
            throw Self.refusal(
                .notFound,
                code: "model_not_found",
                "No model of the route “\(route.name.prefix(200))” can be used: each is unknown or switched off. "
                    + "Use another model, or ask whoever edits the registry to change the route."
            )
        case .unknown:
            guard snapshot !== Snapshot.empty else {
                throw APIError(
                    .serviceUnavailable,
                    .server,
                    code: "registry_unavailable",
                    "This replica has not been able to read the registry yet, so it knows no models. Try again in a moment."
                )
            }
            throw Self.refusal(
                .notFound,
                code: "model_not_found",
                "The model “\(shown)” does not exist here. GET /v1/models lists those there are."
            )
        }
    }

    private static func explain(inactive offers: [Offer], _ name: Substring) -> String {
        if let offer = offers.first(where: { $0.provider.isActive }) {
            let successor = offer.model.successor.map { " \(offer.provider.name) suggests \($0) instead." } ?? ""
            return "The model “\(name)” is switched off.\(successor) "
                + "Use another model, or ask whoever edits the registry to switch it on."
        }
        let provider = offers.first?.provider.name ?? "its provider"
        return "The model “\(name)” cannot be used because \(provider) is switched off. "
            + "Use another model, or ask whoever edits the registry to switch the provider on."
    }

    private static func refusal(_ status: HTTPResponse.Status, code: String, _ message: String) -> APIError {
        APIError(status, code: code, message, param: "model")
    }
}
