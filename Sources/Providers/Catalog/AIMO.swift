import FoundationEssentials
import JSON

extension ProviderDefinition {
    /// AIMO Network, where anybody can offer models. A plain name in a request leaves the choice to the network; an offer is
    /// named `<public key>:<model>`.
    ///
    /// Documented: the addresses and names. Inferred from what clients made of it: that prices are in USD per million tokens;
    /// they are held against known ones. No list of it was seen, so that a new registry begins with it switched off.
    package static let aimo = ProviderDefinition(
        slug: "aimo",
        name: "AIMO Network",
        kind: .aggregator,
        siteURL: "https://aimo.network",
        baseURL: "https://beta.aimo.network/api/v1",
        keyVariables: ["AIMO_API_KEY"],
        otherKeyHosts: ["devnet.aimo.network"],
        listing: ModelListing(
            key: .optional,
            sources: [ListSource(first: ListingRequest(reference: "models"), shape: AIMOModels.shape)],
            doubtsUnit: true
        ),
        isEnabledByDefault: false
    )
}

private enum AIMOModels {
    static let shape = RowShape { shape in
        shape.id = ["name", "id"]
        shape.name = [["display_name"]]
        shape.contextLength = [["context_length"]]
        shape.architecture = "architecture"
        shape.metadata = ["architecture", "providers"]
        shape.otherwise = .chat
    }.renaming { name in
        // The same model is listed by its own name and by that of each offer: a public key in base 58 stands before it.
        guard let colon = name.firstIndex(of: ":"), name[..<colon].utf8.count >= 32,
            name[..<colon].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { return name }
        return String(name[name.index(after: colon)...])
    } adjusting: { item, model in
        let rows = (item.value("providers")?.arrayValue ?? []).compactMap(\.objectValue).map { ListedItem($0) }
        let offers = rows.map { offer in
            (
                prompt: offer.price(.usdPerMillionTokens, zero: .unknown, "pricing", "prompt"),
                completion: offer.price(.usdPerMillionTokens, zero: .unknown, "pricing", "completion")
            )
        }
        let priced = offers.filter { $0.prompt.amount != nil && $0.completion.amount != nil }
        let cheapest = priced.min { ($0.completion.amount ?? 0) < ($1.completion.amount ?? 0) }
        guard let offer = cheapest ?? offers.first else { return }
        model.take(offer.prompt, as: .prompt)
        model.take(offer.completion, as: .completion)
        if priced.contains(where: { $0.prompt != offer.prompt || $0.completion != offer.completion }) {
            model.tag(ModelTag.dynamicPricing)
        }
    }
}
