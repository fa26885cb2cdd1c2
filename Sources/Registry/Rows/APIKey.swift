public import FoundationEssentials

/// A client's key as the registry knows it: a row of `api_keys`. The key itself is not in it, only its hash.
public struct APIKey: Sendable, Hashable {
    /// What a key may be used for.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
        /// Use models.
        case inference
        /// See everything that operators see.
        case reader
        /// Edit the registry.
        case editor
        /// Manage keys, refresh, and all of the above.
        case admin
    }

    /// The row's number.
    public let id: Int64
    /// What the key is known by to whoever verifies it.
    public let hash: KeyHash
    /// Its first characters, to tell keys apart.
    public let prefix: String
    /// What it is for, in its maker's words.
    public let description: String
    /// Whose it is.
    public let owner: String?
    /// What it may be used for.
    public let scopes: Set<Scope>
    /// Higher goes first when the gateway is overloaded.
    public let priority: Int32
    /// When it ends by itself.
    public let expiresAt: Date?
    /// When it was ended.
    public let revokedAt: Date?
    /// When it was made.
    public let createdAt: Date

    /// Makes a key's row as the database would give it.
    public init(
        id: Int64,
        hash: KeyHash,
        prefix: String,
        description: String,
        owner: String? = nil,
        scopes: Set<Scope>,
        priority: Int32 = 0,
        expiresAt: Date? = nil,
        revokedAt: Date? = nil,
        createdAt: Date
    ) {
        self.id = id
        self.hash = hash
        self.prefix = prefix
        self.description = description
        self.owner = owner
        self.scopes = scopes
        self.priority = priority
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.createdAt = createdAt
    }

    /// Whether it opens anything at a moment.
    public func isValid(at moment: Date) -> Bool {
        guard self.revokedAt == nil else { return false }
        guard let end = self.expiresAt else { return true }
        return moment < end
    }

    /// Whether it may be used for something; an admin's key may be used for everything.
    public func allows(_ scope: Scope) -> Bool {
        self.scopes.contains(scope) || self.scopes.contains(.admin)
    }
}
