import HTTPTypes
import JSON
import Providers
import Testing

/// What looks like a list and is none must never be taken for one: an empty list withdraws every model.
@Suite struct FailureTests {
    @Test(
        arguments: ProviderCatalog.all.map(\.slug),
        [
            ("", "notJSON"), ("   ", "notJSON"), ("<!DOCTYPE html><html><body>Sign in</body></html>", "notJSON"),
            ("OK", "notJSON"),
            (#"{"data":[{"id":"a"},{"i"#, "notJSON"), (#"{"models":[{"name":"a"},"#, "notJSON"), ("{", "notJSON"),
            (#"{"error":{"message":"No auth","code":401}}"#, "refused"), (#"{"error":"overloaded"}"#, "refused"),
            (#"{"error":{"message":"x"},"data":[{"id":"a"}],"models":[{"name":"a"}]}"#, "refused"),
            (#"{"success":false,"message":"down","data":[],"models":[]}"#, "refused"), ("{}", "unexpectedShape"),
            ("null", "unexpectedShape"), ("17", "unexpectedShape"), (#"{"data":{},"models":{}}"#, "unexpectedShape"),
            (#"{"data":null,"models":null}"#, "unexpectedShape"), (#"{"message":"maintenance"}"#, "unexpectedShape"),
            (#"{"data":[1,2],"models":[1,2]}"#, "unexpectedShape"),
            (#"{"data":[{}],"models":[{}]}"#, "unexpectedShape"),
            ("\u{FF}\u{FE}", "unexpected"),
        ] as [(String, String)]
    ) func isNeverAnEmptyList(_ slug: String, _ failure: (body: String, code: String)) throws {
        let definition = try #require(ProviderCatalog.definition(slug: slug, adapter: nil))
        let error = try #require(throws: ListingError.self) { try read(definition, failure.body) }
        #expect(!error.message.isEmpty)
        if failure.code != "unexpected" { #expect(error.code.description == failure.code, "\(error)") }
    }

    @Test func utf16IsNamed() throws {
        var run = ListingRun(ProviderDefinition.openAI.listing, context: ListingContext(host: "x"))
        let error = try #require(throws: ListingError.self) {
            try run.read(ListingResponse(body: [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00]))
        }
        #expect(error.message.contains("UTF-16"))
    }

    @Test(arguments: ProviderCatalog.all.filter { !$0.listing.mayBeEmpty }.map(\.slug))
    func noModelsWhereThereAlwaysAreSomeIsAnError(_ slug: String) throws {
        let definition = try #require(ProviderCatalog.definition(slug: slug, adapter: nil))
        let error = try #require(throws: ListingError.self) { try read(definition, #"{"data":[],"models":[]}"#) }
        #expect(error.code == .empty)
    }

    @Test(arguments: [
        (301, "moved"), (401, "refused the key"), (403, "refused the key"), (404, "no list"), (408, "in time"),
        (429, "wait"),
        (500, "failure of its own"), (503, "failure of its own"), (418, "refused the request"),
        (0, "refused the request"),
    ]) func aStatusIsPutIntoWords(_ status: Int, _ words: String) throws {
        for (body, detail) in [
            (#"{"error":{"message":"Say this"}}"#, "Say this"), (#"{"error":"Say this"}"#, "Say this"),
            (#"{"message":"Say this"}"#, "Say this"), (#"[{"error":{"message":"Say this"}}]"#, "Say this"),
            ("<html>", ""),
            ("", ""), (#"{"data":[{"id":"a"}]}"#, ""),
        ] {
            var run = ListingRun(ProviderDefinition.openAI.listing, context: ListingContext(host: "x"))
            let error = try #require(throws: ListingError.self) {
                try run.read(ListingResponse(status: status, body: Array(body.utf8)))
            }
            #expect(error.code == .refused)
            #expect(error.status == status)
            #expect(error.message.contains(words))
            #expect(error.message.contains(detail) || detail.isEmpty)
        }
    }

    @Test func nullCharactersDoNotReachTheDatabase() throws {
        let model = try readOne(
            .openRouter,
            #"{"data":[{"id":"a","name":"b\u0000c","description":"\\u0000 \u0000","architecture":{"tokenizer":"x\u0000"}}]}"#
        )
        #expect(model.name == "b\u{FFFD}c")
        #expect(model.description == "\\u0000 \u{FFFD}")
        #expect(model.metadata["architecture"]?["tokenizer"] == "x\u{FFFD}")
        #expect(throws: ListingError.self) { try read(.openRouter, #"{"data":[{"id":"a\u0000b"}]}"#) }
    }

    @Test func aListWithoutEndIsRefused() throws {
        var run = ListingRun(
            ProviderDefinition.gemini.listing,
            context: ListingContext(host: "x"),
            limits: ListingRun.Limits(pages: 5, rows: 100)
        )
        var page = 0
        let error = try #require(throws: ListingError.self) {
            while run.next != nil {
                page += 1
                try run.read(
                    ListingResponse(body: Array(#"{"models":[{"name":"m\#(page)"}],"nextPageToken":"\#(page)"}"#.utf8))
                )
            }
        }
        #expect(error.code == .tooLarge)
        #expect(page == 6)
        let rows = (0..<101).map { #"{"id":"\#($0)"}"# }.joined(separator: ",")
        var long = ListingRun(
            ProviderDefinition.openAI.listing,
            context: ListingContext(host: "x"),
            limits: ListingRun.Limits(pages: 5, rows: 100)
        )
        #expect(throws: ListingError.self) { try long.read(ListingResponse(body: Array(#"{"data":[\#(rows)]}"#.utf8))) }
    }
}
