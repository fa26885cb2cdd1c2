public import FoundationEssentials
public import Logging
import NIOConcurrencyHelpers
import Postgres
public import ServiceLifecycle

/// Keeps a replica's snapshot up to date: the one place that says which revision is served, and how fresh it is.
///
/// It is a reconciler: woken by hints and by a period, it compares revisions and reads the registry when they differ.
/// A hint that is lost costs at most one period; a database that is away leaves the last snapshot in force.
public final class SnapshotFeed: Service, Sendable {
    /// What is served, and how sure that is.
    public struct State: Sendable {
        /// What requests are answered from.
        public let snapshot: Snapshot
        /// When the database last confirmed that nothing newer exists; `nil` before the first time.
        public let confirmedAt: Date?
        /// When a refresh of any provider last succeeded, as far as the database said.
        public let lastRefresh: Date?
        /// Why the registry could not be read the last time it was tried; `nil` if it could.
        public let failure: String?
        /// Whether that is because a later release has changed the schema beyond this program, which no waiting mends.
        public let isOutgrown: Bool
    }

    /// A revision that was waited for is not served in time.
    public struct NotServedInTime: Error, CustomStringConvertible {
        /// What was waited for.
        public let revision: Int64
        /// What is served instead.
        public let served: Int64

        /// Both revisions.
        public var description: String {
            "revision \(self.revision) is not in force on this replica yet, it serves revision \(self.served); "
                + "it catches up by itself as soon as it can read the registry"
        }
    }

    private struct Waiter {
        let revision: Int64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Guarded {
        var state = State(snapshot: .empty, confirmedAt: nil, lastRefresh: nil, failure: nil, isOutgrown: false)
        var waiters: [UInt64: Waiter] = [:]
        var lastWaiter: UInt64 = 0
    }

    private let store: RegistryStore
    private let period: Duration
    private let logger: Logger
    private let guarded = NIOLockedValueBox(Guarded())
    private let hints: AsyncStream<Void>
    private let hint: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - store: Where the registry is read from.
    ///   - period: How often to compare revisions when no hint comes; each wait is jittered by a fifth.
    ///   - logger: Told when reading fails and when it works again.
    public init(store: RegistryStore, period: Duration = .seconds(2), logger: Logger) {
        self.store = store
        self.period = period
        self.logger = logger
        (self.hints, self.hint) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What is served now. A request takes it once.
    public var snapshot: Snapshot {
        self.guarded.withLockedValue { $0.state.snapshot }
    }

    /// What is served now, and how fresh it is.
    public var state: State {
        self.guarded.withLockedValue { $0.state }
    }

    /// Says that there may be something new.
    public func wake() {
        self.hint.yield()
    }

    /// Waits until a revision, or a later one, is served.
    ///
    /// - Parameters:
    ///   - revision: The revision that must be in force.
    ///   - timeout: How long to wait.
    /// - Throws: ``NotServedInTime``, or `CancellationError`.
    public func wait(for revision: Int64, timeout: Duration) async throws {
        guard self.snapshot.revision < revision else { return }
        self.wake()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.served(revision) }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw NotServedInTime(revision: revision, served: self.snapshot.revision)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Reads the registry now if it has changed.
    ///
    /// - Throws: `PostgresError` if it cannot be read; what was served stays in force.
    public func catchUp() async throws {
        let (revision, lastRefresh) = try await self.store.position()
        let current = self.snapshot
        let snapshot =
            revision == current.revision && current !== Snapshot.empty ? current : try await self.store.snapshot()
        self.adopt(snapshot, lastRefresh: lastRefresh)
    }

    /// Follows the registry until shutdown.
    public func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                repeat { self.wake() } while await self.sleepOnePeriod()
            }
            for await _ in self.hints.cancelOnGracefulShutdown() {
                do {
                    try await self.catchUp()
                } catch is CancellationError {
                    break
                } catch let error as PostgresError where error.code == .cancelled || error.code == .closed {
                    break
                } catch {
                    self.note(failure: "\(error)", isOutgrown: error is Migrator.Outgrown)
                }
            }
            group.cancelAll()
        }
    }

    private func sleepOnePeriod() async -> Bool {
        do {
            try await Task.sleep(for: self.period * Double.random(in: 0.8...1.2))
            return true
        } catch {
            return false
        }
    }

    private func adopt(_ snapshot: Snapshot, lastRefresh: Date?) {
        let (recovered, ready) = self.guarded.withLockedValue { guarded -> (Bool, [Waiter]) in
            // Two readers may overlap; the older reading must not win.
            let newest = snapshot.revision >= guarded.state.snapshot.revision ? snapshot : guarded.state.snapshot
            let recovered = guarded.state.failure != nil
            guarded.state = State(
                snapshot: newest,
                confirmedAt: Date(),
                lastRefresh: lastRefresh,
                failure: nil,
                isOutgrown: false
            )
            let ready = guarded.waiters.filter { $0.value.revision <= newest.revision }
            for number in ready.keys { guarded.waiters[number] = nil }
            return (recovered, Array(ready.values))
        }
        for waiter in ready { waiter.continuation.resume() }
        if recovered { self.logger.info("registry is read again", metadata: ["revision": "\(snapshot.revision)"]) }
    }

    private func note(failure: String, isOutgrown: Bool) {
        let isNew = self.guarded.withLockedValue { guarded in
            let before = guarded.state
            guarded.state = State(
                snapshot: before.snapshot,
                confirmedAt: before.confirmedAt,
                lastRefresh: before.lastRefresh,
                failure: failure,
                isOutgrown: isOutgrown
            )
            return before.failure == nil || before.isOutgrown != isOutgrown
        }
        guard isNew else { return }
        self.logger.warning("registry cannot be read; serving what is known", metadata: ["error": "\(failure)"])
    }

    private func served(_ revision: Int64) async throws {
        let number = self.guarded.withLockedValue { guarded in
            guarded.lastWaiter += 1
            return guarded.lastWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isServed = self.guarded.withLockedValue { guarded in
                    guard guarded.state.snapshot.revision < revision else { return true }
                    guarded.waiters[number] = Waiter(revision: revision, continuation: continuation)
                    return false
                }
                if isServed { continuation.resume() }
                // The cancellation may have come before the waiter was there for it to find.
                if Task.isCancelled { self.abandon(number) }
            }
        } onCancel: {
            self.abandon(number)
        }
    }

    private func abandon(_ number: UInt64) {
        let waiter = self.guarded.withLockedValue { $0.waiters.removeValue(forKey: number) }
        waiter?.continuation.resume(throwing: CancellationError())
    }
}
