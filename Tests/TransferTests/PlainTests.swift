import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Transfer

@Suite(.timeLimit(.minutes(2))) struct PlainTests {
    @Test func `a request and its response arrive as they were written`() async throws {
        let seen = NIOLockedValueBox<ScriptedServer.Request?>(nil)
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                seen.withLockedValue { $0 = request }
                try peer.respond(
                    "hello",
                    status: "418 I'm a teapot",
                    fields: ["X-One: 1", "x-two:  a b ", "X-One: 2", "X-Empty:"]
                )
            }
        }) { server in
            try await withClient { client in
                var request = TransferRequest(
                    method: .post,
                    url: server.url("/a/../b%20c?d=e&f"),
                    body: .bytes(ByteBuffer(string: "body"))
                )
                request.headers = [.contentType: "application/json", .authorization: "Bearer key"]
                request.headers[HTTPField.Name("X-None")!] = ""
                request.headers[.contentLength] = "9"
                request.headers[.connection] = "close"
                let response = try await client.send(request)
                #expect(response.status.code == 418)
                #expect(
                    response.headers.map { "\($0.name.rawName)=\($0.value)" } == [
                        "Content-Length=5", "X-One=1", "x-two=a b", "X-One=2", "X-Empty=",
                    ]
                )
                #expect(!response.connectionWasReused)
                #expect(response.timings.connect > .zero && response.timings.connect <= response.timings.firstByte)
                #expect(String(buffer: try await response.body.collect(upTo: 100)) == "hello")
                let again = try await client.send(request)
                #expect(again.connectionWasReused)
            }
            let request = try #require(seen.withLockedValue { $0 })
            #expect(request.line == "POST /a/../b%20c?d=e&f HTTP/1.1")
            #expect(request.body == Array("body".utf8))
            #expect(
                request.fields.map { "\($0.name)=\($0.value)" }.sorted()
                    == [
                        "Authorization=Bearer key", "Content-Length=4", "Content-Type=application/json",
                        "Host=127.0.0.1:\(server.port)", "X-None=",
                    ]
            )
            #expect(server.accepted == 1)
        }
    }
}
