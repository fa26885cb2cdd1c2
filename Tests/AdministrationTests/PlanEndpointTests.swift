import HTTPTypes
import JSON
import Registry
import Secrets
import Testing

/// Promotion over HTTP.
@Suite struct PlanEndpointTests {
    @Test func aCatalogueIsPlannedAndAppliedOnce() async throws {
        try await AdministrationFixture.with { fixture in
            _ = try await fixture.store.edit(
                [
                    RowEdit(
                        .create,
                        of: .models,
                        set: ["provider": "openai", "provider_model_id": "a", "pricing_prompt": "0.000001"]
                    )
                ],
                as: Authorship(actor: "test")
            )
            let base = "/api/v1/registry"
            let catalogue = try await fixture.admin(.get, "\(base)/catalogue")
            #expect(catalogue.status == 200)
            #expect(catalogue.json["tables"]["models"][0]["pinned"]?.arrayValue?.contains("pricing_prompt") == true)
            #expect(catalogue.json["tables"]["models"][0]["id"] == nil)
            let same = try await fixture.admin(.post, "\(base)/plan", catalogue.text)
            #expect(same.json["edits"] == [])

            let dearer = catalogue.text.replacing("\"0.000001\"", with: "\"0.000002\"")
            let plan = try await fixture.admin(.post, "\(base)/plan?prune=true", dearer)
            #expect(plan.status == 200, "\(plan.text)")
            #expect(plan.json["summary"]["critical"] == 1)
            #expect(plan.json["differences"][0]["percent"] == "100")
            let lenient = try await fixture.admin(.post, "\(base)/plan?critical_price=150", dearer)
            #expect(lenient.json["summary"]["notable"] == 1)
            #expect(try await fixture.admin(.post, "\(base)/plan?critical_price=x", dearer).status == 400)
            #expect(try await fixture.admin(.post, "\(base)/plan", "{}").code == "invalid_catalogue")

            let applied = try await fixture.admin(.post, "\(base)/apply", plan.text)
            #expect(applied.status == 200, "\(applied.text)")
            #expect(applied.json["applied"] == true)
            #expect(applied.json["in_force"] == true)
            let again = try await fixture.admin(.post, "\(base)/apply", plan.text)
            #expect(again.status == 409)
            #expect(again.code == "stale_plan")
            #expect(again.json["error"]["details"][0]["revision"] == applied.json["revision"])
            let damaged = try await fixture.admin(.post, "\(base)/apply", plan.text.replacing("openai", with: "gemini"))
            #expect(damaged.status == 422)
            #expect(damaged.code == "damaged_plan")
        }
    }

    @Test func readersPlanAndOnlyEditorsApply() async throws {
        try await AdministrationFixture.with { fixture in
            let reader = NewAPIKey(description: "r", scopes: [.reader])
            _ = try await fixture.store.createKey(reader, as: Authorship(actor: "test"))
            try await fixture.feed.catchUp()
            let key = reader.key.exposed
            let catalogue = try await fixture.send(.get, "/api/v1/registry/catalogue", key: key)
            #expect(catalogue.status == 200)
            let plan = try await fixture.send(.post, "/api/v1/registry/plan", catalogue.text, key: key)
            #expect(plan.status == 200)
            #expect(try await fixture.send(.post, "/api/v1/registry/apply", plan.text, key: key).status == 403)
            #expect(try await fixture.send(.get, "/api/v1/registry/catalogue", key: "nobody").status == 401)
        }
    }
}
