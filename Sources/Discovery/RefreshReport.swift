/// What one refresh of one provider did.
public struct RefreshReport: Sendable, Hashable {
    /// How it ended.
    public enum Outcome: String, Sendable, Hashable {
        /// The provider's list was read and merged, or would have been in a dry run.
        case succeeded
        /// It was not tried, for a reason that is no fault: no key is set, or the provider is switched off.
        case skipped
        /// It was tried and failed; the registry is as it was.
        case failed
    }

    /// How the registry differs from what the provider lists.
    public struct Diff: Sendable, Hashable {
        /// Models that were not in the registry.
        public var added = 0
        /// Models of which the provider says something new.
        public var changed = 0
        /// Models switched off because they are no longer listed.
        public var deactivated = 0
        /// Models held back for a person to look at.
        public var quarantined = 0

        /// No difference.
        public init() {}
    }

    /// One thing in the list that did not become a model, and why.
    public struct Skipped: Sendable, Hashable {
        /// Its API name, if it has one.
        public let apiName: String?
        /// Why it was left out.
        public let reason: String

        /// Names a thing and the reason.
        public init(apiName: String?, reason: String) {
            self.apiName = apiName
            self.reason = reason
        }
    }

    /// The provider's slug.
    public let provider: String
    /// The provider's row; `nil` if the slug is unknown.
    public let providerID: Int64?
    /// How it ended.
    public var outcome: Outcome
    /// The same for people, with the reason and what to do.
    public var message: String
    /// Things in the provider's list.
    public var fetched = 0
    /// Of these, the ones that became models.
    public var transformed = 0
    /// Models of the list that are in the registry now.
    public var synced = 0
    /// Whether nothing was to be written.
    public let isDryRun: Bool
    /// The revision that it made; `nil` if it changed nothing.
    public var revision: Int64?
    /// What was, or would have been, changed.
    public var diff = Diff()
    /// What did not become a model, each with its reason.
    public var skipped: [Skipped] = []
    /// How long it took.
    public var duration: Duration = .zero

    /// Begins a report.
    public init(provider: String, providerID: Int64?, outcome: Outcome, message: String, isDryRun: Bool) {
        self.provider = provider
        self.providerID = providerID
        self.outcome = outcome
        self.message = message
        self.isDryRun = isDryRun
    }
}
