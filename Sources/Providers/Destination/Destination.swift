/// Where a request goes, and whether the provider's key may go with it.
package struct Destination: Sendable, Hashable {
    /// The address to connect to.
    package let url: String

    /// The provider's own address: the same, unless all traffic takes another way first.
    package let provider: ProviderAddress

    /// Whether the key may be sent there.
    package let mayCarryKey: Bool

    /// Why it may not, in plain words.
    package let keyRefusal: String?

    /// Finds out where a request goes.
    ///
    /// The base URL is the one of the environment, else the row's, else the definition's. The key goes only to hosts that the
    /// definition names or the operator allows, so that editing a row can never send it elsewhere.
    ///
    /// - Parameters:
    ///   - reference: relative to the base URL, or absolute.
    ///   - query: parameters, not yet percent-encoded.
    ///   - slug: the row's.
    ///   - rowBaseURL: the row's; nil or empty for the definition's.
    ///   - definition: of the row's adapter.
    ///   - policy: the operator's.
    /// - Returns: the destination.
    /// - Throws: a ``DestinationError`` where an address cannot be used.
    package static func resolve(
        _ reference: String,
        query: [QueryParameter] = [],
        slug: String,
        rowBaseURL: String?,
        definition: ProviderDefinition,
        policy: DestinationPolicy
    ) throws(DestinationError) -> Destination {
        let override = try policy.override(slug: slug, definition: definition)
        let ownBase = try ProviderAddress(definition.baseURL)
        var base = ownBase
        if let override {
            base = override
        } else if let rowBaseURL, !rowBaseURL.isEmpty {
            base = try ProviderAddress(rowBaseURL)
            guard base.query == nil else {
                throw DestinationError(
                    .badAddress,
                    "the address \"\(rowBaseURL)\" cannot be used: it may not have a query (?)"
                )
            }
        }
        let provider = try base.appending(reference, query: query)
        let refusal = Self.keyRefusal(provider, override: override, ownBase: ownBase, definition, policy)
        return Destination(
            url: Self.url(of: provider, through: policy.egress),
            provider: provider,
            mayCarryKey: refusal == nil,
            keyRefusal: refusal
        )
    }

    /// Finds out where a page of a list is.
    ///
    /// - Parameters:
    ///   - request: of the definition's listing.
    ///   - slug: the row's.
    ///   - rowBaseURL: the row's; nil or empty for the definition's.
    ///   - definition: of the row's adapter.
    ///   - policy: the operator's.
    /// - Returns: the destination.
    /// - Throws: a ``DestinationError`` where an address cannot be used.
    package static func resolve(
        _ request: ListingRequest,
        slug: String,
        rowBaseURL: String?,
        definition: ProviderDefinition,
        policy: DestinationPolicy
    ) throws(DestinationError) -> Destination {
        try self.resolve(
            request.reference,
            query: request.query,
            slug: slug,
            rowBaseURL: rowBaseURL,
            definition: definition,
            policy: policy
        )
    }

    private static func keyRefusal(
        _ address: ProviderAddress,
        override: ProviderAddress?,
        ownBase: ProviderAddress,
        _ definition: ProviderDefinition,
        _ policy: DestinationPolicy
    ) -> String? {
        func isSameServer(_ other: ProviderAddress) -> Bool {
            other.isSecure == address.isSecure && other.host == address.host && other.port == address.port
        }
        if let override, isSameServer(override) { return nil }
        if policy.allows(address) { return nil }
        // What a template is installed for is anybody's guess: it vouches for no host.
        if !definition.isTemplate {
            if isSameServer(ownBase) { return nil }
            let isNamed = address.host == ownBase.host || definition.otherKeyHosts.contains(address.host)
            if isNamed, address.isSecure, address.port == nil { return nil }
            if isNamed {
                return "the key is not sent to \(address.host) without TLS or on another port; "
                    + "the operator can allow it in \(DestinationPolicy.hostsVariable)"
            }
        }
        return "\(address.authority) is not a host of \(definition.name), so that its key is not sent there; "
            + "the operator can allow it in \(DestinationPolicy.hostsVariable)"
    }

    /// With the provider's host, and its port where it is not the usual one, as the first segment of the path.
    private static func url(of provider: ProviderAddress, through egress: ProviderAddress?) -> String {
        guard let egress else { return provider.description }
        return "\(egress)/\(provider.authority)\(provider.path)" + (provider.query.map { "?" + $0 } ?? "")
    }
}
