package import JSON

/// What somebody wants to do to one row of the registry.
package struct RowEdit: Sendable, Hashable {
    /// Makes, changes or removes a row.
    package enum Action: Sendable, Hashable {
        case create
        case update(id: Int64)
        case delete(id: Int64)
    }

    /// The row's table.
    package var table: RegistryTable
    /// What to do.
    package var action: Action
    /// The `row_revision` that whoever edits has seen. Nil overwrites, knowingly, whatever is there now.
    package var seen: Int64?
    /// Values by column, in the unit that is stored; null empties a cell.
    package var set: JSONObject
    /// Columns given back to discovery: the pin is taken away and the cell shows what the provider says; in a row that is
    /// made, what it was given until the provider says something.
    package var giveBack: [String]
    /// Columns to be kept as they are from now on, whatever the provider says.
    package var pin: [String]

    /// The most edits that are made at once.
    package static let mostAtOnce = 200_000

    /// Describes an edit.
    package init(
        _ action: Action,
        of table: RegistryTable,
        seen: Int64? = nil,
        set: JSONObject = [:],
        giveBack: [String] = [],
        pin: [String] = []
    ) {
        self.table = table
        self.action = action
        self.seen = seen
        self.set = set
        self.giveBack = giveBack
        self.pin = pin
    }

    /// The row that it is about; nil for one that is to be made.
    package var id: Int64? {
        switch self.action {
        case .create: nil
        case .update(let id), .delete(let id): id
        }
    }
}

/// What edits did, or would have done.
package struct EditOutcome: Sendable {
    /// The one revision that all of it made; nil if nothing changed, and for a dry run.
    package let revision: Int64?
    /// One for each edit, in their order.
    package let rows: [EditedRow]
}

/// A row after an edit.
package struct EditedRow: Sendable {
    /// A cell that the edit changed, also as a consequence: `pinned` when a discovered cell was set.
    package struct CellChange: Sendable, Hashable {
        package let column: String
        package let old: JSONValue
        package let new: JSONValue
    }

    /// The row's number; a row that a dry run made has one that nobody will see again.
    package let id: Int64
    /// The row as the registry gives it out; nil for one that was removed.
    package let row: JSONObject?
    /// What is different now; every cell with a value for a row that was made.
    package let changes: [CellChange]

    /// The number that the next edit of this row names; nil for a row that was removed.
    package var rowRevision: Int64? { self.row?["row_revision"]?.int64Value }
}
