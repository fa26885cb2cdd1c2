import FoundationEssentials

/// Holds a list's prices against prices that are known, for providers whose documents and whose lists disagree about the
/// unit, or say nothing of it.
///
/// A unit that is wrong is wrong by a thousand or more, and for every row; a provider's own margin is never that large.
enum UnitCheck {
    /// How many times dearer or cheaper a model must be for its unit to be another one.
    static let factor: Decimal = 50

    /// What speaks against the unit; nil where more known prices speak for it, or none is comparable.
    static func contradiction(of models: [ListedModel]) -> String? {
        var agreeing = 0
        var opposing: [ListedModel] = []
        for model in models {
            guard let listed = model.pricing.prompt, listed > 0,
                let known = CuratedFacts.promptPrices[model.canonicalName], known > 0
            else { continue }
            let isFar = listed > known * Self.factor || listed * Self.factor < known
            if isFar { opposing.append(model) } else { agreeing += 1 }
        }
        guard opposing.count > agreeing, let example = opposing.first, let listed = example.pricing.prompt,
            let known = CuratedFacts.promptPrices[example.canonicalName]
        else { return nil }
        return """
            the prices are not in the unit that they were seen in: \(example.providerModelID) would cost \(listed) USD per \
            token, and costs \(known) elsewhere; no price of this list was taken over
            """
    }
}
