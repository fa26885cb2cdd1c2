package import FoundationEssentials
package import JSON

/// What one revision did to one row.
package struct Change: Sendable, Hashable {
    /// What was done to the row.
    package enum Operation: String, Sendable, Hashable, CaseIterable {
        case insert, update, delete
    }

    /// A cell before and after; null for an empty cell, and for every cell of a row that was not there.
    package struct Cell: Sendable, Hashable {
        /// The column.
        package let column: String
        package let old: JSONValue
        package let new: JSONValue
    }

    /// The revision.
    package let revision: Int64
    /// Its place among all changes.
    package let position: Int64
    /// When the revision was committed.
    package let changedAt: Date
    /// Who made it.
    package let actor: String
    /// Why, if they said.
    package let reason: String?
    /// The row's table; `route_members` for a member of a route.
    package let table: String
    /// The row's number.
    package let rowID: Int64
    /// What people call the row: `openai/gpt-4o`.
    package let title: String
    package let operation: Operation
    /// The cells that changed, by column. Hashes of keys are not among them.
    package let cells: [Cell]
}

/// Which changes somebody wants to see; they come newest first.
package struct ChangeQuery: Sendable, Hashable {
    /// Only rows of this table.
    package var table: String?
    /// Only this row of ``table``; with a route come its members.
    package var rowID: Int64?
    /// Only changes of this column, and of these only this cell.
    package var column: String?
    /// Only these revisions.
    package var revisions: ClosedRange<Int64>?
    /// Only revisions committed at or after this moment.
    package var since: Date?
    /// Only revisions committed before this moment.
    package var until: Date?
    /// Only revisions of actors whose name begins so: `refresh:`, `key:rk_3fA9`.
    package var actor: String?
    /// At most so many, from 1 to ``mostAtOnce``.
    package var limit = 100
    /// Where the last page ended: ``ChangePage/next``.
    package var cursor: String?

    /// The most changes of one page.
    package static let mostAtOnce = 1_000

    /// Everything.
    package init() {}
}

/// Some changes, newest first.
package struct ChangePage: Sendable, Hashable {
    package let changes: [Change]
    /// What the query for the next page names as its cursor; nil for the last page.
    package let next: String?
}

/// A query for changes that cannot be answered, in words.
package struct ChangeQueryProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The part of the query that is wrong: `limit`, `cursor`, `row`.
    package let parameter: String
    /// What is wrong and what to do.
    package let message: String

    package var description: String { self.message }
}
