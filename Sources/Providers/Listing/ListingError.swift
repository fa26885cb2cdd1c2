/// Why a list of models could not be read. Whoever gets one keeps what was known before.
package struct ListingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it was.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case refused, notJSON, unexpectedShape, empty, brokenPaging, tooLarge, incomplete
        }
        private let kind: Kind

        /// The provider answered with an error, whatever the status.
        package static let refused = Code(kind: .refused)
        /// The body is not JSON: an HTML page, a text, a cut answer.
        package static let notJSON = Code(kind: .notJSON)
        /// The body is JSON, but not this provider's list.
        package static let unexpectedShape = Code(kind: .unexpectedShape)
        /// A list without models from a provider that always has some.
        package static let empty = Code(kind: .empty)
        /// The list says that there is more and not where, or sends in a circle.
        package static let brokenPaging = Code(kind: .brokenPaging)
        /// The list goes on beyond every limit.
        package static let tooLarge = Code(kind: .tooLarge)
        /// The list was left before its last page.
        package static let incomplete = Code(kind: .incomplete)

        package var description: String { self.kind.rawValue }
    }

    package let code: Code

    /// What happened, in plain words, with what to do about it where that is known.
    package let message: String

    /// The HTTP status, where the provider refused with one.
    package let status: Int?

    package var description: String { self.message }

    package init(_ code: Code, _ message: String, status: Int? = nil) {
        self.code = code
        self.message = message
        self.status = status
    }
}

/// Why one row of a list was left out.
package struct ItemRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// A row of a list that was left out, and why.
package struct SkippedItem: Sendable, Hashable {
    /// The id of the model, where the row has one.
    package let id: String?

    /// Where the row stands on its page, counted from 0; nil for a row that was read and found listed before.
    package let index: Int?

    /// In plain words.
    package let reason: String
}
