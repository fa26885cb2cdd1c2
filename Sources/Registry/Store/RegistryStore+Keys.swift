public import FoundationEssentials
import Postgres
public import Secrets

/// What a new client key shall be.
public struct NewAPIKey: Sendable {
    /// The key itself.
    public var key: Secret
    /// What it is for.
    public var description: String
    /// Whose it is.
    public var owner: String?
    /// What it may be used for.
    public var scopes: Set<APIKey.Scope>
    /// Higher goes first when the gateway is overloaded.
    public var priority: Int32
    /// When it ends by itself.
    public var expiresAt: Date?

    /// Describes a key for inference, freshly made unless given.
    public init(
        key: Secret = .newClientKey(),
        description: String,
        owner: String? = nil,
        scopes: Set<APIKey.Scope> = [.inference],
        priority: Int32 = 0,
        expiresAt: Date? = nil
    ) {
        self.key = key
        self.description = description
        self.owner = owner
        self.scopes = scopes
        self.priority = priority
        self.expiresAt = expiresAt
    }
}

extension RegistryStore {
    /// Registers a client key; only its hash is stored.
    ///
    /// - Parameters:
    ///   - new: What the key shall be.
    ///   - author: Who registers it.
    /// - Returns: The row, and the revision with which it is in force; the row that was there, and no revision, if the
    ///   very key was registered before.
    /// - Throws: `PostgresError`; a refused value has the sentence that says why as its constraint.
    public func createKey(_ new: NewAPIKey, as author: Authorship) async throws -> (key: APIKey, revision: Int64?) {
        let hash = KeyHash(of: new.key).bytes
        let (key, revision) = try await self.write(as: author) { connection in
            _ = try await connection.query(
                """
                INSERT INTO api_keys (key_hash, prefix, description, owner, scopes, priority, expires_at)
                VALUES (\(hash), \(new.key.keyPrefix), \(new.description), \(new.owner),
                    \(new.scopes.map(\.rawValue).sorted()), \(new.priority), \(new.expiresAt))
                ON CONFLICT (key_hash) DO NOTHING
                """
            )
            let rows = try await connection.query(
                """
                SELECT id, key_hash, prefix, description, owner, scopes, priority, expires_at, revoked_at, created_at
                FROM api_keys WHERE key_hash = \(hash)
                """
            )
            return try rows.first.map(APIKey.init(row:))
        }
        guard let key else {
            throw Migrator.Failure(description: "the key was deleted while it was being registered; register it again")
        }
        return (key, revision)
    }

    /// Ends a key.
    ///
    /// - Parameters:
    ///   - id: The key's number.
    ///   - author: Who ends it.
    /// - Returns: Whether there is such a key, and the revision with which it is refused; no revision if it had ended
    ///   before.
    /// - Throws: `PostgresError`.
    public func revokeKey(id: Int64, as author: Authorship) async throws -> (exists: Bool, revision: Int64?) {
        let (exists, revision) = try await self.write(as: author) { connection in
            _ = try await connection.query(
                "UPDATE api_keys SET revoked_at = now() WHERE id = \(id) AND revoked_at IS NULL"
            )
            return try await !connection.query("SELECT FROM api_keys WHERE id = \(id)").isEmpty
        }
        return (exists, revision)
    }

    /// Every key, newest first, also ended ones.
    ///
    /// - Returns: The rows; keys themselves are not known.
    /// - Throws: `PostgresError`.
    public func keys() async throws -> [APIKey] {
        try await self.client.query(
            """
            SELECT id, key_hash, prefix, description, owner, scopes, priority, expires_at, revoked_at, created_at
            FROM api_keys ORDER BY id DESC
            """
        ).map(APIKey.init(row:))
    }
}
