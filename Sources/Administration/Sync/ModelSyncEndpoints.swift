package import Discovery
package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Registry

/// `/admin/model-sync/…`: brings the registry up to what providers list, and says what came of it.
package struct ModelSyncEndpoints: Sendable {
    private let refresher: Refresher
    private let feed: SnapshotFeed

    private static let recentRuns = 50

    /// - Parameters:
    ///   - refresher: Asks the providers.
    ///   - feed: What this replica serves.
    package init(refresher: Refresher, feed: SnapshotFeed) {
        self.refresher = refresher
        self.feed = feed
    }

    /// What is served.
    package var operations: [Operation] {
        let dryRun = Operation.Parameter.query("dry_run", .boolean, "Say what would change, and write nothing.")
        return [
            Operation(
                .post,
                "/admin/model-sync/provider/{slug}",
                id: "syncProvider",
                summary: "Ask one provider for its models now",
                group: .refresh,
                access: .key(.admin),
                parameters: [.path("slug", .string, "The provider's slug."), dryRun],
                answers: [
                    .json(.refreshReport, "Its list is in the registry now, or would be."),
                    .json(.conflict, .refreshReport, "It was not asked: no key is set, or it is switched off."),
                    .json(.badGateway, .refreshReport, "It failed; the registry is as it was."),
                ],
                refusals: [.notFound: "There is no such provider."],
                needsDatabase: true,
                handler: self.syncOne
            ),
            Operation(
                .post,
                "/admin/model-sync/all",
                id: "syncProviders",
                summary: "Ask several providers for their models now",
                group: .refresh,
                access: .key(.admin),
                parameters: [
                    dryRun,
                    .query("providers", .string, "Slugs separated by commas; all that are active unless given."),
                ],
                answers: [
                    .json(
                        .object(["success": .boolean, "message": .string, "details": .syncDetails]),
                        "What came of it; each provider fails alone."
                    )
                ],
                refusals: [.notFound: "There is no such provider."],
                needsDatabase: true,
                handler: self.syncAll
            ),
            Operation(
                .get,
                "/admin/model-sync/providers",
                id: "listSyncProviders",
                summary: "List providers with their numbers of models",
                group: .refresh,
                access: .key(.admin),
                answers: [
                    .json(
                        .object(["success": .boolean, "count": .count, "providers": .array(of: .syncProvider)]),
                        "The providers."
                    )
                ],
                handler: self.providers
            ),
            Operation(
                .get,
                "/admin/model-sync/status",
                id: "getSyncStatus",
                summary: "What the latest refreshes did",
                group: .refresh,
                access: .key(.admin),
                answers: [.json(Self.statusSchema, "Totals, each provider's last run, and the latest runs.")],
                needsDatabase: true,
                handler: self.status
            ),
        ]
    }

    private static let statusSchema = Schema.object([
        "success": .boolean,
        "revision": .count,
        "last_refresh": .moment.nullable,
        "providers": .totals,
        "models": .totals,
        "by_provider": .array(
            of: .object([
                "provider": .string, "is_active": .boolean, "models": .count, "active_models": .count,
                "last_run": .syncRun.nullable,
            ])
        ),
        "recent_runs": .array(of: .syncRun),
    ])

    private func syncOne(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let slug = try context.parameters.require("slug")
        let isDryRun = try request.flag("dry_run")
        let report = try await self.explaining {
            try await self.refresher.refresh(
                provider: slug,
                isDryRun: isDryRun,
                as: Authorship(actor: context.principal.actor, reason: "POST /admin/model-sync/provider/\(slug)")
            )
        }
        try await self.feed.settle(on: report.revision)
        // A provider that was not asked, for want of a key, is no failure of anybody's, and no success either.
        let status: HTTPResponse.Status =
            switch report.outcome {
            case .succeeded: .ok
            case .skipped: .conflict
            case .failed: .badGateway
            }
        return Response(json: report.json, status: status, headers: self.feed.revisionField)
    }

    private func syncAll(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let isDryRun = try request.flag("dry_run")
        let slugs = request.uri.queryParameters["providers"].map { text in
            text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }.filter { !$0.isEmpty }
        }
        let start = ContinuousClock.now
        let reports = try await self.explaining {
            try await self.refresher.refreshAll(
                only: slugs?.isEmpty == false ? slugs : nil,
                isDryRun: isDryRun,
                as: Authorship(actor: context.principal.actor, reason: "POST /admin/model-sync/all")
            )
        }
        let report = SyncReport(reports: reports, isDryRun: isDryRun, duration: ContinuousClock.now - start)
        try await self.feed.settle(on: report.revision)
        return Response(
            json: [
                "success": .bool(report.isSuccess), "message": .string(report.message), "details": report.details,
            ],
            headers: self.feed.revisionField
        )
    }

    private func providers(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let counts = ModelCounts(context.snapshot)
        let providers = context.snapshot.providers.map { provider -> JSONValue in
            let count = counts[provider]
            return [
                "id": JSONValue(provider.id),
                "slug": .string(provider.slug),
                "name": .string(provider.name),
                "kind": .string(provider.kind.rawValue),
                "adapter": .string(provider.adapter),
                "base_url": JSONValue(provider.baseURL),
                "api_key_env_var": JSONValue(provider.keyVariable),
                "site_url": JSONValue(provider.siteURL),
                "is_active": .bool(provider.isActive),
                "health_status": .string(provider.health.rawValue),
                "refresh_interval_seconds": JSONValue(provider.refreshInterval.components.seconds),
                "models": JSONValue(count.total),
                "active_models": JSONValue(count.active),
            ]
        }
        return Response(json: ["success": true, "count": JSONValue(providers.count), "providers": .array(providers)])
    }

    private func status(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let runs = try await self.explaining { try await self.refresher.recentRuns(limit: Self.recentRuns) }
        let counts = ModelCounts(context.snapshot)
        return Response(json: [
            "success": true,
            "revision": JSONValue(context.snapshot.revision),
            "last_refresh": JSONValue(self.feed.state.lastRefresh),
            "providers": [
                "total": JSONValue(context.snapshot.providers.count),
                "active": JSONValue(context.snapshot.providers.count(where: \.isActive)),
            ],
            "models": ["total": JSONValue(counts.all.total), "active": JSONValue(counts.all.active)],
            "by_provider": .array(
                context.snapshot.providers.map { provider in
                    let last = runs.first { $0.provider == provider.slug }
                    return [
                        "provider": .string(provider.slug),
                        "is_active": .bool(provider.isActive),
                        "models": JSONValue(counts[provider].total),
                        "active_models": JSONValue(counts[provider].active),
                        "last_run": last.map(Self.json) ?? nil,
                    ]
                }
            ),
            "recent_runs": .array(runs.map(Self.json)),
        ])
    }

    private static func json(_ run: SyncRun) -> JSONValue {
        [
            "provider": .string(run.provider),
            "started_at": JSONValue(run.startedAt),
            "finished_at": JSONValue(run.finishedAt),
            "outcome": .string(run.outcome),
            "message": .string(run.message),
            "models_fetched": JSONValue(run.fetched),
            "models_transformed": JSONValue(run.transformed),
            "models_skipped": JSONValue(run.skipped),
            "models_added": JSONValue(run.added),
            "models_changed": JSONValue(run.changed),
            "revision": JSONValue(run.revision),
        ]
    }

    /// Says in words what went wrong with the database, and that a provider is not there.
    private func explaining<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await APIError.explainingStore(body)
        } catch let error as Refresher.UnknownProvider {
            throw APIError(
                .notFound,
                code: "provider_not_found",
                "There is no provider “\(error.slug.prefix(100))”. The registry has \(error.known.joined(separator: ", ")).",
                param: "provider"
            )
        }
    }
}
