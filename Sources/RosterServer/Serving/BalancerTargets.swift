import NIOConcurrencyHelpers

/// The ports of the replicas that take connections now, and whose turn it is. Shared by the balancer's event loops and
/// whoever watches the replicas.
package final class BalancerTargets: Sendable {
    private struct Guarded {
        var ports: [Int] = []
        var next = 0
    }

    private let guarded = NIOLockedValueBox(Guarded())

    /// No replica takes connections yet.
    package init() {}

    /// How many replicas take connections.
    package var count: Int { self.guarded.withLockedValue { $0.ports.count } }

    /// A replica takes connections from now on.
    package func add(_ port: Int) {
        self.guarded.withLockedValue { guarded in
            if !guarded.ports.contains(port) { guarded.ports.append(port) }
        }
    }

    /// A replica takes none any more.
    package func remove(_ port: Int) {
        self.guarded.withLockedValue { $0.ports.removeAll { $0 == port } }
    }

    /// Every port, beginning with the one whose turn it is; then it is the next one's.
    func inTurn() -> [Int] {
        self.guarded.withLockedValue { guarded in
            guard !guarded.ports.isEmpty else { return [] }
            let first = guarded.next % guarded.ports.count
            guarded.next = first + 1
            return Array(guarded.ports[first...] + guarded.ports[..<first])
        }
    }
}
