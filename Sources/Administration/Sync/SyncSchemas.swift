import HTTP

extension Schema {
    /// What a refresh of one provider did; `RefreshReport.details`.
    static let refreshDetails = Schema.object([
        "provider": .string.described("The provider's slug."),
        "provider_id": .integer.nullable.described("The provider's row."),
        "outcome": .choice(["succeeded", "skipped", "failed"]).described(
            "Skipped is no failure: no key is set, or the provider is switched off."
        ),
        "models_fetched": .count.described("Things in the provider's list."),
        "models_transformed": .count.described("Of these, the ones that became models."),
        "models_skipped": .count.described("Of these, the ones that did not."),
        "models_synced": .count.described("Models of the list that are in the registry now."),
        "dry_run": .boolean.described("Whether nothing was to be written."),
        "revision": .integer.nullable.described("The revision that it made; null if nothing changed."),
        "diff": .object([
            "added": .count.described("Models that were new."),
            "changed": .count.described("Models of which the provider says something new."),
            "deactivated": .count.described("Models switched off because they are no longer listed."),
            "quarantined": .count.described("Models held back for a person to look at."),
        ]),
        "skipped": .array(of: .object(["api_name": .string.nullable, "reason": .string])).described(
            "What did not become a model, and why; the first of them."
        ),
        "duration_ms": .count.described("How long it took, in milliseconds."),
    ]).named("RefreshDetails")

    /// What a refresh of one provider did.
    static let refreshReport = Schema.object([
        "success": .boolean,
        "message": .string.described("The same for people."),
        "details": .refreshDetails,
    ]).named("RefreshReport")

    /// What a refresh of several providers did; `SyncReport.details`.
    static let syncDetails = Schema.object([
        "models_fetched": .count,
        "models_transformed": .count,
        "models_skipped": .count,
        "models_synced": .count,
        "dry_run": .boolean,
        "revision": .integer.nullable.described("The last revision that it made; null if nothing changed."),
        "duration_ms": .count,
        "providers": .array(of: .refreshReport).described("Each provider's own report: each fails alone."),
    ]).named("SyncDetails")

    /// A refresh that was made before.
    static let syncRun = Schema.object([
        "provider": .string,
        "started_at": .moment,
        "finished_at": .moment,
        "outcome": .choice(["succeeded", "failed", "skipped"]),
        "message": .string,
        "models_fetched": .count,
        "models_transformed": .count,
        "models_skipped": .count,
        "models_added": .count,
        "models_changed": .count,
        "revision": .integer.nullable,
    ]).named("SyncRun")

    /// How many there are, and how many are in use.
    static let totals = Schema.object(["total": .count, "active": .count]).named("Totals")

    /// A provider as `GET /admin/model-sync/providers` shows it.
    static let syncProvider = Schema.object([
        "id": .integer,
        "slug": .string,
        "name": .string,
        "kind": .choice(["text", "image", "aggregator", "local"]),
        "adapter": .string,
        "base_url": .string.nullable,
        "api_key_env_var": .string.nullable.described("The environment variable that holds the key."),
        "site_url": .string.nullable,
        "is_active": .boolean,
        "health_status": .choice(["healthy", "degraded", "down", "unknown"]),
        "refresh_interval_seconds": .count,
        "models": .count,
        "active_models": .count,
    ]).named("SyncProvider")
}
