import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import LocalCluster
import Logging
import Postgres
import Registry
import TestSupport
import Testing

/// `GET /v1/models` of another time.
@Suite struct PastCatalogueTests {
    @Test func theListOfARevisionIsTheListThatWasServed() async throws {
        try await AdministrationFixture.with { roster in
            _ = try await roster.admin(.post, "/admin/model-sync/provider/openrouter")
            let before = try await roster.send(.get, "/v1/models")
            let revision = try #require(before.headers[.xRosterRevision])
            let first = try #require(before.json["data"]?[0]?["api_name"]?.stringValue)
            let time = try await roster.store.changes(ChangeQuery()).changes.first?.changedAt
            // A time is asked for to the millisecond: what comes next must not fall into the same one.
            try await Task.sleep(for: .milliseconds(2))
            try await execute(
                """
                UPDATE models SET pricing_prompt = 0.5, model_name = 'Renamed' WHERE provider_model_id = '\(first)';
                DELETE FROM models WHERE provider_model_id <> '\(first)';
                INSERT INTO routes (name) VALUES ('default')
                """,
                on: roster.database
            )
            let latest = try await roster.store.position().revision
            try await roster.feed.wait(for: latest, timeout: .seconds(10))
            #expect(try await roster.send(.get, "/v1/models").text != before.text)

            let moment = try #require(time).addingTimeInterval(0.001).formatted(
                Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            )
            for query in ["revision=\(revision)", "as_of=\(moment)"] {
                let past = try await roster.send(.get, "/v1/models?\(query)")
                #expect(past.status == 200, "\(past.text)")
                #expect(past.text == before.text, "\(query)")
                #expect(past.headers[.xRosterRevision] == revision)
                #expect(past.headers[.eTag] == before.headers[.eTag])
                var cached = HTTPFields()
                cached[.ifNoneMatch] = before.headers[.eTag]
                #expect(try await roster.send(.get, "/v1/models?\(query)", headers: cached).status == 304)
            }
            let model = try await roster.send(.get, "/v1/models/openrouter/\(first)?revision=\(revision)")
            #expect(model.json == before.json["data"]?[0] && model.headers[.xRosterRevision] == revision)
            let empty = try await roster.send(.get, "/v1/models?revision=0")
            #expect(empty.json["data"]?.arrayValue?.isEmpty == true)
            #expect(try await roster.send(.get, "/v1/models/openrouter/\(first)?revision=0").status == 404)

            for (query, status, word) in [
                ("revision=\(latest + 1)", 404, "There is no revision \(latest + 1); the latest is \(latest)."),
                ("as_of=2999-01-01", 404, "in the future"), ("revision=x", 400, "must be a number"),
                ("as_of=yesterday", 400, "must be a time"), ("revision=1&as_of=2026-01-01", 400, "either"),
                ("revision=-1", 400, "must be a number"),
            ] {
                let refused = try await roster.send(.get, "/v1/models?\(query)")
                #expect(refused.status == status && refused.message.contains(word), "\(query): \(refused.text)")
            }
            #expect(try await roster.send(.get, "/v1/models?revision=1", key: "wrong").status == 401)
            // More than are kept, each asked for by several at once.
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for request in 0..<24 {
                    group.addTask {
                        let wanted = Int64(request % 6)
                        let list = try await roster.send(.get, "/v1/models?revision=\(wanted)")
                        return list.status == (wanted <= latest ? 200 : 404)
                            && (wanted > latest || list.headers[.xRosterRevision] == "\(wanted)")
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test func withoutTheDatabaseThePastIsAwayAndThePresentIsServed() async throws {
        try await withPostgres { server in
            let quiet = AdministrationFixture.quiet
            let client = try PostgresClient(configuration: PostgresConfiguration(url: server.url), logger: quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                _ = try await Migrator(client: client, logger: quiet).migrate()
                group.cancelAll()
            }
            try await AdministrationFixture.with(database: server.url) { roster in
                _ = try await roster.admin(.post, "/admin/model-sync/provider/openrouter")
                #expect(try await roster.send(.get, "/v1/models?revision=1").status == 200)
                try await server.kill()
                try await eventually("the past is away") {
                    let away = try await roster.send(.get, "/v1/models?revision=0")
                    return away.status == 503 && away.code == "registry_unavailable"
                        && away.headers[.retryAfter] != nil
                }
                #expect(try await roster.send(.get, "/v1/models").status == 200)
                // What was read before is not going to change.
                #expect(try await roster.send(.get, "/v1/models?revision=1").status == 200)
            }
        }
    }
}
