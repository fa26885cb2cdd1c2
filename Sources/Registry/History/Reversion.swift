package import FoundationEssentials
package import JSON

/// What somebody wants to take back.
package enum Reversion: Sendable, Hashable {
    /// What a revision did to a cell; the latest that changed it, if none is named. Of a route, `members` is a cell.
    case cell(table: RegistryTable, id: Int64, column: String, revision: Int64?)
    /// What a revision did to a row and its parts; the latest that changed it, if none is named.
    case row(table: RegistryTable, id: Int64, revision: Int64?)
    /// Everything that a revision did.
    case revision(Int64)
    /// Everything after a revision, so that what people see is as it was then; keys of clients stay as they are.
    case everythingAfter(Int64)
}

/// What taking something back changed, or would have.
package struct ReversionOutcome: Sendable, Hashable {
    /// A cell that was changed. A row that comes or goes shows in its cell `id`.
    package struct Cell: Sendable, Hashable {
        /// The row's table.
        package let table: String
        /// The row's number.
        package let rowID: Int64
        /// What people call the row.
        package let title: String
        /// The column; `pinned` where a cell was pinned or given back.
        package let column: String
        package let old: JSONValue
        package let new: JSONValue
    }

    /// The revision that it made; nil if nothing had to be changed, and for a dry run.
    package let revision: Int64?
    /// By table, row and column.
    package let cells: [Cell]
}

/// Taking something back was refused; nothing was changed.
package struct ReversionRefused: Error, Sendable, Hashable, CustomStringConvertible {
    /// A cell or row that somebody has written since.
    package struct Obstacle: Sendable, Hashable {
        /// The row's table.
        package let table: String
        /// The row's number.
        package let rowID: Int64
        /// The column; nil where the whole row is in the way.
        package let column: String?
        /// What the revision left in the cell.
        package let left: JSONValue
        /// What is in it now.
        package let present: JSONValue
        /// The revision that wrote it; nil if there is none.
        package let revision: Int64?
        /// Who wrote it.
        package let actor: String?
        /// When.
        package let changedAt: Date?
        /// All of it in a sentence.
        package let message: String
    }

    /// Why, in a sentence.
    package let message: String
    /// What to do about it.
    package let hint: String?
    /// What is in the way; empty where it is not a cell or row that was written since.
    package let obstacles: [Obstacle]

    package var description: String { self.hint.map { "\(self.message) \($0)" } ?? self.message }
}
