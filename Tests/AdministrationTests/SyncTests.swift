import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Registry
import TestSupport
import Testing

@Suite struct SyncTests {
    private static let path = "/admin/model-sync"

    @Test func aProviderIsSyncedAndServed() async throws {
        try await AdministrationFixture.with { roster in
            let dry = try await roster.admin(.post, "\(Self.path)/provider/openrouter?dry_run=true")
            #expect(dry.status == 200, "\(dry.text)")
            #expect(dry.json["details"]["dry_run"]?.boolValue == true)
            #expect(dry.json["details"]["revision"]?.isNull == true)
            #expect(roster.feed.snapshot.offers.isEmpty)

            let done = try await roster.admin(.post, "\(Self.path)/provider/openrouter")
            let details = try #require(done.json["details"]?.objectValue)
            let count = try #require(details["models_synced"]?.int64Value)
            #expect(done.json["success"]?.boolValue == true)
            #expect(count > 0)
            #expect(
                done.json["message"]?.stringValue
                    == "Synced \(count) models from openrouter. Fetched: \(count), Transformed: \(count), Skipped: 0"
            )
            #expect(details["provider_id"]?.int64Value == 1)
            #expect(details["diff"]["added"] == dry.json["details"]["diff"]["added"])
            #expect(details["diff"]?.objectValue?.keys == ["added", "changed", "deactivated", "quarantined"])
            #expect(details["duration_ms"]?.int64Value != nil)
            // In force when the answer arrives.
            let list = try await roster.send(.get, "/v1/models")
            #expect(list.json["data"]?.arrayValue?.count == Int(count))
            #expect(list.headers[.xRosterRevision] == details["revision"]?.int64Value.map { String($0) })
        }
    }

    @Test func allAreSyncedEachFailingAlone() async throws {
        try await AdministrationFixture.with { roster in
            try await roster.simulate("status=500", host: "openai")
            let done = try await roster.admin(.post, "\(Self.path)/all?providers=openrouter,openai,anthropic")
            #expect(done.status == 200, "\(done.text)")
            #expect(done.json["success"]?.boolValue == false)
            let reports = try #require(done.json["details"]["providers"]?.arrayValue)
            let outcomes = reports.map { $0["details"]["outcome"]?.stringValue }
            #expect(reports.map { $0["details"]["provider"]?.stringValue } == ["openrouter", "openai", "anthropic"])
            #expect(outcomes == ["succeeded", "failed", "skipped"])
            #expect(done.json["message"]?.stringValue?.contains("Failed: openai") == true)

            let failed = try await roster.admin(.post, "\(Self.path)/provider/openai")
            #expect(failed.status == 502)
            #expect(failed.json["success"]?.boolValue == false)
            let skipped = try await roster.admin(.post, "\(Self.path)/provider/anthropic")
            #expect(skipped.status == 409)
            #expect(skipped.json["message"]?.stringValue?.contains("ANTHROPIC_API_KEY") == true)

            let status = try await roster.admin(.get, "\(Self.path)/status")
            let runs = try #require(status.json["recent_runs"]?.arrayValue)
            #expect(runs.contains { $0["outcome"]?.stringValue == "failed" && $0["provider"]?.stringValue == "openai" })
            let providers = try await roster.admin(.get, "\(Self.path)/providers")
            let rows = try #require(providers.json["providers"]?.arrayValue)
            #expect(rows.first?["slug"]?.stringValue == "openrouter")
            #expect(rows.first?["active_models"]?.int64Value ?? 0 > 0)
        }
    }

    @Test func whatIsMistypedIsRefused() async throws {
        try await AdministrationFixture.with { roster in
            let unknown = try await roster.admin(.post, "\(Self.path)/provider/nobody")
            #expect(unknown.status == 404)
            #expect(unknown.code == "provider_not_found")
            #expect(unknown.message.contains("openrouter"))
            #expect(try await roster.admin(.post, "\(Self.path)/all?providers=openai,nobody").status == 404)
            #expect(try await roster.admin(.post, "\(Self.path)/provider/openai?dry_run=ture").status == 400)
            #expect(roster.feed.snapshot.offers.isEmpty)
            for path in ["provider/openai", "all"] {
                #expect(try await roster.send(.post, "\(Self.path)/\(path)").status == 401)
            }
            for path in ["providers", "status"] {
                #expect(try await roster.send(.get, "\(Self.path)/\(path)").status == 401)
                #expect(try await roster.send(.get, "\(Self.path)/\(path)", key: "wrong").status == 401)
            }
            #expect(try await roster.admin(.get, "\(Self.path)/all").status == 405)
        }
    }
}
