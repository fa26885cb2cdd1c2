package import JSON

/// Which rows of a table somebody wants to see, in which order, and what of them.
///
/// A value: everything in it is checked against the table's description, so that it cannot name what is not there.
package struct RowQuery: Sendable, Hashable {
    /// A column that rows are sorted by. Text sorts without regard to capitals, and empty cells come last either way.
    package struct Order: Sendable, Hashable {
        /// The column.
        package let column: Column
        /// Whether the largest comes first.
        package let isDescending: Bool

        /// Sorts by a column.
        package init(_ column: Column, isDescending: Bool = false) {
            self.column = column
            self.isDescending = isDescending
        }
    }

    /// The table.
    package let table: RegistryTable
    /// What every row must satisfy.
    package var filters: [RowFilter] = []
    /// Words that must all occur in the columns that name a row; empty for any row.
    package var search = ""
    /// Most significant first; rows that are equal in all of them come by id.
    package var order: [Order] = []
    /// The columns to show, in this order; nil for all.
    package var fields: [Column]?
    /// At most so many rows, 1...``largestPage``.
    package var limit = RowQuery.usualPage
    /// Where the page before ended: ``RowPage/next`` of it.
    package var cursor: String?
    /// The state to look at; nil for the latest.
    package var asOf: RevisionPoint?

    /// How many rows a page has unless somebody says otherwise.
    package static let usualPage = 100
    /// The most rows that a page can have.
    package static let largestPage = 1_000
    /// The most conditions, words and sorted columns that one query can have.
    package static let mostFilters = 50
    static let mostWords = 10
    static let mostOrders = 8
    /// The most values in one list of a condition.
    static let mostOperands = 1_000

    /// Asks for all rows of a table, by id.
    package init(_ table: RegistryTable) {
        self.table = table
    }
}

/// Some rows of a table, all as they were at one revision.
package struct RowPage: Sendable {
    /// Column to value, in the order of the columns. Decimals are strings with every digit.
    package let rows: [JSONObject]
    /// What asks for the rows that follow; nil at the end.
    package let next: String?
    /// How many rows satisfy the query, on all pages.
    package let total: Int64
    /// The revision that they were read at.
    package let revision: Int64
}

/// Why a query cannot be answered, in words that may stand in front of a person.
package struct RowQueryProblem: Error, Sendable, Hashable {
    /// What a program can tell problems apart by.
    package enum Code: String, Sendable, Hashable {
        case unknownColumn = "unknown_column"
        case unknownParameter = "unknown_parameter"
        case invalidValue = "invalid_value"
        /// The cursor belongs to another query.
        case invalidCursor = "invalid_cursor"
    }

    /// What a program can tell problems apart by.
    package let code: Code
    /// The parameter that is wrong, as it was written.
    package let parameter: String
    /// What is wrong and what to do.
    package let message: String

    /// A parameter that means nothing here.
    package static func unknown(_ name: String, known: [String]) -> RowQueryProblem {
        RowQueryProblem(
            .unknownParameter,
            String(name.prefix(100)),
            "There is no parameter “\(name.prefix(80))” here. There is \(known.joined(separator: ", "))."
        )
    }

    /// A parameter whose value is not what it must be.
    package init(_ parameter: String, _ message: String) {
        self.init(.invalidValue, parameter, message)
    }

    init(_ code: Code, _ parameter: String, _ message: String) {
        self.code = code
        self.parameter = parameter
        self.message = message
    }
}
