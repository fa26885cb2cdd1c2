import HTTP
import HTTPTypes
import Registry

extension SnapshotFeed {
    /// Waits until a change that was just made is in force on this replica, so that whoever made it sees it at once.
    ///
    /// - Parameter revision: What the change made; nil if nothing changed.
    /// - Returns: Whether it is in force; if not, it will be as soon as this replica can read the registry.
    /// - Throws: `CancellationError`.
    @discardableResult
    func settle(on revision: Int64?) async throws -> Bool {
        guard let revision else { return true }
        do {
            try await self.wait(for: revision, timeout: .seconds(5))
            return true
        } catch is NotServedInTime {
            return false
        }
    }

    /// The revision that is served now, for an answer that waited for a newer one than its request began with.
    var revisionField: HTTPFields {
        var headers = HTTPFields()
        headers[.xRosterRevision] = String(self.snapshot.revision)
        return headers
    }
}
