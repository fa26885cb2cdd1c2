import JSON
import Testing

@Suite struct ScannerTests {
    @Test func givesNamesWithTheirEscapesReadAndRangesOfTheBytes() throws {
        let text = #"  { "mod\u0065l" : "gpt-4o" , "stream":true,"messages":[ {"role":"user"} ] }  "#
        let bytes = Array(text.utf8)
        let members = try JSONScanner.topLevelMembers(of: bytes)
        #expect(members.map(\.name) == ["model", "stream", "messages"])
        let model = try #require(members["model"])
        #expect(String(decoding: bytes[model.keyRange], as: UTF8.self) == #""mod\u0065l""#)
        #expect(String(decoding: bytes[model.valueRange], as: UTF8.self) == #""gpt-4o""#)
        #expect(try JSONScanner.string(in: model.valueRange, of: bytes.span) == "gpt-4o")
        let messages = try JSONScanner.elements(in: try #require(members["messages"]).valueRange, of: bytes.span)
        #expect(messages.map { String(decoding: bytes[$0], as: UTF8.self) } == [#"{"role":"user"}"#])
        #expect(members["nothing"] == nil)
    }

    @Test(arguments: [0, 100]) func tellsRepeatedMembers(_ others: Int) throws {
        let between = (0..<others).map { "\"other \($0)\":0," }.joined()
        let bytes = Array("{\"model\":\"a\",\(between)\"\\u006dodel\":\"b\",\"model\":\"c\"}".utf8)
        let members = try JSONScanner.topLevelMembers(of: bytes)
        let models = members.filter { $0.name == "model" }
        #expect(models.map(\.isRepeated) == [false, true, true])
        #expect(members.count(where: \.isRepeated) == 2)
        #expect(try JSONScanner.string(in: try #require(members["model"]).valueRange, of: bytes.span) == "c")
    }

    @Test(arguments: ["[]", "1", "\"{}\"", "null"]) func refusesWhatIsNoObject(_ text: String) throws {
        let error = try #require(throws: JSONError.self) { try JSONScanner.topLevelMembers(of: Array(text.utf8)) }
        #expect(error.code == .wrongType)
    }

    /// Quotes, backslashes and control characters at every distance from the eight bytes that are looked at together.
    @Test func stringsEndWhereTheyEndAtEveryAlignment() throws {
        for lead in 0..<20 {
            for content in 0..<40 {
                let plain = String(repeating: "é", count: content % 3) + String(repeating: "x", count: content)
                for (inside, expected) in [
                    ("", plain), ("\\\"", plain + "\""), ("\\\\", plain + "\\"), ("!", plain + "!"),
                ] {
                    let text = String(repeating: " ", count: lead) + "{\"k\":\"\(plain)\(inside)\",\"next\":1}"
                    let members = try JSONScanner.topLevelMembers(of: Array(text.utf8))
                    #expect(members.map(\.name) == ["k", "next"])
                    let range = try #require(members["k"]).valueRange
                    #expect(try JSONScanner.string(in: range, of: Array(text.utf8).span) == expected)
                }
                for control in [UInt8(0), 0x09, 0x0A, 0x1F] {
                    let bytes = Array("{\"\(plain)".utf8) + [control] + Array("tail of it all\":1}".utf8)
                    let error = try #require(throws: JSONError.self) { try JSONScanner.topLevelMembers(of: bytes) }
                    #expect(error.offset == 2 + plain.utf8.count)
                }
            }
        }
    }

    @Test func rangesOutsideTheTextAreRefused() {
        let bytes = Array("{\"a\":[1]}".utf8)
        for range in [0..<0, 0..<100, -1..<3, 5..<7, 6..<8] {
            #expect(throws: JSONError.self) { try JSONScanner.value(in: range, of: bytes.span) }
        }
    }
}
