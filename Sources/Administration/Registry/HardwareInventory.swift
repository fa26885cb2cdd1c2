import NIOConcurrencyHelpers
import NIOPosix

/// What is known of this replica's hardware: read once at the start and again with each refresh of the registry.
package final class HardwareInventory: Sendable {
    private let known: NIOLockedValueBox<Hardware>
    private let root: String

    /// Reads the hardware; at the start, where nobody waits for it.
    ///
    /// - Parameter root: Where `proc` and `sys` are.
    package init(root: String = "/") {
        self.root = root
        self.known = NIOLockedValueBox(Hardware(root: root))
    }

    /// What was found last.
    package var current: Hardware { self.known.withLockedValue { $0 } }

    /// Looks again, on a thread that may wait for files.
    ///
    /// - Returns: What was found.
    package func refresh() async throws -> Hardware {
        let found = try await NIOThreadPool.singleton.runIfActive { [root] in Hardware(root: root) }
        self.known.withLockedValue { $0 = found }
        return found
    }
}
