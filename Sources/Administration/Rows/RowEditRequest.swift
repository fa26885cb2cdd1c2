import HTTP
import JSON
import Registry

/// The body of a request that makes or changes one row: columns with their values, and beside them `give_back`, `pin` and
/// `reason`. Whether there is such a column, and whether it may have the value, is for ``RegistryStore/edit(_:as:isDryRun:)``
/// to say.
struct RowEditRequest {
    let edit: RowEdit
    let reason: String?

    /// How many columns one edit can give back or pin; more than any table has.
    static let mostNames = 200

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - action: What is to be done.
    ///   - table: The row's table.
    ///   - seen: The row revision that was seen.
    /// - Throws: 400 with the member that is wrong.
    init(_ body: JSONObject, _ action: RowEdit.Action, of table: RegistryTable, seen: Int64? = nil) throws(APIError) {
        var members = RequestMembers(body)
        self.reason = try members.string("reason", atMost: EditReason.longest)
        let pin = try members.strings("pin", atMost: Self.mostNames)
        // What is new has nothing to give back yet.
        let giveBack = action == .create ? [] : try members.strings("give_back", atMost: Self.mostNames)
        self.edit = RowEdit(action, of: table, seen: seen, set: members.remaining, giveBack: giveBack, pin: pin)
    }
}
