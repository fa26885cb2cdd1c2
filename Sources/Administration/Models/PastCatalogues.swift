import Discovery
import NIOConcurrencyHelpers
import Registry

/// What replicas served at some revision, and the list of it.
struct PastCatalogue: Sendable {
    let snapshot: Snapshot
    let list: ModelList
}

/// The catalogues of the past that were asked for lately, shared by all requests on any thread.
///
/// What was is not going to change, so that a few are kept; requests for the same one at the same time share one reading.
final class PastCatalogues: Sendable {
    /// A catalogue may be large, and people look at few.
    private static let most = 4

    private let store: RegistryStore
    private let flight = SingleFlight<Int64, PastCatalogue>()
    /// The latest that was asked for last.
    private let kept = NIOLockedValueBox<[PastCatalogue]>([])

    init(store: RegistryStore) {
        self.store = store
    }

    /// The catalogue at a point.
    ///
    /// - Parameter point: A revision, or a time.
    /// - Returns: What was served then.
    /// - Throws: `HistoryNotFound`; `PostgresError` while the database is away, also for what is kept: only it can say
    ///   which revision a time stands for.
    func catalogue(at point: RevisionPoint) async throws -> PastCatalogue {
        if case .revision(let revision) = point, let known = self.known(revision) { return known }
        let revision = try await self.store.revision(at: point)
        if let known = self.known(revision) { return known }
        return try await self.flight.run(revision) {
            let snapshot = try await self.store.snapshot(asOf: revision)
            let catalogue = PastCatalogue(snapshot: snapshot, list: ModelList(snapshot))
            self.kept.withLockedValue { kept in
                kept.removeAll { $0.snapshot.revision == revision }
                kept.append(catalogue)
                kept.removeFirst(max(0, kept.count - Self.most))
            }
            return catalogue
        }
    }

    private func known(_ revision: Int64) -> PastCatalogue? {
        self.kept.withLockedValue { kept in
            guard let place = kept.firstIndex(where: { $0.snapshot.revision == revision }) else { return nil }
            let found = kept.remove(at: place)
            kept.append(found)
            return found
        }
    }
}
