import HTTPTypes
import Providers
import Secrets
import Testing

/// What must hold for every definition, the ones that will be added included.
@Suite struct CatalogTests {
    @Test func openRouterIsTheFirst() {
        #expect(ProviderCatalog.all.first?.slug == "openrouter")
        #expect(ProviderCatalog.seeded.first?.slug == "openrouter")
    }

    @Test func slugsAndAdaptersAreUnique() {
        #expect(Set(ProviderCatalog.all.map(\.slug)).count == ProviderCatalog.all.count)
        #expect(Set(ProviderCatalog.all.map(\.adapter)).count == ProviderCatalog.all.count)
    }

    @Test func definitionsAreFoundByAdapterThenBySlug() {
        #expect(ProviderCatalog.definition(slug: "mine", adapter: "openai-compatible")?.slug == "openai-compatible")
        #expect(ProviderCatalog.definition(slug: "openrouter", adapter: nil)?.slug == "openrouter")
        #expect(ProviderCatalog.definition(slug: "openrouter", adapter: "")?.slug == "openrouter")
        #expect(ProviderCatalog.definition(slug: "openrouter", adapter: "nothing") == nil)
        #expect(ProviderCatalog.definition(slug: "mine", adapter: nil) == nil)
    }

    @Test(arguments: ProviderCatalog.all.map(\.slug)) func isWellFormed(_ slug: String) throws {
        let definition = try #require(ProviderCatalog.definition(slug: slug, adapter: nil))
        #expect(slug.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) })
        #expect(!definition.name.isEmpty)
        #expect(try ProviderAddress(definition.baseURL).description == definition.baseURL)
        if !definition.isTemplate { #expect(try ProviderAddress(definition.siteURL).isSecure) }
        #expect(!definition.keyVariables.isEmpty)
        #expect(Set(definition.keyVariables).count == definition.keyVariables.count)
        #expect(definition.refreshInterval >= .seconds(60))
        #expect(!definition.listing.sources.isEmpty)
        for authentication in [definition.authentication, definition.listing.authentication] {
            let fields = authentication.fields(key: Secret("x"))
            #expect(fields.count == authentication.companions.count + (authentication.field == nil ? 0 : 1))
        }
        for source in definition.listing.sources {
            #expect(!source.rows.isEmpty)
            let destination = try Destination.resolve(
                source.first,
                slug: slug,
                rowBaseURL: nil,
                definition: definition,
                policy: DestinationPolicy()
            )
            #expect(destination.mayCarryKey || definition.isTemplate || definition.listing.key == .none)
        }
        #expect(
            try KeyPolicy.variables(slug: slug, rowVariable: nil, definition: definition).first
                == definition.keyVariables.first
        )
    }

    @Test(
        arguments: [
            ("2026-05-15", "2026-05-15"), ("2024-02-29T00:00:00Z", "2024-02-29"), ("2023-02-29", nil),
            ("2026-13-01", nil),
            ("2026-00-01", nil), ("2026-5-1", nil), ("2026-05-155", nil), ("", nil), ("20260515", nil),
            ("2026-05-15x", nil),
            ("٢٠٢٦-05-15", nil), ("0000-01-01", nil), ("2100-02-29", nil), ("2000-02-29", "2000-02-29"),
        ] as [(String, String?)]
    ) func daysAreDaysOfTheCalendar(_ text: String, _ expected: String?) {
        #expect(CalendarDate(text)?.description == expected)
    }
}
