/// A name of a person's choosing for one or more models: a row of `routes` with its members.
public struct Route: Sendable, Hashable {
    /// How a member is chosen.
    public enum Strategy: String, Sendable, Hashable, CaseIterable {
        /// The first member that can serve does.
        case ordered
        /// One by chance, in proportion to the members' weights; the others follow it.
        case weighted
        /// The offer with the lowest price; offers of unknown price come last.
        case cheapest
    }

    /// The row's number.
    public let id: Int64
    /// What a request names as its model.
    public let name: String
    /// How a member is chosen.
    public let strategy: Strategy
    /// Whether the name may be used.
    public let isActive: Bool
    /// What it routes to, in order.
    public let members: [RouteMember]

    /// Makes a route as the database would give it.
    public init(id: Int64, name: String, strategy: Strategy, isActive: Bool, members: [RouteMember]) {
        self.id = id
        self.name = name
        self.strategy = strategy
        self.isActive = isActive
        self.members = members
    }
}
