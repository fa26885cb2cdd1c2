/// One who offers models: a row of `providers`.
public struct Provider: Sendable, Hashable {
    /// What a provider is in the business of.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Serves text models of its own or on its own machines.
        case text
        /// Serves image models.
        case image
        /// Sells the models of many others behind one address.
        case aggregator
        /// A server of one's own, on this machine or near it.
        case local
    }

    /// What recent requests saw.
    public enum Health: String, Sendable, Hashable, CaseIterable {
        /// Requests succeed.
        case healthy
        /// Some requests fail.
        case degraded
        /// No request succeeds.
        case down
        /// Nothing has been tried lately.
        case unknown
    }

    /// The row's number; stable for the life of the registry.
    public let id: Int64
    /// Short name, the first part of `provider/api-name`.
    public let slug: String
    /// The name people read.
    public let name: String
    /// What it is in the business of.
    public let kind: Kind
    /// How to speak to it; `openai-compatible` for whatever speaks as OpenAI does.
    public let adapter: String
    /// Where inference requests go; `nil` for the address that the adapter knows.
    public let baseURL: String?
    /// The environment variable that holds its key; `nil` for the adapter's own. Keys are never stored.
    public let keyVariable: String?
    /// Its page for people.
    public let siteURL: String?
    /// Whether it is used and refreshed.
    public let isActive: Bool
    /// What recent requests saw.
    public let health: Health
    /// Seconds between two refreshes of its list.
    public let refreshInterval: Duration
    /// Counts the changes of this row.
    public let rowRevision: Int64

    /// Makes a provider as the database would give it.
    public init(
        id: Int64,
        slug: String,
        name: String,
        kind: Kind,
        adapter: String,
        baseURL: String? = nil,
        keyVariable: String? = nil,
        siteURL: String? = nil,
        isActive: Bool = true,
        health: Health = .unknown,
        refreshInterval: Duration = .seconds(3_600),
        rowRevision: Int64 = 1
    ) {
        self.id = id
        self.slug = slug
        self.name = name
        self.kind = kind
        self.adapter = adapter
        self.baseURL = baseURL
        self.keyVariable = keyVariable
        self.siteURL = siteURL
        self.isActive = isActive
        self.health = health
        self.refreshInterval = refreshInterval
        self.rowRevision = rowRevision
    }
}
