import HTTPTypes
import JSON
import Providers
import Testing

/// The dialects of paging that providers use, each through the whole machinery with a listing made for it.
@Suite struct PagingTests {
    private func run(_ paging: Paging, first: ListingRequest = ListingRequest(reference: "models")) -> ListingRun {
        ListingRun(
            ModelListing(
                key: .none,
                sources: [
                    ListSource(first: first, rows: [["data"], []], paging: paging) { item, _ throws(ItemRefusal) in
                        [ListedModel(providerModelID: try item.id("id"))]
                    }
                ]
            ),
            context: ListingContext(host: "x")
        )
    }

    private func page(_ ids: String..., fields: HTTPFields = HTTPFields(), rest: String = "") -> ListingResponse {
        let rows = ids.map { #"{"id":"\#($0)"}"# }.joined(separator: ",")
        return ListingResponse(fields: fields, body: Array(#"{"data":[\#(rows)]\#(rest)}"#.utf8))
    }

    @Test func offsetGoesOnWhilePagesAreFull() throws {
        var run = self.run(
            .offset(parameter: "offset", size: 2),
            first: ListingRequest(reference: "model/list", query: [QueryParameter("limit", "2")])
        )
        try run.read(self.page("a", "b"))
        #expect(run.next?.query == [QueryParameter("limit", "2"), QueryParameter("offset", "2")])
        try run.read(self.page("c", "d"))
        #expect(run.next?.parameter("offset") == "4")
        try run.read(self.page())
        #expect(run.next == nil)
        #expect(try run.result().models.map(\.providerModelID) == ["a", "b", "c", "d"])
    }

    @Test func numbersGoOnWhilePagesAreFull() throws {
        var run = self.run(.number(parameter: "page", size: 2))
        try run.read(self.page("a", "b"))
        #expect(run.next?.parameter("page") == "2")
        try run.read(self.page("b", "c"))
        #expect(run.next?.parameter("page") == "3")
        try run.read(self.page("d"))
        let list = try run.result()
        #expect(list.models.map(\.providerModelID) == ["a", "b", "c", "d"])
        #expect(list.skipped.map(\.id) == ["b"])
        #expect(list.rowCount == 5)
        #expect(list.pageCount == 3)
    }

    @Test(arguments: [
        #"<https://huggingface.co/api/models?cursor=eyJ%3D&limit=1000>; rel="next""#,
        #"<https://x/api/models?cursor=p>; rel="prev", <https://x/models?cursor=eyJ%3D>; rel=next"#,
        #"<?cursor=eyJ%3D>;title="a";rel="last next""#,
    ]) func linkFieldIsFollowed(_ link: String) throws {
        var run = self.run(.linkField, first: ListingRequest(reference: "../api/models"))
        try run.read(self.page("a", fields: [try #require(HTTPField.Name("link")): link]))
        #expect(run.next?.parameter("cursor") == "eyJ=")
        #expect(run.next?.reference == "../api/models")
        try run.read(self.page("b"))
        #expect(run.next == nil)
    }

    @Test func aLinkFieldWithoutANextPageEndsTheList() throws {
        var run = self.run(.linkField)
        try run.read(
            self.page("a", fields: [try #require(HTTPField.Name("link")): #"<https://x/models?cursor=p>; rel="prev""#])
        )
        #expect(run.next == nil)
    }

    @Test(arguments: [
        #""https://elsewhere.example/steal?offset=1""#, #""https://openrouter.ai/api/v1/models""#, #""""#, "17", "true",
        #""/api/v1/models?offset=%zz""#, #""//evil/models/x?offset=1""#,
    ]) func aLinkThatLeadsElsewhereIsRefused(_ link: String) throws {
        var run = self.run(.nextLink(["links", "next"]))
        let error = try #require(throws: ListingError.self) {
            try run.read(self.page("a", rest: #","links":{"next":\#(link)}"#))
        }
        #expect(error.code == .brokenPaging)
    }

    @Test func aLinkToAnotherHostOnlyGivesItsParameters() throws {
        var run = self.run(.nextLink(["links", "next"]))
        try run.read(self.page("a", rest: #","links":{"next":"http://evil.example/v1/models?offset=500&q=a+b"}"#))
        #expect(
            run.next
                == ListingRequest(
                    reference: "models",
                    query: [QueryParameter("offset", "500"), QueryParameter("q", "a b")]
                )
        )
    }

    @Test func severalListsMakeOne() throws {
        func source(_ reference: String, _ modality: String) -> ListSource {
            ListSource(first: ListingRequest(reference: reference), rows: [["models"]]) { item, _ throws(ItemRefusal) in
                var model = ListedModel(providerModelID: try item.id("id"))
                model.outputModalities = [modality]
                return [model]
            }
        }
        var run = ListingRun(
            ModelListing(
                key: .required,
                sources: [source("language-models", "text"), source("image-generation-models", "image")]
            ),
            context: ListingContext(host: "x")
        )
        #expect(run.next?.reference == "language-models")
        try run.read(ListingResponse(body: Array(#"{"models":[{"id":"grok"}]}"#.utf8)))
        #expect(run.next?.reference == "image-generation-models")
        #expect(throws: ListingError.self) { try run.result() }
        try run.read(ListingResponse(body: Array(#"{"models":[{"id":"grok-image"},{"id":"grok"}]}"#.utf8)))
        let list = try run.result()
        #expect(list.models.map(\.outputModalities) == [["text"], ["image"]])
        #expect(list.skipped.count == 1)
    }
}
