/// What kind of service a provider is; the values of the column `providers.kind`.
package enum ProviderKind: String, Sendable, Hashable, CaseIterable {
    case text
    case image
    case aggregator
    case local
}

/// Everything that is particular to one kind of provider, as a value: where it is, how it is paid and addressed, how it
/// lists its models, how it speaks. Nothing here does I/O.
///
/// Each one is declared in a file of its own under `Catalog` and named in ``ProviderCatalog/all``.
package struct ProviderDefinition: Sendable {
    /// The short name in URLs, settings and the column `providers.slug`.
    package let slug: String

    /// The name people read.
    package let name: String

    package let kind: ProviderKind

    /// The value of the column `providers.adapter` that means this definition. A row of another slug may name it too.
    package let adapter: String

    /// Where people read about the provider.
    package let siteURL: String

    /// The address that chat paths and listing references are relative to, without a slash at its end.
    package let baseURL: String

    /// Environment variables that may hold the key; the first is the canonical one.
    package let keyVariables: [String]

    /// Environment variables of the provider's own tools that say where it is, beside `<SLUG>_BASE_URL`.
    package let addressVariables: [AddressVariable]

    /// Hosts beside the one of ``baseURL`` that the key may be sent to, over TLS on the usual port.
    package let otherKeyHosts: [String]

    /// How inference requests carry the key.
    package let authentication: Authentication

    package let chat: ChatDialect

    /// How models are listed.
    package let listing: ModelListing

    /// How often the list is read unless the row says otherwise.
    package let refreshInterval: Duration

    /// Whether a new registry begins with this provider switched on.
    package let isEnabledByDefault: Bool

    /// Whether nobody answering at the address means "not installed here" rather than a failure.
    package let mayBeAbsent: Bool

    /// Whether this only serves rows that people add, and is no row of its own in a new registry.
    package let isTemplate: Bool

    package init(
        slug: String,
        name: String,
        kind: ProviderKind,
        adapter: String? = nil,
        siteURL: String,
        baseURL: String,
        keyVariables: [String],
        addressVariables: [AddressVariable] = [],
        otherKeyHosts: [String] = [],
        authentication: Authentication = .bearer,
        chat: ChatDialect = .openAICompatible(path: "chat/completions"),
        listing: ModelListing,
        refreshInterval: Duration = .seconds(6 * 3600),
        isEnabledByDefault: Bool = true,
        mayBeAbsent: Bool = false,
        isTemplate: Bool = false
    ) {
        self.slug = slug
        self.name = name
        self.kind = kind
        self.adapter = adapter ?? slug
        self.siteURL = siteURL
        self.baseURL = baseURL
        self.keyVariables = keyVariables
        self.addressVariables = addressVariables
        self.otherKeyHosts = otherKeyHosts
        self.authentication = authentication
        self.chat = chat
        self.listing = listing
        self.refreshInterval = refreshInterval
        self.isEnabledByDefault = isEnabledByDefault
        self.mayBeAbsent = mayBeAbsent
        self.isTemplate = isTemplate
    }
}

/// An environment variable of a provider's own tools that says where it is, in that tool's own notation.
package struct AddressVariable: Sendable {
    package let name: String

    /// Other variables that the address depends on.
    package let companions: [String]

    /// Turns the variable's value, and those of its companions that are set, into a base URL like
    /// ``ProviderDefinition/baseURL``.
    package let baseURL: @Sendable (_ value: String, _ companions: [String: String]) -> String

    package init(_ name: String, baseURL: @escaping @Sendable (String) -> String = { $0 }) {
        self.name = name
        self.companions = []
        self.baseURL = { value, _ in baseURL(value) }
    }

    package init(
        _ name: String,
        with companions: [String],
        baseURL: @escaping @Sendable (_ value: String, _ companions: [String: String]) -> String
    ) {
        self.name = name
        self.companions = companions
        self.baseURL = baseURL
    }
}

/// The language in which a provider's chat endpoint is spoken to.
package enum ChatDialect: Sendable, Hashable {
    /// OpenAI's chat completions; the path is relative to the base URL. The client's bytes can be passed on.
    case openAICompatible(path: String)

    /// No chat: what is offered is asked for in ways of the provider's own.
    case none

    /// Whether a request in OpenAI's shape can be passed on without translation.
    package var speaksOpenAI: Bool {
        switch self {
        case .openAICompatible: true
        case .none: false
        }
    }

    /// The chat endpoint, relative to the base URL; empty where there is none.
    package var path: String {
        switch self {
        case .openAICompatible(let path): path
        case .none: ""
        }
    }
}
