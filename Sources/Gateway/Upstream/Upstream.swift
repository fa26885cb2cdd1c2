import HTTPTypes
import Providers
import Registry

/// How one provider of a snapshot is called: worked out once per snapshot, so that a request only looks it up.
struct Upstream: Sendable {
    /// Where chats are sent.
    let url: String
    /// The fields of every request, the provider's key among them.
    let headers: HTTPFields
    /// The fields of every request for a stream.
    let headersOfStreams: HTTPFields
    /// The variable that holds the key, for people; nil where none is used.
    let keyVariable: String?

    /// Why a provider cannot be called. It is the operator's to mend, not the client's.
    struct Obstacle: Error, Sendable, Hashable {
        /// What a program can tell obstacles apart by.
        let code: String
        /// What is wrong and what to do.
        let message: String
    }

    /// Works out how a provider is called.
    ///
    /// - Parameters:
    ///   - provider: The row.
    ///   - environment: Keys, addresses, and where keys may go.
    /// - Throws: An ``Obstacle`` that names the row's column or the environment's variable.
    init(_ provider: Provider, _ environment: ProviderEnvironment) throws(Obstacle) {
        guard let definition = ProviderCatalog.definition(slug: provider.slug, adapter: provider.adapter) else {
            throw Obstacle(
                code: "provider_misconfigured",
                message:
                    "The provider \(provider.name) cannot be called: its adapter “\(provider.adapter)” is not known. "
                    + "An OpenAI-compatible server has the adapter openai-compatible."
            )
        }
        guard definition.chat.speaksOpenAI else {
            throw Obstacle(
                code: "provider_not_supported",
                message: "\(provider.name) has no OpenAI-compatible chat endpoint that could be used."
            )
        }
        let destination: Destination
        let key: ProviderEnvironment.Key
        do {
            destination = try Destination.resolve(
                definition.chat.path,
                slug: provider.slug,
                rowBaseURL: provider.baseURL,
                definition: definition,
                policy: environment.policy
            )
            key = try environment.key(slug: provider.slug, rowVariable: provider.keyVariable, definition: definition)
        } catch {
            throw Obstacle(
                code: "provider_misconfigured",
                message: "The provider \(provider.name) cannot be called: \(error)."
            )
        }
        // A server of one's own may do without a key; whoever sells answers does not.
        let needsKey = definition.kind != .local && definition.authentication.field != nil
        if needsKey, key.secret == nil {
            throw Obstacle(
                code: "provider_key_missing",
                message:
                    "\(provider.name) cannot be called because its API key is not set. Set the environment variable "
                    + "\(key.variables.first ?? "of its key") and start this gateway again, or use another provider's model."
            )
        }
        if needsKey, !destination.mayCarryKey {
            throw Obstacle(
                code: "provider_misconfigured",
                message:
                    "\(provider.name) cannot be called: \(destination.keyRefusal ?? "its key may not be sent there")."
            )
        }
        let secret = destination.mayCarryKey ? key.secret : nil
        var headers = definition.authentication.fields(key: secret)
        headers[.contentType] = "application/json"
        headers[.userAgent] = "roster"
        headers[.accept] = "application/json"
        self.headers = headers
        headers[.accept] = "text/event-stream"
        self.headersOfStreams = headers
        self.url = destination.url
        self.keyVariable = key.variables.first
    }
}

/// How every provider of a snapshot is called, or why it cannot be.
struct UpstreamTable: Sendable {
    private let upstreams: [Int64: Result<Upstream, Upstream.Obstacle>]

    /// Works out how each provider is called.
    ///
    /// - Parameters:
    ///   - snapshot: The providers.
    ///   - environment: Keys, addresses, and where keys may go.
    init(_ snapshot: Snapshot, _ environment: ProviderEnvironment) {
        var upstreams: [Int64: Result<Upstream, Upstream.Obstacle>] = [:]
        for provider in snapshot.providers {
            do throws(Upstream.Obstacle) {
                upstreams[provider.id] = .success(try Upstream(provider, environment))
            } catch {
                upstreams[provider.id] = .failure(error)
            }
        }
        self.upstreams = upstreams
    }

    /// How a provider is called.
    ///
    /// - Parameter provider: A row of the snapshot.
    /// - Returns: How; nil for a row of another snapshot.
    /// - Throws: Why it cannot be called.
    func upstream(of provider: Provider) throws(Upstream.Obstacle) -> Upstream? {
        try self.upstreams[provider.id]?.get()
    }
}
