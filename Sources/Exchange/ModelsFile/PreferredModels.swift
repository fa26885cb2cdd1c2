import FoundationEssentials
import JSON
import Providers

/// Chooses the default, its fallbacks and the lists for cost and quality where nobody has.
///
/// Always the same from the same registry. Only models are chosen that answer chats, may be used, are not about to be
/// withdrawn, and are no router or alias; a model that costs nothing only where it runs on one's own hardware, because free
/// tiers are no promise. Where some are known to call tools and to read at least 32,000 tokens, only those.
///
/// - `default`: the cheapest recommended one, else the cheapest.
/// - `fallback`: the three cheapest after it, first those of other providers, so that one's outage is not the other's.
/// - `cost_optimized`: the three cheapest, of different families.
/// - `performance_optimized`: three of different families, recommended ones first, then the dearest, because makers ask
///   most for their best; of equal price the larger one, then the one with the longer context.
///
/// A price that is unknown counts as higher than all others for cost, and as lower for quality.
struct PreferredModels {
    private struct Candidate {
        let model: RegistryModel
        /// USD for an input and an output token.
        let price: Decimal?
        let context: Int64
        let isRecommended: Bool

        /// What its kin share, however many sell it.
        var family: String {
            self.model.row["model_family"]?.stringValue ?? self.model.apiName.split(separator: "/").last.map(
                String.init
            )
                ?? self.model.apiName
        }
    }

    private static let length = 3
    private static let capableContext: Int64 = 32_000

    private let lists: [ModelsFile.List: [String]]

    /// - Parameter models: Every model of the registry.
    init(_ models: [RegistryModel]) {
        let available = models.filter(\.isAvailable)
        let all = available.filter(Self.isEligible).map { model in
            Candidate(
                model: model,
                price: Self.price(of: model),
                context: model.row["context_length"]?.int64Value ?? 0,
                isRecommended: model.row["is_recommended"]?.boolValue ?? false
            )
        }
        let capable = all.filter {
            $0.context >= Self.capableContext && $0.model.row["supports_tools"]?.boolValue == true
        }
        let candidates = capable.isEmpty ? all : capable
        let cheapest = candidates.sorted(by: Self.isCheaper)
        let best = candidates.sorted(by: Self.isBetter)

        let first = cheapest.first(where: \.isRecommended) ?? cheapest.first
        let rest = cheapest.filter { $0.model.qualifiedName != first?.model.qualifiedName }
        let elsewhere = rest.filter { $0.model.provider != first?.model.provider }
        let fallback = Self.ofDifferentProviders(elsewhere) + Self.ofDifferentFamilies(rest)
        let timesOffered = Dictionary(grouping: available, by: \.apiName).mapValues(\.count)
        let name = { (candidate: Candidate) in
            timesOffered[candidate.model.apiName] == 1 ? candidate.model.apiName : candidate.model.qualifiedName
        }
        self.lists = [
            .default: [first].compactMap { $0 }.map(name),
            .fallback: Self.unique(fallback.map(name)),
            .costOptimized: Self.ofDifferentFamilies(cheapest).map(name),
            .performanceOptimized: Self.ofDifferentFamilies(best).map(name),
        ]
    }

    /// The names of a list, first choice first; none where the registry has no model for it.
    subscript(_ list: ModelsFile.List) -> [String] { self.lists[list] ?? [] }

    private static func isEligible(_ model: RegistryModel) -> Bool {
        let tags = model.row["tags"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let outputs = model.row["output_modalities"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let unsuitable = [ModelTag.alias, ModelTag.dynamicPricing, ModelTag.realtime, ModelTag.completionOnly]
        guard ModelTag.canChat(outputModalities: outputs, tags: tags) != false,
            !tags.contains(where: unsuitable.contains), model.row["deprecation_date"] == nil
        else { return false }
        return self.price(of: model) != 0 || tags.contains(ModelTag.local)
    }

    private static func price(of model: RegistryModel) -> Decimal? {
        guard let input = model.row["pricing_prompt"]?.decimalReadingStrings(),
            let output = model.row["pricing_completion"]?.decimalReadingStrings()
        else { return nil }
        return input + output
    }

    private static func isCheaper(_ left: Candidate, _ right: Candidate) -> Bool {
        switch (left.price, right.price) {
        case (let one?, let other?) where one != other: one < other
        case (.some, nil): true
        case (nil, .some): false
        case (.some, .some), (nil, nil): NaturalOrder.precedes(left.model.qualifiedName, right.model.qualifiedName)
        }
    }

    private static func isBetter(_ left: Candidate, _ right: Candidate) -> Bool {
        if left.isRecommended != right.isRecommended { return left.isRecommended }
        let (price, otherPrice) = (left.price ?? -1, right.price ?? -1)
        if price != otherPrice { return price > otherPrice }
        let (size, otherSize) = (left.model.size, right.model.size)
        if size.billions != otherSize.billions { return size.billions > otherSize.billions }
        if left.context != right.context { return left.context > right.context }
        return NaturalOrder.precedes(left.model.qualifiedName, right.model.qualifiedName)
    }

    private static func ofDifferentFamilies(_ candidates: [Candidate]) -> [Candidate] {
        self.first(of: candidates) { $0.family }
    }

    private static func ofDifferentProviders(_ candidates: [Candidate]) -> [Candidate] {
        self.first(of: candidates) { $0.model.provider }
    }

    private static func unique(_ names: [String]) -> [String] {
        self.first(of: names) { $0 }
    }

    /// The first few of which no two share what the closure gives.
    private static func first<Element>(of elements: [Element], by shared: (Element) -> String) -> [Element] {
        var met: Set<String> = []
        var found: [Element] = []
        for element in elements where met.insert(shared(element)).inserted {
            found.append(element)
            if found.count == self.length { break }
        }
        return found
    }
}
