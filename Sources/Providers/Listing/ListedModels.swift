/// A provider's whole list, read.
package struct ListedModels: Sendable, Hashable {
    /// Each id once, in the provider's order.
    package var models: [ListedModel]

    /// The rows that were left out. Their models are listed all the same: they are not missing.
    package var skipped: [SkippedItem]

    /// How many rows the provider sent, those left out included.
    package var rowCount: Int
    package var pageCount: Int

    /// What was left unread or unbelieved without making the list worthless, in plain words.
    package var notes: [String]

    /// How many models the provider says it has beyond those that it listed.
    package var shortfall: Int

    /// Whether a model that is not here may be taken for withdrawn. Providers count in ways of their own, so that a
    /// shortfall is no reason to refuse what they did list.
    package var isComplete: Bool { self.shortfall == 0 && !self.isSubstitute }

    /// Whether the provider did not list its models to this key, and these are the ones that it is known to have.
    package var isSubstitute: Bool
}
