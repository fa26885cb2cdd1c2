import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import Registry
import TestSupport
import Testing

@testable import Administration

/// Lists of rows over HTTP. That they hold what they should is tested beside ``RowQuery``.
@Suite struct RowListTests {
    private func escaped(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func aListIsReadPageByPage() async throws {
        try await AdministrationFixture.with { roster in
            let all = try await roster.refreshed()
            var ids: [JSONValue?] = []
            var next = ""
            repeat {
                let page = try await roster.admin(
                    .get,
                    "\(AdministrationFixture.rows)/models?provider=openrouter&sort=-pricing_prompt,model_name"
                        + "&fields=id,pricing_prompt&limit=7\(next.isEmpty ? "" : "&cursor=\(next)")"
                )
                try #require(page.status == 200, "\(page.text)")
                #expect(page.json["total"]?.int64Value == Int64(all.count))
                #expect(page.headers[.xRosterRevision] == page.json["revision"]?.numberValue?.spelling)
                ids += page.json["data"]?.arrayValue?.map { $0["id"] } ?? []
                next = page.json["next"]?.stringValue ?? ""
            } while !next.isEmpty && ids.count <= all.count
            #expect(Set(ids) == Set(all.map { $0["id"] }))
            #expect(ids.count == all.count)
        }
    }

    @Test func thePastIsListed() async throws {
        try await AdministrationFixture.with { roster in
            let rows = try await roster.refreshed()
            let id = try #require(rows.first?["id"]?.int64Value)
            let before = try await roster.store.position().revision
            #expect(try await roster.edit("models/\(id)", #"{"model_name": "Renamed"}"#, seen: "*").status == 200)
            #expect(try await roster.edit("models/\(id)", "", seen: "*", method: .delete).status == 200)
            let list = "\(AdministrationFixture.rows)/models?provider=openrouter&fields=id,model_name&limit=1000"
            #expect(try await roster.admin(.get, list).json["total"]?.int64Value == Int64(rows.count - 1))
            let then = try await roster.admin(.get, "\(list)&revision=\(before)")
            #expect(then.json["revision"]?.int64Value == before)
            #expect(
                then.json["data"]?.arrayValue
                    == rows.map { ["id": $0["id"] ?? nil, "model_name": $0["model_name"] ?? nil] }
            )
            let between = try await roster.admin(.get, "\(list)&revision=\(before + 1)&model_name=Renamed")
            #expect(between.json["data"]?[0]?["id"]?.int64Value == id, "\(between.text)")
            let now = self.escaped(Date().formatted(.iso8601))
            #expect(try await roster.admin(.get, "\(list)&as_of=\(now)").status == 200)
            #expect(try await roster.admin(.get, "\(list)&revision=999999").status == 404)
            #expect(try await roster.admin(.get, "\(list)&as_of=2000-01-01").json["total"] == 0)
            #expect(try await roster.admin(.get, "\(list)&as_of=now").status == 400)
        }
    }

    @Test(arguments: [
        ("id;DROP TABLE models;--", "1"), ("model_name\"", "x"), ("model_name.eq", "x"), ("model_name.ne.ne", "x"),
        ("id", "1; DROP TABLE models"), ("id", "1 OR 1=1"), ("sort", "id;DELETE FROM models"), ("sort", "id DESC"),
        ("sort", "(SELECT 1)"), ("fields", "id,*"), ("fields", "id\" FROM models --"), ("limit", "1;"),
        ("cursor", "'; DROP TABLE models; --"), ("updated_at.lt", "now()"), ("refresh_interval", "1 hour"),
        ("pricing_prompt", "NaN"), ("pricing_prompt", "Infinity"), ("health_status", "healthy' OR 'a'='a"),
    ])
    func whatIsNoQueryIsRefused(_ name: String, _ value: String) async throws {
        try await AdministrationFixture.with { roster in
            let count = try await roster.refreshed().count
            let path = "\(AdministrationFixture.rows)/models?\(self.escaped(name))=\(self.escaped(value))"
            let answer = try await roster.admin(.get, path)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.json["error"]["param"]?.stringValue == name)
            #expect(try await roster.refreshed().count == count)
        }
    }

    @Test(arguments: ["' OR '1'='1", "x'); DROP TABLE models; --", "%", "_", "\\", "${jndi}", "a,b", "$1", "\u{2019}"])
    func whatIsATextIsComparedAsOne(_ text: String) async throws {
        try await AdministrationFixture.with { roster in
            let count = try await roster.refreshed().count
            let id = try #require(try await roster.refreshed().first?["id"]?.int64Value)
            let note = JSONValue.object(["notes": .string("before \(text) after")]).serializedString()
            #expect(try await roster.edit("models/\(id)", note, seen: "*").status == 200)
            let list = "\(AdministrationFixture.rows)/models?fields=id&"
            for condition in ["notes.contains=\(self.escaped(text))", "notes=\(self.escaped("before \(text) after"))"] {
                let found = try await roster.admin(.get, list + condition)
                #expect(found.json["data"] == [["id": JSONValue(id)]], "\(found.text)")
            }
            let searched = try await roster.admin(.get, "\(list)q=\(self.escaped(text))")
            #expect(searched.status == 200, "\(searched.text)")
            #expect(try await roster.refreshed().count == count)
        }
    }

    @Test func aQueryThatIsNotInPercentEncodingIsRefused() async throws {
        try await AdministrationFixture.with { roster in
            for query in ["q=%zz", "%e4=1", "q=%ff"] {
                let answer = try await roster.admin(.get, "\(AdministrationFixture.rows)/models?\(query)")
                #expect(answer.status == 400, "\(query): \(answer.text)")
            }
            let many = (0...200).map { "id.gt=\($0)" }.joined(separator: "&")
            let answer = try await roster.admin(.get, "\(AdministrationFixture.rows)/models?\(many)")
            #expect(answer.code == "query_too_long")
        }
    }
}
