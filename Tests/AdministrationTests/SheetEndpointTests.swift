import FoundationEssentials
import HTTPTypes
import JSON
import Registry
import Testing

/// The registry as files over HTTP.
@Suite struct SheetEndpointTests {
    private static func fill(_ fixture: AdministrationFixture) async throws {
        _ = try await fixture.store.edit(
            [
                RowEdit(
                    .create,
                    of: .models,
                    set: [
                        "provider": "openai", "provider_model_id": "gpt-4o", "pricing_prompt": "0.0000025",
                        "notes": "=1+1",
                    ]
                ),
                RowEdit(
                    .create,
                    of: .models,
                    set: ["provider": "gemini", "provider_model_id": "pro", "pricing_prompt": "0.00000125"]
                ),
            ],
            as: Authorship(actor: "test", reason: nil)
        )
    }

    @Test func aTableIsExportedForPeopleWithASpreadsheet() async throws {
        try await AdministrationFixture.with { fixture in
            try await Self.fill(fixture)
            let answer = try await fixture.admin(
                .get,
                "/api/v1/registry/models.csv?provider=openai&fields=pricing_prompt,notes&separator=semicolon&excel=true"
            )
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "text/csv; charset=utf-8; header=present")
            let revision = try await fixture.store.position().revision
            #expect(answer.headers[.contentDisposition] == "attachment; filename=\"roster-models-r\(revision).csv\"")
            let lines = answer.text.unicodeScalars.split { $0 == "\r" || $0 == "\n" }.map { String($0) }
            let header = "Id (read only);Provider (set once);API name (set once);Input price (USD per 1M tokens);Notes;"
            #expect(lines.first == "\u{FEFF}\(header)Row revision (read only)")
            #expect(lines.count == 2 && lines.last?.hasSuffix(";openai;gpt-4o;2,5;'=1+1;1") == true, "\(answer.text)")
            #expect(try await fixture.send(.get, "/api/v1/registry/models.csv", key: "nobody").status == 401)
            #expect(try await fixture.admin(.get, "/api/v1/registry/models.csv?colour=red").status == 400)
            #expect(try await fixture.admin(.get, "/api/v1/registry/models.csv?separator=pipe").code == "invalid_value")
            for table in ["providers", "routes", "settings"] {
                #expect(try await fixture.admin(.get, "/api/v1/registry/\(table).csv").status == 200)
            }
        }
    }

    @Test func aFileIsPreviewedAndThenDoneAsItWasSeen() async throws {
        try await AdministrationFixture.with { fixture in
            try await Self.fill(fixture)
            let file = "Provider,API name,Input price (USD per 1M tokens)\nopenai,gpt-4o,3\nopenai,gpt-6,4\n"
            let path = "/api/v1/registry/import?format=csv&table=models"
            let preview = try await fixture.admin(.post, path, file)
            #expect(preview.status == 200, "\(preview.text)")
            #expect(preview.json["applied"] == false)
            #expect(preview.json["counts"]["created"] == 1 && preview.json["counts"]["updated"] == 1)
            #expect(preview.json["rows"][0]["cells"][0]["new"] == "0.000003")
            #expect(preview.json["rows"][0]["cells"][0]["old_text"] == "2.5")
            #expect(preview.json["rows"][0]["cells"][0]["letter"] == "C")
            let name = try #require(preview.json["preview"]?.stringValue)

            #expect(try await fixture.admin(.post, "\(path)&apply=true", file).code == "invalid_value")
            #expect(try await fixture.admin(.post, "\(path)&aply=true", file).code == "unknown_parameter")
            let stale = try await fixture.admin(.post, "\(path)&apply=true&preview=0123456789", file)
            #expect(stale.status == 409 && stale.code == "stale_preview")
            #expect(stale.json["error"]["preview"]["preview"]?.stringValue == name)

            let before = try await fixture.store.position().revision
            let applied = try await fixture.admin(.post, "\(path)&apply=true&preview=\(name)", file)
            #expect(applied.status == 200, "\(applied.text)")
            #expect(applied.json["applied"] == true && applied.json["in_force"] == true)
            #expect(applied.json["revision"] == JSONValue(before + 1))
            #expect(fixture.feed.snapshot.offer(qualifiedName: "openai/gpt-6") != nil)
            #expect(try await fixture.admin(.post, "\(path)&apply=true&preview=\(name)", file).status == 409)
            let again = try await fixture.admin(.post, path, file)
            #expect(again.json["counts"]["cells"] == 0)
        }
    }

    @Test func whatIsWrongIsNamedByRowAndColumn() async throws {
        try await AdministrationFixture.with { fixture in
            try await Self.fill(fixture)
            let path = "/api/v1/registry/import?table=models"
            let file = "Provider,API name,Input price (USD per 1M tokens)\nopenai,gpt-4o,\"1,234\"\n"
            let preview = try await fixture.admin(.post, path, file)
            #expect(preview.status == 200)
            #expect(preview.json["errors"][0]["row"] == 2 && preview.json["errors"][0]["column"] == "C")
            let name = try #require(preview.json["preview"]?.stringValue)
            let refused = try await fixture.admin(.post, "\(path)&apply=true&preview=\(name)", file)
            #expect(refused.status == 422 && refused.code == "invalid_value")
            #expect(refused.message.contains("row 2, column C"))
            #expect(try await fixture.admin(.post, "/api/v1/registry/import", file).code == "invalid_value")
            #expect(try await fixture.admin(.post, "/api/v1/registry/import?table=keys", file).code == "invalid_value")
            #expect(try await fixture.admin(.post, path, "").json["errors"][0]["code"] == "csv_empty")
        }
    }

    @Test func whoMayReadMayNotImport() async throws {
        try await AdministrationFixture.with { fixture in
            let made = try await fixture.admin(.post, "/api/v1/apikeys", "{\"scopes\": [\"reader\"]}")
            let key = try #require(made.json["api_key"]?.stringValue)
            #expect(try await fixture.send(.get, "/api/v1/registry/models.csv", key: key).status == 200)
            let refused = try await fixture.send(.post, "/api/v1/registry/import?table=models", "Id\n", key: key)
            #expect(refused.status == 403)
        }
    }
}
