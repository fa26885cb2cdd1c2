import JSON
import Testing

@testable import ProviderSimulator

/// The dialects in which providers hand out pages, each walked through to its end.
@Suite("Pages of lists")
struct PagesTests {
    private static let bearer = ["authorization": "Bearer any"]

    /// Walks through a list; `next` makes the query of the page after one, or nil after the last.
    private func walk(
        _ simulator: TestSimulator,
        _ target: String,
        _ headers: [String: String] = [:],
        layout: ListLayout,
        next: (HTTPAnswer, Int) throws -> String?
    ) async throws -> (ids: [String], pages: Int) {
        var ids: [String] = []
        var pages = 0
        var query: String? = ""
        while let asked = query {
            let answer = try await simulator.send("GET", target + asked, headers)
            try #require(answer.status == 200, "\(answer.text)")
            if try answer.json != .object([:]) { ids += try ModelList(answer.body, layout: layout).ids }
            pages += 1
            try #require(pages < 50)
            query = try next(answer, pages)
        }
        return (ids, pages)
    }

    @Test("fal.ai's cursor, of whatever size", arguments: [1, 4, 9, 100])
    func cursor(limit: Int) async throws {
        let layout = ListLayout("models", id: "endpoint_id")
        let all = try ModelList(OrdinaryProvider.fal.catalogue, layout: layout).ids
        try await TestSimulator.run { simulator in
            let found = try await self.walk(simulator, "/api.fal.ai/v1/models?limit=\(limit)", layout: layout) {
                page,
                _ in
                guard try page.json["has_more"] == true else { return nil }
                return "&cursor=\(try #require(try page.json["next_cursor"]?.stringValue))"
            }
            #expect(found.ids == all)
            #expect(found.pages == (all.count + limit - 1) / limit)
        }
    }

    @Test("A recorded page of fal.ai's that says that there is more is followed by an empty one")
    func recordedCursor() async throws {
        try await TestSimulator.run { simulator in
            let rows = (1...100).map { "{\"endpoint_id\":\"fal-ai/\($0)\",\"metadata\":{}}" }.joined(separator: ",")
            let list = "{\"models\":[\(rows)],\"next_cursor\":\"Mg\",\"has_more\":true}"
            let sent = try await simulator.send("PUT", "/_simulator/lists/fal", body: Array(list.utf8))
            #expect(sent.status == 200)
            let first = try await simulator.send("GET", "/api.fal.ai/v1/models?limit=100")
            #expect(first.text == list)
            let second = try await simulator.send("GET", "/api.fal.ai/v1/models?limit=100&cursor=Mg").json
            #expect(second == ["models": [], "next_cursor": nil, "has_more": false])
        }
    }

    @Test("Google's token", arguments: [1, 4, 9, 1000])
    func token(size: Int) async throws {
        let layout = ListLayout("publisherModels", id: "name")
        let all = try ModelList(OrdinaryProvider.vertex.catalogue, layout: layout).ids
        let target = "/aiplatform.googleapis.com/v1beta1/publishers/google/models?pageSize=\(size)"
        try await TestSimulator.run { simulator in
            let found = try await self.walk(simulator, target, Self.bearer, layout: layout) { page, _ in
                try page.json["nextPageToken"]?.stringValue.map { "&pageToken=\($0.replacing("=", with: "%3D"))" }
            }
            #expect(found.ids == all)
            #expect(try await simulator.send("GET", target).status == 401)
        }
    }

    @Test("NEAR's offset, with its total", arguments: [1, 4, 9, 100])
    func offset(limit: Int) async throws {
        let layout = ListLayout("models", id: "modelId")
        let all = try ModelList(OrdinaryProvider.near.catalogue, layout: layout).ids
        let target = "/cloud-api.near.ai/v1/model/list?limit=\(limit)"
        try await TestSimulator.run { simulator in
            let found = try await self.walk(simulator, target, layout: layout) { page, pages in
                let total = try page.json["total"]?.int64Value
                #expect(total == Int64(all.count))
                return pages * limit < all.count ? "&offset=\(pages * limit)" : nil
            }
            #expect(found.ids == all)
            #expect(try await simulator.send("GET", "\(target)&offset=-1").status == 400)
        }
    }

    @Test("Featherless' numbers, and everything at once without one", arguments: [1, 4, 9, 1000])
    func number(size: Int) async throws {
        let all = try ModelList(OrdinaryProvider.featherless.catalogue, layout: .openAI).ids
        let target = "/api.featherless.ai/v1/models"
        try await TestSimulator.run { simulator in
            var ids: [String] = []
            for page in 1...((all.count + size - 1) / size) {
                let answer = try await simulator.send("GET", "\(target)?per_page=\(size)&page=\(page)")
                #expect(try answer.json["pagination"]["total"]?.int64Value == Int64(all.count))
                ids += try ModelList(answer.body, layout: .openAI).ids
            }
            #expect(ids == all)
            #expect(try ModelList(try await simulator.send("GET", target).body, layout: .openAI).ids == all)
        }
    }

    @Test("The Hub's Link field", arguments: [1, 3, 8, 1000])
    func link(limit: Int) async throws {
        let all = try ModelList(OrdinaryProvider.huggingFace.catalogue, layout: .openAI).ids
        try await TestSimulator.run { simulator in
            var ids: [String] = []
            var target: String? = "/huggingface.co/api/models?limit=\(limit)"
            while let asked = target {
                let answer = try await simulator.send("GET", asked)
                ids += try ModelList(answer.body, layout: .array).ids
                target = answer.headers["link"].map { link in
                    let address = link.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }
                    return String(address).replacing("https://", with: "/")
                }
            }
            #expect(ids == all)
        }
    }

    @Test("A list of another shape is only at the address that has that shape")
    func shapes() async throws {
        try await TestSimulator.run { simulator in
            let plain = #"{"data":[{"id":"grok-3","object":"model"}],"object":"list"}"#
            _ = try await simulator.send("PUT", "/_simulator/lists/xai", body: Array(plain.utf8))
            let language = try await simulator.send("GET", "/api.x.ai/v1/language-models", Self.bearer)
            #expect(language.status == 404)
            let all = try await simulator.send("GET", "/api.x.ai/v1/models", Self.bearer)
            #expect(try ModelList(all.body, layout: .openAI).ids == ["grok-3"])
        }
    }

    @Test("fal.ai prices at most fifty models at once, for a key in its own scheme")
    func prices() async throws {
        try await TestSimulator.run { simulator in
            let target = "/api.fal.ai/v1/models/pricing?endpoint_id=fal-ai/flux/dev,fal-ai/veo3,unknown"
            #expect(try await simulator.send("GET", target, Self.bearer).status == 401)
            let answer = try await simulator.send("GET", target, ["authorization": "Key any"]).json
            #expect(answer["prices"]?.arrayValue?.count == 2)
            #expect(answer["prices"][0]["unit"] == "images")
            let many = (0...50).map(String.init).joined(separator: ",")
            let refused = try await simulator.send(
                "GET",
                "/api.fal.ai/v1/models/pricing?endpoint_id=\(many)",
                ["authorization": "Key any"]
            )
            #expect(refused.status == 422)
        }
    }
}
