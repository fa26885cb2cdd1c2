import HTTP
import JSON
import Registry

/// The body of a request that changes many rows: `{"reason", "edits": [{"id", "row_revision", "set", "give_back", "pin"}]}`.
struct BulkEditRequest {
    let edits: [RowEdit]
    let reason: String?

    /// The most rows that one request changes.
    static let mostEdits = 10_000
    /// The longest body, in bytes.
    static let largestBody = 32 << 20

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - table: The rows' table.
    /// - Throws: 400 with the member that is wrong, as in `edits[3].id`.
    init(_ body: JSONObject, of table: RegistryTable) throws(APIError) {
        var members = RequestMembers(body)
        self.reason = try members.string("reason", atMost: EditReason.longest)
        guard let objects = try members.objects("edits", atMost: Self.mostEdits) else {
            throw members.missing("edits", "a list of edits, each with id, row_revision and set")
        }
        try members.finish("reason", "edits")
        var edits: [RowEdit] = []
        edits.reserveCapacity(objects.count)
        for (index, object) in objects.enumerated() {
            edits.append(try Self.edit(RequestMembers(object, at: "edits[\(index)]."), of: table))
        }
        self.edits = edits
    }

    private static func edit(_ members: RequestMembers, of table: RegistryTable) throws(APIError) -> RowEdit {
        var members = members
        guard let id = try members.number("id") else { throw members.missing("id", "the row's number") }
        var seen: Int64?
        if members.remaining["row_revision"] == "*" {
            _ = members.take("row_revision")
        } else if let revision = try members.number("row_revision") {
            seen = revision
        } else {
            throw members.missing("row_revision", "the row_revision that you saw, or * to overwrite whatever is there")
        }
        let edit = RowEdit(
            .update(id: id),
            of: table,
            seen: seen,
            set: try members.object("set") ?? [:],
            giveBack: try members.strings("give_back", atMost: RowEditRequest.mostNames),
            pin: try members.strings("pin", atMost: RowEditRequest.mostNames)
        )
        try members.finish("id", "row_revision", "set", "give_back", "pin")
        return edit
    }
}
