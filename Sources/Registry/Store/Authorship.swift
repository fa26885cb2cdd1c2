/// Who makes a change and why; recorded with its revision.
public struct Authorship: Sendable, Hashable {
    /// The person, key or worker, as history shows it: `key:rk_3fA9 (dev test key)`, `refresh:openrouter`.
    public let actor: String
    /// Why, if they said.
    public let reason: String?

    /// Names an author.
    ///
    /// - Parameters:
    ///   - actor: The person, key or worker, as history shall show it.
    ///   - reason: Why, if they said.
    public init(actor: String, reason: String? = nil) {
        self.actor = actor
        self.reason = reason
    }

    /// The transaction-local settings from which the database's triggers read the author.
    var settings: [String: String] {
        ["roster.actor": self.actor, "roster.reason": self.reason ?? ""]
    }
}
