import FoundationEssentials
import Secrets
import Registry
import Testing

@Suite struct SnapshotTests {
    private static let providers = [
        Provider(id: 1, slug: "openrouter", name: "OpenRouter", kind: .aggregator, adapter: "openrouter"),
        Provider(id: 2, slug: "openai", name: "OpenAI", kind: .text, adapter: "openai"),
        Provider(id: 3, slug: "asleep", name: "Asleep", kind: .text, adapter: "openai", isActive: false),
    ]

    private static func snapshot(routes: [Route] = [], keys: [APIKey] = []) -> Snapshot {
        var recommended = Model(id: 5, providerID: 2, apiName: "shared", name: "Shared")
        recommended.isRecommended = true
        var inactive = Model(id: 6, providerID: 2, apiName: "gone", name: "Gone")
        inactive.isActive = false
        return Snapshot(
            revision: 7,
            readAt: Date(),
            providers: self.providers,
            models: [
                Model(id: 1, providerID: 1, apiName: "openai/gpt-4o", name: "via OpenRouter"),
                Model(id: 2, providerID: 2, apiName: "gpt-4o", name: "direct"),
                Model(id: 3, providerID: 1, apiName: "shared", name: "Shared"),
                Model(id: 4, providerID: 3, apiName: "dreaming", name: "of a provider that is off"),
                recommended, inactive,
            ],
            routes: routes,
            keys: keys
        )
    }

    private static func names(_ resolution: Resolution) -> [String] {
        guard case .offers(let offers, _) = resolution else { return [] }
        return offers.map(\.qualifiedName)
    }

    @Test func `a qualified name means one offer, an API name every active one, the recommended first`() {
        let snapshot = Self.snapshot()
        #expect(Self.names(snapshot.resolve("openai/gpt-4o")) == ["openai/gpt-4o"])
        #expect(Self.names(snapshot.resolve("openrouter/openai/gpt-4o")) == ["openrouter/openai/gpt-4o"])
        #expect(Self.names(snapshot.resolve("gpt-4o")) == ["openai/gpt-4o"])
        #expect(Self.names(snapshot.resolve("shared")) == ["openai/shared", "openrouter/shared"])
    }

    @Test func `what is switched off is known but not offered`() {
        let snapshot = Self.snapshot()
        for name in ["gone", "openai/gone", "dreaming", "asleep/dreaming"] {
            guard case .inactive(let offers) = snapshot.resolve(name) else {
                Issue.record("\(name) is not inactive")
                continue
            }
            #expect(!offers.isEmpty)
        }
        guard case .unknown = snapshot.resolve("never-heard-of") else {
            Issue.record("an unknown name was known")
            return
        }
    }

    @Test func `a person's route comes before every other meaning, and skips what cannot serve`() {
        let route = Route(
            id: 1,
            name: "gpt-4o",
            strategy: .ordered,
            isActive: true,
            members: ["gone", "never-heard-of", "shared", "openai/shared", "openai/gpt-4o"]
        )
        let snapshot = Self.snapshot(routes: [
            route, Route(id: 2, name: "empty", strategy: .ordered, isActive: true, members: ["gone"]),
            Route(id: 3, name: "shared", strategy: .ordered, isActive: false, members: ["gpt-4o"]),
        ])
        guard case .offers(let offers, let used) = snapshot.resolve("gpt-4o") else {
            Issue.record("the route has members that can serve")
            return
        }
        #expect(used == route)
        #expect(offers.map(\.qualifiedName) == ["openai/shared", "openrouter/shared", "openai/gpt-4o"])
        guard case .emptyRoute = snapshot.resolve("empty") else {
            Issue.record("nothing of the route can serve")
            return
        }
        // A route that is switched off gives the name back.
        #expect(Self.names(snapshot.resolve("shared")).count == 2)
    }

    @Test func `keys are found by hash and end when they are told to`() {
        let secret = Secret.newClientKey()
        let now = Date()
        let key = APIKey(
            id: 1,
            hash: KeyHash(of: secret),
            prefix: secret.keyPrefix,
            description: "",
            scopes: [.inference],
            expiresAt: now.addingTimeInterval(10),
            createdAt: now
        )
        let found = Self.snapshot(keys: [key]).key(KeyHash(of: secret))
        #expect(found == key)
        #expect(key.isValid(at: now) && !key.isValid(at: now.addingTimeInterval(10)))
        #expect(key.allows(.inference) && !key.allows(.admin))
        #expect(Self.snapshot(keys: [key]).key(KeyHash(of: .newClientKey())) == nil)
        #expect(KeyHash(bytes: KeyHash(of: secret).bytes) == KeyHash(of: secret))
        #expect("\(secret)" == "‹secret›" && secret.exposed.count == 46)
    }
}
