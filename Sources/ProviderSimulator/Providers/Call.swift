import JSON
import NIOHTTP1
import Secrets

/// A request as a provider sees it, with what its answer may draw on.
struct Call: Sendable {
    let request: InboundRequest

    /// The provider's list in force.
    let list: ModelList

    /// What the body says, where it is a JSON object; nil for a request without one.
    let body: RequestBody?

    /// Why the body is no JSON object.
    let bodyError: JSONError?

    /// How the answer shall deviate; only its length concerns a provider.
    let tokens: Int?

    /// The only key that is accepted; nil for any.
    let acceptedKey: Secret?

    /// Whether a model that is not listed is answered for.
    let acceptsUnknownModels: Bool

    /// Seconds since 1970.
    let now: Int

    /// A number that no other call has, from which identifiers are made.
    let sequence: UInt64

    var method: HTTPMethod { self.request.method }

    var path: String { self.request.path }

    /// What follows a prefix of the path, if anything does.
    func remainder(after prefix: String) -> String? {
        guard self.path.hasPrefix(prefix), self.path.utf8.count > prefix.utf8.count else { return nil }
        return String(self.path.dropFirst(prefix.count))
    }

    /// The body that an inference endpoint needs.
    ///
    /// - Throws: a ``Refusal`` where there is none.
    func requireBody() throws(Refusal) -> RequestBody {
        if let body = self.body { return body }
        let reason = self.bodyError.map { ": \($0)" } ?? "."
        throw Refusal(.badRequest, "We could not parse the JSON body of your request\(reason)")
    }

    /// Checks a key as most providers do.
    ///
    /// - Parameter key: what the request carries; nil for none.
    /// - Throws: a ``Refusal`` where it is missing, empty or not the one that is accepted.
    func require(_ key: String?) throws(Refusal) {
        guard let key, !key.isEmpty else { throw Refusal(.missingKey) }
        if let accepted = self.acceptedKey, accepted.exposed != key { throw Refusal(.invalidKey) }
    }

    /// The key of `Authorization: Bearer …`.
    var bearer: String? {
        guard let value = self.request.headers.first(name: "authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// The name of a model that the provider knows.
    ///
    /// - Throws: a ``Refusal`` where the request names none, or an unknown one.
    func requireModel(_ body: RequestBody, of provider: some SimulatedProvider) throws(Refusal) -> String {
        guard let model = body.model, !model.isEmpty else {
            throw Refusal(.badRequest, "you must provide a model parameter")
        }
        if self.acceptsUnknownModels || provider.place(of: model, in: self.list) != nil { return model }
        throw Refusal(.unknownModel(model))
    }
}

/// A request that arrived, with the host that it is meant for taken from its path.
struct InboundRequest: Sendable {
    let method: HTTPMethod

    /// The provider's host, as the first segment of the path or the `Host` header named it.
    let host: String

    /// The path without the host, percent escapes read.
    let path: String

    /// The names and values of the query, percent escapes read.
    let query: [(name: String, value: String)]

    let headers: HTTPHeaders

    let body: [UInt8]

    /// The first value of a query item.
    func queryValue(_ name: String) -> String? { self.query.first { $0.name == name }?.value }

    /// A query item that is a number.
    ///
    /// - Throws: a ``Refusal`` where it is none.
    func queryInteger(_ name: String) throws(Refusal) -> Int? {
        guard let value = self.queryValue(name) else { return nil }
        guard let integer = Int(value) else {
            throw Refusal(.badRequest, "\(name): Input should be a valid integer, unable to parse string as an integer")
        }
        return integer
    }
}
