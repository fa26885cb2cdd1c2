package import FoundationEssentials
import Postgres

/// A state of the registry that somebody wants to look at, by number or by time.
package enum RevisionPoint: Sendable, Hashable {
    /// As of this revision; 0 is before the first.
    case revision(Int64)
    /// As of the last revision that was committed at or before this moment.
    case time(Date)

    /// Reads a point as people write it.
    ///
    /// - Parameter text: A number; a day (`2026-11-20`, its first moment in UTC); or a time (`2026-11-20T08:00:00Z`).
    package init?(_ text: String) {
        if let revision = Int64(text), text.utf8.allSatisfy({ (48...57).contains($0) }) {
            self = .revision(revision)
            return
        }
        guard let date = Self.moment(text.utf8.count == 10 ? "\(text)T00:00:00Z" : text) else { return nil }
        self = .time(date)
    }

    private static func moment(_ text: String) -> Date? {
        // Neither style takes what the other takes: fractions of seconds are either required or refused.
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}

/// There is no such revision, row or change in the registry's history.
package struct HistoryNotFound: Error, Sendable, Hashable, CustomStringConvertible {
    /// What there is not, in a sentence.
    package let message: String
    /// What there is instead.
    package let hint: String?

    init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    /// The database's own words; nil for an error that is about something else.
    init?(_ error: PostgresError) {
        guard error.sqlState == "P0R02" else { return nil }
        self.init(error.message, hint: error.hint)
    }

    package var description: String { self.hint.map { "\(self.message) \($0)" } ?? self.message }
}
