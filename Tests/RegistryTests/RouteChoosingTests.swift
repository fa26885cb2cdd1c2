import FoundationEssentials
@testable import Registry
import Testing

@Suite struct RouteChoosingTests {
    private static let provider = Provider(id: 1, slug: "p", name: "P", kind: .text, adapter: "openai-compatible")

    private static func snapshot(_ strategy: Route.Strategy, _ members: [RouteMember]) -> Snapshot {
        var models: [Model] = []
        for (place, (name, price)) in [("dear", "9"), ("cheap", "1"), ("unknown", nil), ("free", "0")].enumerated() {
            var model = Model(id: Int64(place), providerID: 1, apiName: name, name: name)
            model.pricing.prompt = price.flatMap { Decimal(string: $0) }
            model.pricing.completion = model.pricing.prompt
            model.capabilities.tools = name == "free" ? nil : true
            models.append(model)
        }
        return Snapshot(
            revision: 1,
            readAt: Date(),
            providers: [self.provider],
            models: models,
            routes: [Route(id: 1, name: "r", strategy: strategy, isActive: true, members: members)],
            keys: []
        )
    }

    private static func names(_ snapshot: Snapshot) -> [String] {
        guard case .offers(let offers, _) = snapshot.resolve("r") else { return [] }
        return offers.map(\.model.apiName)
    }

    @Test func `cheapest comes first, unknown prices last`() {
        let all: [RouteMember] = ["unknown", "dear", "cheap", "free"]
        #expect(Self.names(Self.snapshot(.cheapest, all)) == ["free", "cheap", "dear", "unknown"])
        #expect(Self.names(Self.snapshot(.ordered, all)) == ["unknown", "dear", "cheap", "free"])
    }

    @Test func `a member passes over what it does not admit`() {
        let limited = ["dear", "cheap", "unknown", "free"].map { RouteMember(model: $0, maximumPrice: 1) }
        #expect(Self.names(Self.snapshot(.ordered, limited)) == ["cheap", "free"])
        let able = ["dear", "free"].map { RouteMember(model: $0, requires: ["tools"]) }
        #expect(Self.names(Self.snapshot(.ordered, able)) == ["dear"])
        let future = [RouteMember(model: "dear", requires: ["telepathy"])]
        guard case .emptyRoute = Self.snapshot(.ordered, future).resolve("r") else {
            Issue.record("an ability that nobody knows of was taken for given")
            return
        }
    }

    @Test func `members are drawn in proportion to their weights, each once, and weight 0 last`() {
        let route = Route(
            id: 1,
            name: "r",
            strategy: .weighted,
            isActive: true,
            members: [
                RouteMember(model: "a", weight: 1), RouteMember(model: "b", weight: 3),
                RouteMember(model: "c", weight: 0),
            ]
        )
        var generator = SplitMix(seed: 7)
        var first: [String: Int] = [:]
        for _ in 0..<8_000 {
            let drawn = route.membersInTurn(using: &generator).map(\.model)
            #expect(Set(drawn) == ["a", "b", "c"] && drawn.last == "c")
            first[drawn[0], default: 0] += 1
        }
        #expect((5_800...6_200).contains(first["b"] ?? 0), "\(first)")
    }
}
