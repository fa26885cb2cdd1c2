package import Hummingbird
package import Registry

/// What belongs to one request: its id, the connection it came in on, and the one snapshot of the registry that it is
/// answered from, so that key, model, price and route are of one revision.
///
/// ``RequestEnvelope`` fills it in, and the operation's guard says who asks; a value, passed down the path.
package struct ReplicaContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The connection, shared by the requests that come in on it; nil outside a ``ReplicaChannel``.
    package let connection: ClientConnection?
    /// What answers, logs and history name this request by.
    package var requestID: String
    /// What the request is answered from.
    package var snapshot: Snapshot
    /// Who asks, as far as the operation wanted to know.
    package var principal: Principal

    package init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.connection = ClientConnection.current
        self.requestID = ""
        self.snapshot = .empty
        self.principal = .anyone
    }
}
