internal import LocalCluster
package import Secrets

/// A database prepared once for all tests of this process, which each of them gets a copy of.
///
/// Hold it in a `static let`: one value, one preparation.
package final class DatabaseTemplate: Sendable {
    private let preparing: Task<String, any Error>

    /// Prepares a database as soon as there is a server for it.
    ///
    /// - Parameters:
    ///   - label: What is in it, in lower-case letters ("migrated").
    ///   - prepare: Fills it, and leaves no connection to it behind.
    package init(_ label: String, prepare: @escaping @Sendable (Secret) async throws -> Void) {
        // Owned by the value, which lives as long as the process; every user of the template waits for it.
        self.preparing = Task {
            let server = try await TestCluster.postgres
            let name = Self.newName(for: label)
            try await execute("CREATE DATABASE \(name) TEMPLATE template0", on: server.url)
            try await prepare(server.url(ofDatabase: name))
            return name
        }
    }

    /// The name of the database, once it is prepared.
    func name() async throws -> String { try await self.preparing.value }

    static func newName(for label: String) -> String {
        "\(label)_\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    }
}
