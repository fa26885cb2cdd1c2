public import FoundationEssentials
public import Postgres

/// The registry in PostgreSQL: reads it whole, writes it under an author's name.
///
/// Every write returns the revision that it made, so that a replica can wait until it serves what it has just written.
public struct RegistryStore: Sendable {
    let client: PostgresClient

    /// - Parameter client: A running client of a migrated database.
    public init(client: PostgresClient) {
        self.client = client
    }

    /// Reads the number of the latest revision, and when a refresh last succeeded.
    ///
    /// - Returns: The latest revision, and the end of the last successful refresh of any provider.
    /// - Throws: `PostgresError`, or ``Migrator/Outgrown`` if a later release has changed the schema beyond this one.
    public func position() async throws -> (revision: Int64, lastRefresh: Date?) {
        let rows = try await self.client.query(
            """
            SELECT revision, (SELECT max(finished_at) FROM sync_runs WHERE outcome = 'succeeded') AS last_refresh,
                (SELECT coalesce(max(oldest_release_step), 0) FROM schema_migrations) AS oldest_release_step
            FROM revision_counter
            """
        )
        guard let row = rows.first else {
            throw Migrator.Failure(description: "the table revision_counter is empty; its one row must not be deleted")
        }
        try Migrator.Outgrown.check(try row.decode(Int32.self, "oldest_release_step"))
        return (try row.decode(Int64.self, "revision"), try row.decode(Date?.self, "last_refresh"))
    }

    /// Reads everything that replicas serve, at one revision.
    ///
    /// - Returns: The registry as of the latest revision.
    /// - Throws: `PostgresError`.
    public func snapshot() async throws -> Snapshot {
        try await self.client.transaction(isolation: .repeatableRead, readOnly: true) { connection in
            try await Self.snapshot(on: connection, asOf: nil)
        }
    }

    /// Reads what replicas serve on a connection that sees one state.
    static func snapshot(on connection: PostgresConnection, asOf revision: Int64?) async throws -> Snapshot {
        let relation = Relations(revision: revision)
        let counter = try await connection.query("SELECT revision FROM revision_counter")
        let providers = try await connection.query(
            """
            SELECT id, slug, name, kind, adapter, base_url, api_key_env_var, site_url, is_active, health_status,
                extract(epoch FROM refresh_interval)::bigint AS refresh_seconds, row_revision
            FROM \(relation("providers"))
            """
        )
        let models = try await connection.query(
            """
            SELECT id, provider_id, provider_model_id, model_name, description, model_family,
                pricing_prompt, pricing_completion, pricing_cache_read, pricing_cache_write, pricing_image,
                pricing_request, pricing_reasoning, context_length, max_output_tokens, modality, input_modalities,
                output_modalities, supports_streaming, supports_tools, supports_vision, supports_reasoning,
                supports_json_schema, size_b, features, regions, tags, is_active, is_recommended,
                deprecation_date::text AS deprecation_date, successor, discovery_method, last_verified_at,
                sort_order, pinned, sources::text AS sources, row_revision, created_at
            FROM \(relation("models"))
            """
        )
        let routes = try await connection.query(
            """
            SELECT r.id, r.name, r.strategy, r.is_active,
                coalesce(jsonb_agg(jsonb_build_object('model', m.model, 'weight', m.weight, 'requires', m.requires,
                    'max_price', m.max_price) ORDER BY m.position) FILTER (WHERE m.id IS NOT NULL), '[]')::text AS members
            FROM \(relation("routes")) r LEFT JOIN \(relation("route_members")) m ON m.route_id = r.id
            GROUP BY r.id, r.name, r.strategy, r.is_active
            """
        )
        let keys = try await connection.query(
            """
            SELECT id, key_hash, prefix, description, owner, scopes, priority, expires_at, revoked_at, created_at
            FROM api_keys WHERE \(revision == nil)
            """
        )
        return Snapshot(
            revision: try revision ?? counter.first?.decode(Int64.self, "revision") ?? 0,
            readAt: Date(),
            providers: try providers.map(Provider.init(row:)),
            models: try models.map(Model.init(row:)),
            routes: try routes.map(Route.init(row:)),
            keys: try keys.map(APIKey.init(row:))
        )
    }

    /// Runs a transaction under an author's name.
    ///
    /// - Parameters:
    ///   - author: Who makes the change; recorded with the revision.
    ///   - lease: The lease that the change is made under; once it is not held any more, the commit is refused.
    ///   - settings: Further transaction-local settings.
    ///   - statementTimeout: How long each statement may take instead of the client's usual time.
    ///   - body: The statements; the transaction is rolled back if it throws.
    /// - Returns: What the body returned, and the revision that the transaction made; `nil` if it changed nothing.
    /// - Throws: What the body throws, and `PostgresError`.
    package func write<Value: Sendable>(
        as author: Authorship,
        under lease: Lease? = nil,
        settings: [String: String] = [:],
        statementTimeout: Duration? = nil,
        _ body: @Sendable (PostgresConnection) async throws -> Value
    ) async throws -> (value: Value, revision: Int64?) {
        let (value, changeSet) = try await self.client.transaction(
            settings: [author.settings, lease?.settings ?? [:], settings].reduce(into: [:]) { all, some in
                all.merge(some) { _, given in given }
            },
            statementTimeout: statementTimeout
        ) { connection in
            let value = try await body(connection)
            let rows = try await connection.query("SELECT open_change_set() AS change_set")
            return (value, try rows.first?.decode(Int64?.self, "change_set"))
        }
        guard let changeSet = changeSet ?? nil else { return (value, nil) }
        let rows = try await self.client.query("SELECT revision FROM revisions WHERE change_set = \(changeSet)")
        return (value, try rows.first?.decode(Int64.self, "revision"))
    }
}
