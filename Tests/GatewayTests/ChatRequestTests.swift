import HTTPTypes
import HTTP
import JSON
import NIOCore
import Testing

@testable import Gateway

@Suite struct ChatRequestTests {
    private func scan(_ text: String) throws -> ChatRequest { try ChatRequest(scanning: ByteBuffer(string: text)) }

    @Test func findsWhatItNeeds() throws {
        let chat = try self.scan(#" {"messages": [], "mod\u0065l" : "a\/b", "stream":true} "#)
        #expect(chat.model == "a/b")
        #expect(chat.isStream)
        #expect(try !self.scan(#"{"model":"m","stream":null}"#).isStream)
        #expect(try !self.scan(#"{"model":"m","stream":false}"#).isStream)
    }

    @Test func splicesTheModelAndNothingElse() throws {
        let chat = try self.scan("{\"n\": 1.50, \"model\" :\t\"openai/gpt\" , \"z\":\"openai/gpt\"}")
        #expect(
            String(buffer: chat.body(naming: "g\"pt"))
                == "{\"n\": 1.50, \"model\" :\t\"g\\\"pt\" , \"z\":\"openai/gpt\"}"
        )
    }

    @Test func passesTheClientsOwnBytesWhereTheNameIsTheSame() throws {
        let chat = try self.scan(#"{"model":"gpt-4o"}"#)
        #expect(chat.body(naming: "gpt-4o") == chat.body)
    }

    /// A body whose readable bytes do not begin at its storage's begin.
    @Test func countsFromTheFirstReadableByte() throws {
        var buffer = ByteBuffer(string: #"xxxxx{"a":1,"model":"m"}"#)
        buffer.moveReaderIndex(forwardBy: 5)
        let chat = try ChatRequest(scanning: buffer)
        #expect(String(buffer: chat.body(naming: "other")) == #"{"a":1,"model":"other"}"#)
    }

    @Test(
        arguments: [
            ("", "invalid_json", nil), ("nonsense", "invalid_json", nil), ("{\"model\":\"m\"", "invalid_json", nil),
            ("[]", "invalid_json", nil), ("{}", "invalid_value", "model"), ("{\"model\":7}", "invalid_value", "model"),
            ("{\"model\":\"\"}", "invalid_value", "model"),
            ("{\"model\":\"m\",\"stream\":\"yes\"}", "invalid_value", "stream"),
            ("{\"model\":\"m\",\"model\":\"n\"}", "repeated_member", "model"),
            ("{\"model\":\"m\",\"mod\\u0065l\":\"n\"}", "repeated_member", "model"),
            ("{\"model\":\"m\",\"Model\":\"n\"}", "repeated_member", "model"),
            ("{\"model\":\"m\",\"stream\":true,\"stream\":false}", "repeated_member", "stream"),
            ("{\"model\":\"m\"}\u{0}", "invalid_json", nil),
        ] as [(String, String, String?)]
    )
    func refuses(_ body: String, _ code: String, _ param: String?) {
        let error = #expect(throws: APIError.self) { try self.scan(body) }
        #expect(error?.status.code == 400)
        #expect(error?.code == code)
        #expect(error?.param == param)
    }

    @Test func saysWhereABodyStopsBeingJSON() {
        let error = #expect(throws: APIError.self) { try self.scan("{\"model\":\"m\",\n  \"a\": tru}") }
        #expect(error?.message.contains("line 2, column 11") == true, "\(error?.message ?? "")")
    }

    @Test func acceptsWhatNestsDeeply() throws {
        let depth = 400
        let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(try self.scan("{\"tools\":\(nested),\"model\":\"m\"}").model == "m")
        #expect(throws: APIError.self) {
            try self.scan("{\"tools\":\(String(repeating: "[", count: 100_000)),\"model\":\"m\"}")
        }
    }
}
