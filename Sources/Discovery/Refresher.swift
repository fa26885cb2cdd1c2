import FoundationEssentials
package import Logging
import Postgres
package import Providers
public import Registry
package import Transfer

/// Brings the registry up to what providers list: fetch, normalise, merge.
///
/// Each provider fails alone. A refresh of a provider that is under way is joined, not repeated. A failure of a provider
/// is a report, never an empty list; an error is thrown only when the registry itself cannot be read or written.
public final class Refresher: Sendable {
    private struct Flight: Hashable {
        let slug: String
        let isDryRun: Bool
    }

    /// A provider that the registry does not have.
    public struct UnknownProvider: Error, CustomStringConvertible {
        /// What was asked for.
        public let slug: String
        /// What there is.
        public let known: [String]

        /// What was asked for, and what there is.
        public var description: String {
            "there is no provider “\(self.slug)”; the registry has \(self.known.joined(separator: ", "))"
        }
    }

    let store: RegistryStore
    private let feed: SnapshotFeed?
    private let fetcher: ListingFetcher
    private let leaseSpan: Duration
    private let logger: Logger
    private let flights = SingleFlight<Flight, RefreshReport>()

    /// Who refreshes, as `leases` names it.
    private let name = "\(ProcessInfo.processInfo.hostName):\(ProcessInfo.processInfo.processIdentifier)"

    /// What the database says to a write under a lease that is somebody else's by now (object_not_in_prerequisite_state).
    private static let leaseIsNotHeld = "55000"

    /// Providers that are asked at the same time.
    private static let concurrency = 8

    /// - Parameters:
    ///   - store: The registry.
    ///   - feed: Told when there is something new; `nil` outside a replica.
    ///   - transfer: The client of all traffic to providers; it must be running.
    ///   - environment: Keys and addresses of providers.
    ///   - logger: Told what each refresh did.
    ///   - leaseSpan: How long a replica that is gone keeps others from refreshing a provider.
    package init(
        store: RegistryStore,
        feed: SnapshotFeed?,
        transfer: TransferClient,
        environment: ProviderEnvironment,
        logger: Logger,
        leaseSpan: Duration = .seconds(30)
    ) {
        self.leaseSpan = leaseSpan
        self.store = store
        self.feed = feed
        self.fetcher = ListingFetcher(transfer: transfer, environment: environment, logger: logger)
        self.logger = logger
    }

    /// Registers the built-in providers that the registry has never had.
    ///
    /// - Throws: `PostgresError`.
    public func registerProviders() async throws {
        let builtIn = ProviderCatalog.seeded.map { definition in
            BuiltInProvider(
                slug: definition.slug,
                name: definition.name,
                kind: Provider.Kind(rawValue: definition.kind.rawValue) ?? .text,
                adapter: definition.adapter,
                keyVariable: definition.keyVariables.first,
                siteURL: definition.siteURL,
                isActive: definition.isEnabledByDefault,
                refreshInterval: definition.refreshInterval
            )
        }
        if try await self.store.register(builtIn, as: Authorship(actor: "roster", reason: "built-in providers")) != nil
        {
            self.feed?.wake()
        }
    }

    /// Refreshes one provider, or joins the refresh of it that is under way.
    ///
    /// - Parameters:
    ///   - slug: The provider.
    ///   - isDryRun: Whether to find out what would change, and change nothing.
    ///   - author: Who asked for it.
    /// - Returns: What happened.
    /// - Throws: ``UnknownProvider``; `PostgresError` if the registry cannot be read or written.
    public func refresh(provider slug: String, isDryRun: Bool, as author: Authorship) async throws -> RefreshReport {
        let providers = try await self.store.providers()
        guard let provider = providers.first(where: { $0.slug == slug }) else {
            throw UnknownProvider(slug: slug, known: providers.map(\.slug))
        }
        return try await self.refresh(provider, isDryRun: isDryRun, as: author)
    }

    /// Refreshes several providers at the same time, each failing alone.
    ///
    /// - Parameters:
    ///   - slugs: Which; `nil` for all that are active.
    ///   - isDryRun: Whether to find out what would change, and change nothing.
    ///   - author: Who asked for it.
    ///   - progress: Called as each ends.
    /// - Returns: What happened to each, in the order of the providers.
    /// - Throws: ``UnknownProvider`` before anything was done; `PostgresError` if the registry cannot be read or written.
    public func refreshAll(
        only slugs: [String]? = nil,
        isDryRun: Bool,
        as author: Authorship,
        progress: @Sendable (RefreshReport) async -> Void = { _ in }
    ) async throws -> [RefreshReport] {
        let all = try await self.store.providers()
        for slug in slugs ?? [] where !all.contains(where: { $0.slug == slug }) {
            throw UnknownProvider(slug: slug, known: all.map(\.slug))
        }
        let chosen = all.filter { slugs?.contains($0.slug) ?? $0.isActive }
        return try await withThrowingTaskGroup(of: (Int, RefreshReport).self) { group in
            var reports: [Int: RefreshReport] = [:]
            var waiting = chosen.enumerated().makeIterator()
            func startNext() {
                guard let (index, provider) = waiting.next() else { return }
                group.addTask { (index, try await self.refresh(provider, isDryRun: isDryRun, as: author)) }
            }
            for _ in 0..<Self.concurrency { startNext() }
            while let (index, report) = try await group.next() {
                reports[index] = report
                await progress(report)
                startNext()
            }
            return chosen.indices.compactMap { reports[$0] }
        }
    }

    /// What the latest refreshes did, newest first.
    ///
    /// - Parameter limit: At most so many.
    /// - Returns: The runs, of all providers.
    /// - Throws: `PostgresError`.
    public func recentRuns(limit: Int) async throws -> [SyncRun] {
        try await self.store.recentRuns(limit: limit)
    }

    private func refresh(_ provider: Provider, isDryRun: Bool, as author: Authorship) async throws -> RefreshReport {
        try await self.flights.run(Flight(slug: provider.slug, isDryRun: isDryRun)) {
            guard !isDryRun else { return try await self.refreshAlone(provider, isDryRun: true, as: author) }
            return try await self.refreshUnderLease(provider, as: author)
        }
    }

    /// Refreshes a provider as the only one in the cluster, or waits for who does it and takes over what came of it.
    private func refreshUnderLease(_ provider: Provider, as author: Authorship) async throws -> RefreshReport {
        let before = try await self.store.latestRun(ofProvider: provider.id)?.id
        let startedAt = Date()
        while true {
            do {
                let own = try await self.store.withLease(
                    "refresh:\(provider.slug)",
                    holder: self.name,
                    for: self.leaseSpan
                ) { lease in
                    // Looked for under the lease: a run that ended since was under way when this one was asked for.
                    if let latest = try await self.store.latestRun(ofProvider: provider.id), latest.id != before {
                        self.feed?.wake()
                        return RefreshReport(latest.run, ofProvider: provider.id)
                    }
                    return try await self.refreshAlone(provider, isDryRun: false, as: author, under: lease)
                }
                if let own { return own }
            } catch is LeaseLost {
                // Found out before the database had to refuse the write; the other providers' refreshes go on.
                let report = Self.takenOver(provider)
                try await self.store.record(
                    SyncRun(report, startedAt: startedAt, finishedAt: Date()),
                    ofProvider: provider.id
                )
                self.log(report)
                return report
            }
            // Whoever has it records a run; who crashed leaves the lease to end by itself, and then it is ours.
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func refreshAlone(
        _ provider: Provider,
        isDryRun: Bool,
        as author: Authorship,
        under lease: Lease? = nil
    ) async throws -> RefreshReport {
        let startedAt = Date()
        let start = ContinuousClock.now
        var report: RefreshReport
        do {
            let listed = try await self.fetcher.list(of: provider)
            report = try await self.merge(listed, into: provider, isDryRun: isDryRun, as: author, under: lease)
        } catch ListingFetcher.Failure.skipped(let reason) {
            report = Self.report(provider, .skipped, "Skipped \(provider.slug): \(reason).", isDryRun)
        } catch ListingFetcher.Failure.failed(let reason) {
            report = Self.report(
                provider,
                .failed,
                "Could not sync \(provider.slug): \(reason). Its models stay as they were.",
                isDryRun
            )
        } catch let error as PostgresError where lease != nil && error.sqlState == Self.leaseIsNotHeld {
            report = Self.takenOver(provider)
        }
        report.duration = ContinuousClock.now - start
        if !isDryRun {
            try await self.store.record(
                SyncRun(report, startedAt: startedAt, finishedAt: Date()),
                ofProvider: provider.id
            )
            self.feed?.wake()
        }
        self.log(report)
        return report
    }

    private func merge(
        _ listed: ListedModels,
        into provider: Provider,
        isDryRun: Bool,
        as author: Authorship,
        under lease: Lease?
    ) async throws -> RefreshReport {
        let outcome = try await self.store.merge(
            listed.models.map(DiscoveredModel.init),
            ofProvider: provider.id,
            isComplete: listed.isComplete,
            guards: MergeGuards(),
            isDryRun: isDryRun,
            as: Authorship(
                actor: "refresh:\(provider.slug)\(lease.map { "#\($0.fencingToken)" } ?? "")",
                reason: author.reason ?? "asked for by \(author.actor)"
            ),
            under: lease
        )
        var report = Self.report(provider, .succeeded, "", isDryRun)
        report.fetched = listed.rowCount
        report.transformed = listed.models.count
        report.synced = isDryRun ? 0 : listed.models.count
        report.skipped = listed.skipped.map { RefreshReport.Skipped(apiName: $0.id, reason: $0.reason) }
        report.diff.added = outcome.added.count
        report.diff.changed = outcome.changed.count
        report.diff.deactivated = outcome.deactivated.count
        report.diff.quarantined = outcome.heldBack.count
        report.revision = outcome.revision
        let counts = "Fetched: \(report.fetched), Transformed: \(report.transformed), Skipped: \(report.skipped.count)"
        report.message =
            isDryRun
            ? "Dry run: \(report.transformed) models from \(provider.slug), nothing written. \(counts)"
            : "Synced \(report.synced) models from \(provider.slug). \(counts)"
        if let first = outcome.heldBack.first {
            report.message +=
                ". Held back for review: \(outcome.heldBack.count), as \(first.column) of \(first.apiName): "
                + first.reason
        }
        return report
    }

    private static func takenOver(_ provider: Provider) -> RefreshReport {
        self.report(
            provider,
            .failed,
            "Did not finish syncing \(provider.slug): this replica was too slow, and another has taken over.",
            false
        )
    }

    private static func report(
        _ provider: Provider,
        _ outcome: RefreshReport.Outcome,
        _ message: String,
        _ isDryRun: Bool
    ) -> RefreshReport {
        RefreshReport(
            provider: provider.slug,
            providerID: provider.id,
            outcome: outcome,
            message: message,
            isDryRun: isDryRun
        )
    }

    private func log(_ report: RefreshReport) {
        let metadata: Logger.Metadata = [
            "provider": "\(report.provider)", "outcome": "\(report.outcome.rawValue)",
            "added": "\(report.diff.added)", "changed": "\(report.diff.changed)",
            "revision": "\(report.revision.map(String.init) ?? "none")", "duration": "\(report.duration)",
        ]
        switch report.outcome {
        case .succeeded, .skipped: self.logger.info("\(report.message)", metadata: metadata)
        case .failed: self.logger.warning("\(report.message)", metadata: metadata)
        }
    }
}

extension SyncRun {
    fileprivate init(_ report: RefreshReport, startedAt: Date, finishedAt: Date) {
        self.init(
            provider: report.provider,
            startedAt: startedAt,
            finishedAt: finishedAt,
            outcome: report.outcome.rawValue,
            message: report.message,
            fetched: Int32(clamping: report.fetched),
            transformed: Int32(clamping: report.transformed),
            skipped: Int32(clamping: report.skipped.count),
            added: Int32(clamping: report.diff.added),
            changed: Int32(clamping: report.diff.changed),
            revision: report.revision
        )
    }
}

extension RefreshReport {
    /// What somebody else's run of the same refresh did.
    fileprivate init(_ run: SyncRun, ofProvider id: Int64) {
        self.init(
            provider: run.provider,
            providerID: id,
            outcome: Outcome(rawValue: run.outcome) ?? .failed,
            message: run.message,
            isDryRun: false
        )
        self.fetched = Int(run.fetched)
        self.transformed = Int(run.transformed)
        self.synced = self.outcome == .succeeded ? Int(run.transformed) : 0
        self.diff.added = Int(run.added)
        self.diff.changed = Int(run.changed)
        self.revision = run.revision
    }
}
