public import FoundationEssentials

/// The whole registry at one revision, immutable: what every request is answered from.
///
/// A look-up is a dictionary access and touches nothing but memory. A reader takes the current snapshot once and keeps
/// it for the whole request, so that model, price, route and key are of one revision.
public final class Snapshot: Sendable {
    /// The revision that it shows; 0 for an empty registry.
    public let revision: Int64
    /// When it was read.
    public let readAt: Date
    /// Every provider, by id.
    public let providers: [Provider]
    /// Every offer, also inactive ones, by provider and API name.
    public let offers: [Offer]
    /// Every route, by name.
    public let routes: [Route]

    private let providersBySlug: [String: Provider]
    private let offersByName: [String: [Offer]]
    private let offersByQualifiedName: [String: Offer]
    private let routesByName: [String: Route]
    private let keys: [KeyHash: APIKey]

    /// Indexes the rows of one revision.
    ///
    /// - Parameters:
    ///   - revision: The revision that all rows are of.
    ///   - readAt: When they were read.
    ///   - providers: All providers.
    ///   - models: All models; one whose provider is not among the providers is left out.
    ///   - routes: All routes.
    ///   - keys: All client keys, also ended ones.
    public init(
        revision: Int64,
        readAt: Date,
        providers: [Provider],
        models: [Model],
        routes: [Route],
        keys: [APIKey]
    ) {
        self.revision = revision
        self.readAt = readAt
        self.providers = providers.sorted { $0.id < $1.id }
        self.routes = routes.sorted { $0.name < $1.name }
        self.providersBySlug = Dictionary(providers.map { ($0.slug, $0) }, uniquingKeysWith: { first, _ in first })
        self.routesByName = Dictionary(routes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.keys = Dictionary(keys.map { ($0.hash, $0) }, uniquingKeysWith: { first, _ in first })

        let byID = Dictionary(providers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.offers =
            models
            .compactMap { model in byID[model.providerID].map { Offer(provider: $0, model: model) } }
            .sorted { ($0.provider.id, $0.model.apiName) < ($1.provider.id, $1.model.apiName) }
        // Candidates of one name in the order in which they should be tried: recommended first, then as people sorted
        // them, then by provider.
        self.offersByName = Dictionary(grouping: self.offers, by: \.model.apiName).mapValues {
            $0.sorted(by: Offer.isPreferred)
        }
        self.offersByQualifiedName = Dictionary(
            self.offers.map { ($0.qualifiedName, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// A registry with nothing in it.
    public static let empty = Snapshot(
        revision: 0,
        readAt: Date(timeIntervalSince1970: 0),
        providers: [],
        models: [],
        routes: [],
        keys: []
    )

    /// The provider of a slug.
    public func provider(slug: String) -> Provider? {
        self.providersBySlug[slug]
    }

    /// The offers of a provider, by API name; empty for an unknown slug.
    public func offers(ofProvider slug: String) -> [Offer] {
        guard let provider = self.providersBySlug[slug] else { return [] }
        return self.offers.filter { $0.provider.id == provider.id }
    }

    /// The one offer that `provider/api-name` names, active or not.
    public func offer(qualifiedName: String) -> Offer? {
        self.offersByQualifiedName[qualifiedName]
    }

    /// The row of a client key, also of an ended one.
    public func key(_ hash: KeyHash) -> APIKey? {
        self.keys[hash]
    }

    /// What a request that names a model may use.
    ///
    /// A person's route comes before everything, then `provider/api-name`, then every active offer of an API name.
    ///
    /// - Parameter name: As the request has it.
    /// - Returns: The offers to try in order, or why there are none.
    public func resolve(_ name: String) -> Resolution {
        guard let route = self.routesByName[name], route.isActive else { return self.resolveOffers(name) }
        var candidates: [Offer] = []
        for member in route.membersInTurn() {
            guard case .offers(let found, _) = self.resolveOffers(member.model) else { continue }
            candidates += found.filter { offer in
                member.admits(offer.model) && !candidates.contains { $0 === offer }
            }
        }
        if route.strategy == .cheapest { candidates.sortByPrice() }
        return candidates.isEmpty ? .emptyRoute(route) : .offers(candidates, route: route)
    }

    private func resolveOffers(_ name: String) -> Resolution {
        if let offer = self.offersByQualifiedName[name] {
            return offer.isAvailable ? .offers([offer], route: nil) : .inactive([offer])
        }
        guard let offers = self.offersByName[name] else { return .unknown }
        let available = offers.filter(\.isAvailable)
        return available.isEmpty ? .inactive(offers) : .offers(available, route: nil)
    }
}

/// What a name stands for.
public enum Resolution: Sendable {
    /// These offers, to be tried in order; at least one.
    case offers([Offer], route: Route?)
    /// Known, but switched off, or its provider is.
    case inactive([Offer])
    /// A route of which no member can be used.
    case emptyRoute(Route)
    /// No route, offer or API name of the registry.
    case unknown
}

/// A model as one provider offers it.
public final class Offer: Sendable {
    /// Who offers it.
    public let provider: Provider
    /// What is offered.
    public let model: Model
    /// `provider/api-name`, which names this offer and no other.
    public let qualifiedName: String

    /// Joins the rows.
    public init(provider: Provider, model: Model) {
        self.provider = provider
        self.model = model
        self.qualifiedName = "\(provider.slug)/\(model.apiName)"
    }

    /// Whether requests may use it.
    public var isAvailable: Bool { self.model.isActive && self.provider.isActive }

    static func isPreferred(_ left: Offer, _ right: Offer) -> Bool {
        if left.model.isRecommended != right.model.isRecommended { return left.model.isRecommended }
        let leftOrder = left.model.sortOrder ?? .max
        let rightOrder = right.model.sortOrder ?? .max
        return (leftOrder, left.provider.id) < (rightOrder, right.provider.id)
    }
}
