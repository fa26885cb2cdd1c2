/// What the operator says about where providers are and where their keys may go. Only the environment says it: whoever may
/// edit rows has no part in it.
package struct DestinationPolicy: Sendable, Hashable {
    /// Where all traffic to providers goes first; nil for straight to them.
    package let egress: ProviderAddress?

    /// Hosts to which the key of any provider may be sent.
    package let hosts: [AllowedHost]

    /// The variables that name addresses, by their names.
    private let addresses: [String: String]

    /// A host that the operator allows, on one port or on any.
    package struct AllowedHost: Sendable, Hashable {
        package let host: String
        package let port: Int?
    }

    /// The variable for ``egress``.
    package static let egressVariable = "ROSTER_EGRESS_URL"

    /// The variable for ``hosts``: names with or without a port, separated by commas or spaces.
    package static let hostsVariable = "ROSTER_PROVIDER_HOSTS"

    /// Reads the settings.
    ///
    /// - Parameter environment: names and values; only addresses are kept of it.
    /// - Throws: ``DestinationError/Code/badSetting`` with the name of the variable.
    package init(environment: [String: String] = [:]) throws(DestinationError) {
        if let text = environment[Self.egressVariable], !text.isEmpty {
            self.egress = try Self.address(text, of: Self.egressVariable)
        } else {
            self.egress = nil
        }
        var hosts: [AllowedHost] = []
        for text in (environment[Self.hostsVariable] ?? "").split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let (host, port) = ProviderAddress.split(text.lowercased()) else {
                throw DestinationError(
                    .badSetting,
                    "\(Self.hostsVariable): \"\(text)\" is not a host; write names such as llm.example.com or 10.0.0.7:8000"
                )
            }
            hosts.append(AllowedHost(host: host, port: port))
        }
        self.hosts = hosts
        let named = Set(ProviderCatalog.all.flatMap { $0.addressVariables.flatMap { [$0.name] + $0.companions } })
        self.addresses = environment.filter { name, value in
            !value.isEmpty && (name.hasSuffix("_BASE_URL") || named.contains(name))
        }
    }

    /// The variable that overrides the address of a provider: `OPENROUTER_BASE_URL`.
    package static func addressVariable(slug: String) -> String { self.variable(slug: slug, ending: "_BASE_URL") }

    static func variable(slug: String, ending: String) -> String {
        String(slug.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }) + ending
    }

    /// The base URL that the environment gives a provider; nil where it gives none.
    func override(slug: String, definition: ProviderDefinition) throws(DestinationError) -> ProviderAddress? {
        let own = Self.addressVariable(slug: slug)
        if let text = self.addresses[own] { return try Self.address(text, of: own) }
        // A provider's own variable speaks of the one installation that it is known by, not of others a person added.
        guard slug == definition.slug else { return nil }
        for variable in definition.addressVariables {
            guard let text = self.addresses[variable.name] else { continue }
            let companions = self.addresses.filter { variable.companions.contains($0.key) }
            return try Self.address(variable.baseURL(text, companions), of: variable.name)
        }
        return nil
    }

    func allows(_ address: ProviderAddress) -> Bool {
        let port = address.port ?? (address.isSecure ? 443 : 80)
        return self.hosts.contains { $0.host == address.host && ($0.port == nil || $0.port == port) }
    }

    private static func address(_ text: String, of variable: String) throws(DestinationError) -> ProviderAddress {
        do throws(DestinationError) {
            let address = try ProviderAddress(text)
            guard address.query == nil else { throw DestinationError(.badAddress, "it may not have a query (?)") }
            return address
        } catch {
            throw DestinationError(.badSetting, "\(variable): \(error)")
        }
    }
}
