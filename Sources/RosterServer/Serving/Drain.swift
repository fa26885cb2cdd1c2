import NIOConcurrencyHelpers
import ServiceLifecycle

/// The first part of a replica to be shut down: says that no more traffic should come, and gives those who send it the time
/// to notice, while everything still works.
final class Drain: Service, Sendable {
    private let delay: Duration
    private let isStopping = NIOLockedValueBox(false)

    /// - Parameter delay: How long requests are still taken after the shutdown has begun.
    init(delay: Duration) {
        self.delay = delay
    }

    /// Why no more traffic should come; `nil` as long as it may.
    var refusal: String? {
        self.isStopping.withLockedValue { $0 ? "This replica is being shut down." : nil }
    }

    func run() async throws {
        try await gracefulShutdown()
        self.isStopping.withLockedValue { $0 = true }
        try await Task.sleep(for: self.delay)
    }
}
