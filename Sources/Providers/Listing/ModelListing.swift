package import JSON

/// How a provider lists its models: one or several endpoints, read page by page, and a further request for what they leave
/// out.
package struct ModelListing: Sendable {
    /// Whether the list can be had without a key.
    package enum KeyRequirement: Sendable, Hashable {
        /// Without a key the provider refuses.
        case required
        /// A key changes what is listed or how often one may ask.
        case optional
        /// The list is public; a key is not sent.
        case none
    }

    package let key: KeyRequirement
    package let authentication: Authentication

    /// The endpoints that make up the list, asked one after the other.
    package let sources: [ListSource]

    /// What is asked about each model afterwards.
    package let followUp: FollowUp?

    /// What this project knows about the provider's models beyond what the list tells.
    package let facts: [CuratedFacts]

    /// Models that are listed although the provider does not list them, where its list is not offered to everybody.
    package let knownIDs: [String]

    /// Whether the unit of the prices is inferred or documented in contradiction to what was seen, so that they are held
    /// against known prices before they are believed.
    package let doubtsUnit: Bool

    /// Whether a list without models can be right.
    package let mayBeEmpty: Bool

    package init(
        key: KeyRequirement,
        authentication: Authentication = .bearer,
        sources: [ListSource],
        followUp: FollowUp? = nil,
        facts: [CuratedFacts] = [],
        knownIDs: [String] = [],
        doubtsUnit: Bool = false,
        mayBeEmpty: Bool = false
    ) {
        self.key = key
        self.authentication = authentication
        self.sources = sources
        self.followUp = followUp
        self.facts = facts
        self.knownIDs = knownIDs
        self.doubtsUnit = doubtsUnit
        self.mayBeEmpty = mayBeEmpty
    }
}

/// One endpoint of a list.
package struct ListSource: Sendable {
    /// What an endpoint contributes to the list.
    package enum Role: Sendable, Hashable {
        /// Its rows are models.
        case lists
        /// It tells more of the models that others have listed, and adds those that they have not.
        case completes
        /// It tells more of the models that others have listed, and adds none.
        case describes
    }

    /// Where rows are in the envelopes that providers use.
    package static let usualRows: [[String]] = [["data"], ["models"], ["data", "models"], []]

    /// The request for the first page.
    package let first: ListingRequest

    /// Where the rows are: names of members to go through, tried in turn; no name at all is a body that is an array.
    package let rows: [[String]]

    /// Where the provider says how many models there are: names of members to go through, tried in turn.
    package let total: [[String]]

    package let paging: Paging

    package let role: Role

    /// Whether the list is the list without this endpoint, where the provider does not offer it to this key: an answer of
    /// 401, 403, 404, 405, 410 or 501 to its first page.
    package let mayBeAbsent: Bool

    /// Whether the endpoint is not even asked without a key.
    package let needsKey: Bool

    /// Whether a page behind the last row is an empty object, as ProtoJSON writes a message whose list is empty.
    package let omitsEmptyRows: Bool

    /// Turns one row into the registry's terms: one model, none, or one for each offer.
    package let normalise: @Sendable (ListedItem, ListingContext) throws(ItemRefusal) -> [ListedModel]

    package init(
        first: ListingRequest,
        rows: [[String]] = Self.usualRows,
        total: [[String]] = [],
        paging: Paging = .none,
        role: Role = .lists,
        mayBeAbsent: Bool = false,
        needsKey: Bool = false,
        omitsEmptyRows: Bool = false,
        normalise: @escaping @Sendable (ListedItem, ListingContext) throws(ItemRefusal) -> [ListedModel]
    ) {
        self.first = first
        self.rows = rows
        self.total = total
        self.paging = paging
        self.role = role
        self.mayBeAbsent = mayBeAbsent
        self.needsKey = needsKey
        self.omitsEmptyRows = omitsEmptyRows
        self.normalise = normalise
    }
}

/// What reading a row may depend on beside the row.
package struct ListingContext: Sendable, Hashable {
    /// The host that was asked, without the port.
    package let host: String

    /// Whether the requests carry a key.
    package let hasKey: Bool

    package init(host: String, hasKey: Bool = true) {
        self.host = host
        self.hasKey = hasKey
    }
}

/// A request after the list for what it leaves out: for every model, or for some models at once.
package struct FollowUp: Sendable {
    /// How many models one request may ask about.
    package let batch: Int

    /// Whether the provider answers it only with a key, while the list itself is public.
    package let needsKey: Bool

    /// The request about some models.
    package let request: @Sendable ([ListedModel]) -> ListingRequest

    /// Adds what the answer tells. A model about which it tells nothing stays as it is.
    package let apply: @Sendable (JSONValue, [ListedModel]) throws(ListingError) -> [ListedModel]

    package init(
        batch: Int = 1,
        needsKey: Bool = false,
        request: @escaping @Sendable ([ListedModel]) -> ListingRequest,
        apply: @escaping @Sendable (JSONValue, [ListedModel]) throws(ListingError) -> [ListedModel]
    ) {
        self.batch = min(max(1, batch), 1 << 20)
        self.needsKey = needsKey
        self.request = request
        self.apply = apply
    }

    /// Reads the answer to a request.
    ///
    /// - Parameters:
    ///   - response: what came back.
    ///   - models: the models that were asked about.
    /// - Returns: the same models with what the answer tells.
    /// - Throws: a ``ListingError`` where it is no answer; the models are then as good as they were.
    package func read(
        _ response: ListingResponse,
        about models: [ListedModel]
    ) throws(ListingError) -> [ListedModel] {
        try self.apply(try ResponseBody.json(of: response), models)
    }
}
