package import Secrets

/// How a simulator is reached and how it behaves from the start. Every number is a limit that is enforced.
package struct SimulatorConfiguration: Sendable {
    /// The address to listen on.
    package var host: String

    /// The port to listen on; 0 for a free one.
    package var port: Int

    /// How many event loops answer requests.
    package var threads: Int

    /// A folder with one folder of recordings per provider (`openrouter/models-2026-05-15.json`); nil for the catalogues that
    /// are built in, which also serve for the providers that the folder has nothing of.
    package var recordings: String?

    /// The recording that a provider serves, by the provider's slug; the newest by name for those not named.
    package var selectedRecordings: [String: String]

    /// The only key that a provider accepts, by its slug; any that is not empty for those not named.
    package var acceptedKeys: [String: Secret]

    /// Whether every provider answers for models that its list does not have. The generic one always does.
    package var acceptsUnknownModels: Bool

    /// How every answer behaves.
    package var behaviour: Behaviour

    /// The rules that are in force from the start.
    package var rules: [FaultRule]

    /// Where chance and identifiers begin, so that a run can be repeated.
    package var seed: UInt64

    /// How many of the last requests are kept for `GET /_simulator/requests`.
    package var keptRequests: Int

    /// How many bytes of their bodies are kept at most; older requests go first.
    package var keptBytes: Int

    /// The largest body of a request, in bytes; a larger one is answered with 413.
    package var largestBody: Int

    /// How many connections may be open; further ones are closed at once.
    package var mostConnections: Int

    /// How long answers may take to end after a graceful shutdown has begun.
    package var shutdownGrace: Duration

    /// The defaults: any free port on loopback, one thread, the built-in catalogues, nothing deviates.
    package init() {
        self.host = "127.0.0.1"
        self.port = 0
        self.threads = 1
        self.recordings = nil
        self.selectedRecordings = [:]
        self.acceptedKeys = [:]
        self.acceptsUnknownModels = false
        self.behaviour = .ordinary
        self.rules = []
        self.seed = 1
        self.keptRequests = 100
        self.keptBytes = 64 << 20
        self.largestBody = 32 << 20
        self.mostConnections = 16384
        self.shutdownGrace = .seconds(2)
    }
}
