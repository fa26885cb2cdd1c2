import NIOConcurrencyHelpers
package import Registry

/// A value that follows from a snapshot and is made once for each: rendered lists, tables by provider.
///
/// Shared by all requests, on any thread. It is made outside the lock, so that no request waits for another's work; two
/// that come at once may both make it, and one of the two equal values stays.
package final class DerivedFromSnapshot<Value: Sendable>: Sendable {
    private let latest = NIOLockedValueBox<(snapshot: Snapshot, value: Value)?>(nil)
    private let make: @Sendable (Snapshot) -> Value

    /// - Parameter make: How the value follows from a snapshot; it does no I/O.
    package init(_ make: @escaping @Sendable (Snapshot) -> Value) {
        self.make = make
    }

    /// The value for a snapshot.
    package subscript(_ snapshot: Snapshot) -> Value {
        if let known = self.latest.withLockedValue({ $0?.snapshot === snapshot ? $0?.value : nil }) { return known }
        let value = self.make(snapshot)
        self.latest.withLockedValue { latest in
            // A request that began before the last swap must not push the newer value out.
            if let latest, latest.snapshot.revision > snapshot.revision { return }
            latest = (snapshot, value)
        }
        return value
    }
}
