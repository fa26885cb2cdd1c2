package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Registry

/// `/api/v1/registry/{table}`: the rows that people edit, for each table that has a description.
///
/// What is read comes from the database and is of one revision; what is written is in force here when the answer arrives.
package struct RowEndpoints: Sendable {
    let store: RegistryStore
    let feed: SnapshotFeed

    static let path = "/api/v1/registry"

    /// - Parameters:
    ///   - store: The registry.
    ///   - feed: What this replica serves.
    package init(store: RegistryStore, feed: SnapshotFeed) {
        self.store = store
        self.feed = feed
    }

    /// What is served.
    package var operations: [Operation] {
        [RegistryTable.models, .providers, .routes, .settings].flatMap { table in
            self.reading(table) + self.editing(table) + self.lookingBack(table)
        }
    }

    // MARK: What operations have in common

    static func rowParameter(_ table: RegistryTable) -> Operation.Parameter {
        let example = table == .models ? "provider%2Fapi-name" : "its \(table.identity.first ?? "name")"
        return .path("id", .string, "The row's number, or \(example) in percent-encoding.")
    }

    static let entityTag = Operation.Parameter.header("ETag", .string, "The row_revision in quotes, for If-Match.")
    static let dryRun = Operation.Parameter.query("dry_run", .boolean, "Say what would happen, and write nothing.")

    static func missing(_ table: RegistryTable) -> String { "There is no such \(table.noun)." }

    /// The name in the request's path.
    static func name(_ table: RegistryTable, _ context: ReplicaContext) throws -> RowName {
        let written = try context.parameters.require("id")
        if let id = Int64(written), id > 0 { return .id(id) }
        guard let name = written.percentDecoded, !name.isEmpty, !name.utf8.contains(0) else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "“\(written.prefix(200))” is not a number, nor a name in percent-encoding.",
                param: "id"
            )
        }
        return .natural(name)
    }

    /// What is said where a row is not there.
    static func notFound(_ name: RowName, _ table: RegistryTable) -> APIError {
        let words =
            switch name {
            case .id(let id): "the number \(id)"
            case .natural(let name): "the name “\(name.prefix(200))”"
            }
        return APIError(
            .notFound,
            code: "not_found",
            "There is no \(table.noun) with \(words). GET \(Self.path)/\(table.name) lists those there are"
                + "; it may have been deleted.",
            param: "id"
        )
    }

}
