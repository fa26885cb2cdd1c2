public import FoundationEssentials
import Postgres

/// A provider that this program knows how to speak to, as it is put into an empty registry.
package struct BuiltInProvider: Sendable {
    /// Short name.
    package let slug: String
    /// The name people read.
    package let name: String
    /// What it is in the business of.
    package let kind: Provider.Kind
    /// How to speak to it.
    package let adapter: String
    /// The environment variable that holds its key.
    package let keyVariable: String?
    /// Its page for people.
    package let siteURL: String?
    /// Whether it is used from the start.
    package let isActive: Bool
    /// How often its list is read again.
    package let refreshInterval: Duration

    /// Describes a provider.
    package init(
        slug: String,
        name: String,
        kind: Provider.Kind,
        adapter: String,
        keyVariable: String?,
        siteURL: String?,
        isActive: Bool,
        refreshInterval: Duration
    ) {
        self.slug = slug
        self.name = name
        self.kind = kind
        self.adapter = adapter
        self.keyVariable = keyVariable
        self.siteURL = siteURL
        self.isActive = isActive
        self.refreshInterval = refreshInterval
    }
}

/// What one refresh of one provider did, as the registry remembers it.
public struct SyncRun: Sendable, Hashable {
    /// The provider's slug.
    public let provider: String
    /// When it began.
    public let startedAt: Date
    /// When it ended.
    public let finishedAt: Date
    /// `succeeded`, `failed` or `skipped`.
    public let outcome: String
    /// The same for people.
    public let message: String
    /// Things in the provider's list.
    public let fetched: Int32
    /// Of these, the ones that became models.
    public let transformed: Int32
    /// Of these, the ones that did not.
    public let skipped: Int32
    /// Models that were new.
    public let added: Int32
    /// Models of which the provider said something new.
    public let changed: Int32
    /// The revision that it made.
    public let revision: Int64?

    /// Describes a run.
    public init(
        provider: String,
        startedAt: Date,
        finishedAt: Date,
        outcome: String,
        message: String,
        fetched: Int32,
        transformed: Int32,
        skipped: Int32,
        added: Int32,
        changed: Int32,
        revision: Int64?
    ) {
        self.provider = provider
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.outcome = outcome
        self.message = message
        self.fetched = fetched
        self.transformed = transformed
        self.skipped = skipped
        self.added = added
        self.changed = changed
        self.revision = revision
    }
}

extension RegistryStore {
    /// Every provider, by id, as the database has it now.
    ///
    /// - Returns: The rows.
    /// - Throws: `PostgresError`.
    public func providers() async throws -> [Provider] {
        try await self.client.query(
            """
            SELECT id, slug, name, kind, adapter, base_url, api_key_env_var, site_url, is_active, health_status,
                extract(epoch FROM refresh_interval)::bigint AS refresh_seconds, row_revision
            FROM providers ORDER BY id
            """
        ).map(Provider.init(row:))
    }

    /// Puts in the providers that the registry has never had; what people made of the others stays.
    ///
    /// - Parameters:
    ///   - builtIn: The providers, in the order in which an empty registry numbers them.
    ///   - author: Who registers them.
    /// - Returns: The revision that it made; `nil` if all were there.
    /// - Throws: `PostgresError`.
    package func register(_ builtIn: [BuiltInProvider], as author: Authorship) async throws -> Int64? {
        try await self.write(as: author) { connection in
            for provider in builtIn {
                // Asked first, because ON CONFLICT alone would use up a number each time.
                _ = try await connection.query(
                    """
                    INSERT INTO providers (slug, name, kind, adapter, api_key_env_var, site_url, is_active,
                        refresh_interval)
                    SELECT \(provider.slug), \(provider.name), \(provider.kind.rawValue), \(provider.adapter),
                        \(provider.keyVariable), \(provider.siteURL), \(provider.isActive),
                        make_interval(secs => \(Double(provider.refreshInterval.components.seconds)))
                    WHERE NOT EXISTS (SELECT FROM providers WHERE slug = \(provider.slug))
                    ON CONFLICT (slug) DO NOTHING
                    """
                )
            }
        }.revision
    }

    /// Remembers what a refresh did.
    ///
    /// - Parameters:
    ///   - run: What it did.
    ///   - providerID: The provider's row.
    /// - Throws: `PostgresError`.
    package func record(_ run: SyncRun, ofProvider providerID: Int64) async throws {
        _ = try await self.client.query(
            """
            INSERT INTO sync_runs (provider_id, started_at, finished_at, outcome, message, models_fetched,
                models_transformed, models_skipped, models_added, models_changed, revision)
            VALUES (\(providerID), \(run.startedAt), \(run.finishedAt), \(run.outcome), \(run.message), \(run.fetched),
                \(run.transformed), \(run.skipped), \(run.added), \(run.changed), \(run.revision))
            """
        )
    }

    /// What the latest refreshes did, newest first.
    ///
    /// - Parameter limit: At most so many.
    /// - Returns: The runs.
    /// - Throws: `PostgresError`.
    public func recentRuns(limit: Int) async throws -> [SyncRun] {
        try await self.client.query(
            """
            SELECT p.slug, s.started_at, s.finished_at, s.outcome, s.message, s.models_fetched, s.models_transformed,
                s.models_skipped, s.models_added, s.models_changed, s.revision
            FROM sync_runs s JOIN providers p ON p.id = s.provider_id
            ORDER BY s.id DESC LIMIT \(Int64(limit))
            """
        ).map(SyncRun.init(row:))
    }

    /// What the latest refresh of a provider did.
    ///
    /// - Parameter providerID: The provider's row.
    /// - Returns: The run and its number; nil if there was none.
    /// - Throws: `PostgresError`.
    package func latestRun(ofProvider providerID: Int64) async throws -> (id: Int64, run: SyncRun)? {
        let rows = try await self.client.query(
            """
            SELECT s.id, p.slug, s.started_at, s.finished_at, s.outcome, s.message, s.models_fetched, s.models_transformed,
                s.models_skipped, s.models_added, s.models_changed, s.revision
            FROM sync_runs s JOIN providers p ON p.id = s.provider_id
            WHERE s.provider_id = \(providerID) ORDER BY s.id DESC LIMIT 1
            """
        )
        return try rows.first.map { (try $0.decode(Int64.self, "id"), try SyncRun(row: $0)) }
    }
}

extension SyncRun {
    fileprivate init(row: PostgresRow) throws {
        self.init(
            provider: try row.decode(String.self, "slug"),
            startedAt: try row.decode(Date.self, "started_at"),
            finishedAt: try row.decode(Date.self, "finished_at"),
            outcome: try row.decode(String.self, "outcome"),
            message: try row.decode(String.self, "message"),
            fetched: try row.decode(Int32.self, "models_fetched"),
            transformed: try row.decode(Int32.self, "models_transformed"),
            skipped: try row.decode(Int32.self, "models_skipped"),
            added: try row.decode(Int32.self, "models_added"),
            changed: try row.decode(Int32.self, "models_changed"),
            revision: try row.decode(Int64?.self, "revision")
        )
    }
}
