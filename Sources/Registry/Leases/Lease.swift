/// A replica's right to do a job that only one may do, as long as it keeps renewing it.
///
/// Whether it is held is the database's to say, by the database's clock. Its fencing token goes into the transactions of
/// the job, which the database refuses to commit once somebody else has the lease.
package struct Lease: Sendable, Hashable {
    /// The job: `refresh:openrouter`.
    package let name: String
    /// Grows with each holder.
    package let fencingToken: Int64

    /// The transaction-local settings that tie a transaction to the lease.
    var settings: [String: String] {
        ["roster.lease": self.name, "roster.fencing_token": String(self.fencingToken)]
    }
}

/// A lease went to somebody else while its holder was at work, or could not be renewed in time.
package struct LeaseLost: Error, Sendable, CustomStringConvertible {
    /// The job.
    package let name: String

    package var description: String {
        "the lease \(self.name) was lost: this replica was too slow or cut off, and another may do the work now"
    }
}
