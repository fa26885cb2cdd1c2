package import FoundationEssentials
package import JSON

/// Why an edit was refused, for one cell or row.
package struct EditProblem: Sendable {
    /// What a program can tell problems apart by.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// There is no such row.
        case notFound = "not_found"
        /// Somebody else changed the row after it was seen.
        case conflict
        /// The column cannot hold this value.
        case invalidValue = "invalid_value"
        case unknownColumn = "unknown_column"
        /// The column is kept by the database or by discovery, or is said only when a row is made.
        case readOnly = "read_only"
        /// A row cannot be made without this column.
        case required
        /// The same row is edited twice at once.
        case duplicate
    }

    /// Which edit, counted from 0.
    package let index: Int
    /// The row.
    package let id: Int64?
    /// The column; nil where it is about the whole row.
    package let column: String?
    package let code: Code
    /// What is wrong and what to do, in words.
    package let message: String
    /// What was done to the row in the meantime; nil unless ``Code/conflict``.
    package let conflict: EditConflict?

    init(
        _ edit: (index: Int, id: Int64?),
        column: String? = nil,
        _ code: Code,
        _ message: String,
        conflict: EditConflict? = nil
    ) {
        self.index = edit.index
        self.id = edit.id
        self.column = column
        self.code = code
        self.message = message
        self.conflict = conflict
    }
}

/// What somebody else did to a row after an editor saw it.
package struct EditConflict: Sendable {
    /// One change of the row.
    package struct Change: Sendable {
        package let revision: Int64
        package let actor: String
        package let reason: String?
        package let at: Date
        /// `{column: [old, new]}`, as history has it.
        package let cells: JSONObject
    }

    /// A cell that the editor wanted to change.
    package struct Cell: Sendable {
        package let column: String
        /// What the editor had before them.
        package let seen: JSONValue
        /// What the editor wants.
        package let yours: JSONValue
        /// What is there now.
        package let theirs: JSONValue

        /// Whether somebody else changed this very cell.
        package var isContested: Bool { self.seen != self.theirs }
    }

    /// What the next edit must name to be based on what is there now.
    package let rowRevision: Int64
    /// Since the row was seen, oldest first; at most the latest 50.
    package let changes: [Change]
    /// Of the columns that were to be changed.
    package let cells: [Cell]

    /// Who did it, when and to what, for a person.
    var sentence: String {
        guard let last = self.changes.last else { return "It was changed in the meantime." }
        let columns = Set(self.changes.flatMap(\.cells.keys)).subtracting(["row_revision", "pinned", "updated_at"])
            .sorted()
        let what = columns.isEmpty ? "it" : columns.joined(separator: ", ")
        return "\(last.actor) changed \(what) at \(last.at.formatted(.iso8601)) (revision \(last.revision))"
            + "\(last.reason.map { ": “\($0)”" } ?? "")."
    }
}

/// Edits were refused; nothing was changed.
package struct EditRefused: Error, Sendable, CustomStringConvertible {
    /// Every problem that was found, in the order of the edits.
    package let problems: [EditProblem]

    /// The most problems that are gathered before an import that is wrong throughout is given up.
    static let mostProblems = 1_000

    package var description: String {
        let messages = self.problems.prefix(5).map(\.message).joined(separator: " ")
        return self.problems.count > 5 ? "\(messages) (and \(self.problems.count - 5) more)" : messages
    }
}
