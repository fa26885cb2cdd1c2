import HTTP
import HTTPTypes
import JSON
import Registry

/// The body of `POST /api/v1/registry/revert`: `{"revision"}`, `{"after"}` or `{"table", "id", "column"?, "revision"?}`.
struct ReversionRequest {
    let reversion: Reversion
    let reason: String?

    /// Reads a body.
    ///
    /// - Parameter body: The body.
    /// - Throws: 400 with the member that is wrong, or where it says several things at once.
    init(_ body: JSONObject) throws(APIError) {
        var members = RequestMembers(body)
        self.reason = try members.string("reason", atMost: EditReason.longest)
        let after = try members.number("after")
        let revision = try members.number("revision")
        let name = try members.string("table", atMost: 100)
        let id = try members.number("id")
        let column = try members.string("column", atMost: 100)
        try members.finish("revision", "after", "table", "id", "column", "reason")
        switch (name, id, after, revision) {
        case (let name?, let id?, nil, _):
            guard let table = RegistryTable.named(name) else {
                let names = RegistryTable.all.map(\.name).joined(separator: ", ")
                throw APIError(
                    .badRequest,
                    code: "invalid_value",
                    "There is no table “\(name.prefix(80))”. There is \(names).",
                    param: "table"
                )
            }
            guard let column else {
                self.reversion = .row(table: table, id: id, revision: revision)
                return
            }
            do throws(RowQueryProblem) {
                _ = try RowQuery.column(column, of: table, parameter: "column")
            } catch {
                throw APIError(error)
            }
            self.reversion = .cell(table: table, id: id, column: column, revision: revision)
        case (nil, nil, nil, let revision?) where column == nil:
            self.reversion = .revision(revision)
        case (nil, nil, let after?, nil) where column == nil:
            self.reversion = .everythingAfter(after)
        default:
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "Say one thing to take back: {\"revision\"} for all that it did, {\"after\"} for everything after it, or "
                    + "{\"table\", \"id\"} for a row, with \"column\" for one cell of it and \"revision\" for what one "
                    + "revision did to it."
            )
        }
    }

    /// The body's shape.
    static let schema = Schema.object(
        [
            "revision": Schema.count.nullable.described("What this revision did; beside a row, only to that row."),
            "after": Schema.count.nullable.described("Everything after this revision."),
            "table": Schema.choice(RegistryTable.all.map(\.name)).nullable.described("The row's table."),
            "id": Schema.integer.nullable.described("The row's number."),
            "column": Schema.string.nullable.described("One cell of the row."),
            "reason": RegistryTable.reason,
        ],
        optional: ["revision", "after", "table", "id", "column", "reason"],
        isClosed: true
    ).named("RevertRequest")
}
