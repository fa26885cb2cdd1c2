public import FoundationEssentials

/// One offer of a model by a provider: a row of `models`.
///
/// An absent value is unknown. Zero is a value: a price of zero means free.
public struct Model: Sendable, Hashable {
    /// What an offer costs, in exact USD per token unless said otherwise.
    public struct Pricing: Sendable, Hashable {
        /// Per input token.
        public var prompt: Decimal?
        /// Per output token.
        public var completion: Decimal?
        /// Per input token read from the provider's prompt cache.
        public var cacheRead: Decimal?
        /// Per input token written to the provider's prompt cache.
        public var cacheWrite: Decimal?
        /// USD per image.
        public var image: Decimal?
        /// USD per request, beside the tokens.
        public var request: Decimal?
        /// Per reasoning token, where it differs from the output price.
        public var reasoning: Decimal?

        /// All unknown.
        public init() {}
    }

    /// What an offer can do; `nil` where nobody has said.
    public struct Capabilities: Sendable, Hashable {
        /// Answers in a stream.
        public var streaming: Bool?
        /// Calls tools.
        public var tools: Bool?
        /// Sees images.
        public var vision: Bool?
        /// Thinks before it answers.
        public var reasoning: Bool?
        /// Keeps to a given JSON schema.
        public var jsonSchema: Bool?

        /// All unknown.
        public init() {}
    }

    /// How the row came to be.
    public enum DiscoveryMethod: String, Sendable, Hashable, CaseIterable {
        /// The provider lists it.
        case api
        /// A person typed it.
        case manual
        /// From this project's file of facts.
        case curated
        /// Added on first use.
        case auto
    }

    /// The row's number; stable for the life of the registry.
    public var id: Int64
    /// Who offers it.
    public var providerID: Int64
    /// The API name: what a request to the provider names it by.
    public var apiName: String
    /// The name people read.
    public var name: String
    /// What it is, in the provider's words.
    public var description: String?
    /// Models of one make share it, as in `gpt-4o`.
    public var family: String?
    /// What it costs.
    public var pricing = Pricing()
    /// Tokens that fit, input and output together.
    public var contextLength: Int64?
    /// The most tokens it answers with.
    public var maximumOutputTokens: Int64?
    /// What goes in and comes out, as in `text+image->text`.
    public var modality: String?
    /// What may go in: `text`, `image`, `audio`, `video`, `file`.
    public var inputModalities: [String] = []
    /// What comes out.
    public var outputModalities: [String] = []
    /// What it can do.
    public var capabilities = Capabilities()
    /// Parameters, in billions.
    public var sizeInBillions: Decimal?
    /// Further abilities, in the provider's words.
    public var features: [String] = []
    /// Where it runs.
    public var regions: [String] = []
    /// Labels, of people or by discovery: `local`, `free`.
    public var tags: [String] = []
    /// Whether requests may use it.
    public var isActive = true
    /// The first choice among equals.
    public var isRecommended = false
    /// The day, as `2026-11-21`, from which the provider no longer serves it.
    public var deprecationDate: String?
    /// What to use instead, in the provider's words.
    public var successor: String?
    /// How the row came to be.
    public var discoveryMethod = DiscoveryMethod.api
    /// When the provider last listed it or a request last succeeded, to the hour.
    public var lastVerifiedAt: Date?
    /// Where the order of people puts it.
    public var sortOrder: Int32?
    /// Columns that a person has set and a refresh leaves alone.
    public var pinned: [String] = []
    /// Columns that the provider did not tell itself, and who did: `curated` or `estimated`.
    public var sources: [String: String] = [:]
    /// Counts the changes of this row.
    public var rowRevision: Int64 = 1
    /// When the row was made.
    public var createdAt = Date(timeIntervalSince1970: 0)

    /// Makes a model of which only its names are known.
    public init(id: Int64, providerID: Int64, apiName: String, name: String) {
        self.id = id
        self.providerID = providerID
        self.apiName = apiName
        self.name = name
    }

    /// Whether it answers chats with text, as far as is known.
    public var chats: Bool {
        self.outputModalities.isEmpty || self.outputModalities.contains("text")
    }
}
