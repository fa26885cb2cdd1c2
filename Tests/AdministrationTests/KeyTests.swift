import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Secrets
import TestSupport
import Testing

@Suite struct KeyTests {
    private static let path = "/api/v1/apikeys"

    @Test func aKeyIsInForceWhenTheAnswerArrivesAndRefusedWhenItIsRevoked() async throws {
        try await AdministrationFixture.with { roster in
            // As the guide has it, from a trusted network and without a key.
            let created = try await roster.send(.post, Self.path, #"{"description":"dev test key","priority":10}"#)
            #expect(created.status == 200, "\(created.text)")
            #expect(created.headers[.cacheControl] == "no-store")
            #expect(created.json["priority"]?.int64Value == 10)
            #expect(created.json["description"]?.stringValue == "dev test key")
            #expect(created.json["scopes"] == ["inference"])
            #expect(created.json["in_force"]?.boolValue == true)
            let key = try #require(created.json["api_key"]?.stringValue)
            let id = try #require(created.json["id"]?.int64Value)
            #expect(key.hasPrefix("rk_") && key.utf8.count == 46)
            #expect(created.json["prefix"]?.stringValue == String(key.prefix(7)))
            #expect(try await roster.send(.get, "/v1/models", key: key).status == 200)
            #expect(try await roster.send(.get, Self.path, key: key).status == 403)

            let list = try await roster.admin(.get, Self.path)
            let rows = try #require(list.json["data"]?.arrayValue)
            #expect(rows.contains { $0["id"]?.int64Value == id })
            #expect(!list.text.contains(key))
            #expect(!list.text.contains("hash"))

            let revoked = try await roster.admin(.delete, "\(Self.path)/\(id)")
            #expect(revoked.json["revoked"]?.boolValue == true)
            let refused = try await roster.send(.get, "/v1/models", key: key)
            #expect(refused.status == 401)
            #expect(refused.code == "revoked_api_key")
            // Once more is no error, and the key itself is nowhere in the database.
            #expect(try await roster.admin(.delete, "\(Self.path)/\(id)").status == 200)
            let stored = try await execute("SELECT k::text FROM api_keys k", on: roster.database).joined()
            #expect(!stored.contains(key))
        }
    }

    @Test func historySaysWhoRegisteredAKey() async throws {
        try await AdministrationFixture.with { roster in
            _ = try await roster.admin(.post, Self.path, #"{"description":"by admin"}"#)
            let actors = try await execute(
                "SELECT actor FROM revisions ORDER BY revision DESC LIMIT 1",
                on: roster.database
            )
            #expect(actors == ["admin"])
            _ = try await roster.send(.post, Self.path, "{}")
            let keyless = try await execute(
                "SELECT actor FROM revisions ORDER BY revision DESC LIMIT 1",
                on: roster.database
            )
            #expect(keyless == ["network:127.0.0.1"])
        }
    }

    @Test(arguments: [
        (#"{"priority": "high"}"#, "priority"), (#"{"priority": 1.5}"#, "priority"),
        (#"{"description": 7}"#, "description"),
        (#"{"scopes": ["root"]}"#, "scopes"), (#"{"scopes": []}"#, "scopes"),
        (#"{"expires_at": "soon"}"#, "expires_at"),
        (#"{"expires_at": "2020-01-01T00:00:00Z"}"#, "expires_at"),
    ])
    func refusesWhatItCannotRead(_ body: String, _ param: String) async throws {
        try await AdministrationFixture.with { roster in
            let answer = try await roster.admin(.post, Self.path, body)
            #expect(answer.status == 400)
            #expect(answer.json["error"]["param"]?.stringValue == param)
        }
    }

    @Test(arguments: [
        (#"{"priority": 5000}"#, "A priority is a number from -1000 to 1000."),
        (
            "{\"description\": \"\(String(repeating: "x", count: 501))\"}",
            "A key description holds at most 500 characters."
        ),
        ("{\"owner\": \"\(String(repeating: "x", count: 201))\"}", "An owner has at most 200 characters."),
    ])
    func answersWithTheDatabasesOwnSentence(_ body: String, _ sentence: String) async throws {
        try await AdministrationFixture.with { roster in
            let answer = try await roster.admin(.post, Self.path, body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.message == sentence)
        }
    }

    @Test func withoutAKeyOnlyTrustedNetworksMayAndOnlyForModels() async throws {
        try await AdministrationFixture.with { roster in
            let scoped = try await roster.send(.post, Self.path, #"{"scopes":["admin"]}"#)
            #expect(scoped.status == 403)
            #expect(try await roster.admin(.post, Self.path, #"{"scopes":["admin"]}"#).status == 200)
            #expect(try await roster.send(.post, Self.path, "{}", key: "rk_wrong").status == 401)

            var page = HTTPFields()
            page[.origin] = "https://evil.example"
            #expect(try await roster.send(.post, Self.path, "{}", headers: page).status == 403)
            var forwarded = HTTPFields()
            forwarded[.xForwardedFor] = "127.0.0.1"
            #expect(try await roster.send(.post, Self.path, "{}", headers: forwarded).status == 401)
            #expect(try await roster.send(.get, "/v1/models", headers: forwarded).status == 401)
        }
        try await AdministrationFixture.with(networks: try TrustedNetworks(trusted: "10.0.0.0/8")) { roster in
            let refused = try await roster.send(.post, Self.path, "{}")
            #expect(refused.status == 401)
            #expect(try await roster.admin(.post, Self.path, "{}").status == 200)
        }
    }

    @Test func refusesNumbersThatNameNoKey() async throws {
        try await AdministrationFixture.with { roster in
            let unknown = try await roster.admin(.delete, "\(Self.path)/99999")
            #expect(unknown.code == "key_not_found")
            #expect(try await roster.admin(.delete, "\(Self.path)/x").status == 400)
            #expect(try await roster.send(.delete, "\(Self.path)/1").status == 401)
        }
    }
}
