import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Logging
import NIOCore
import NIOPosix
import Registry
import ServiceLifecycle
import Testing

@testable import HTTP

/// Requests over a real socket, written and read by hand.
@Suite struct EnvelopeTests {
    private struct Unforeseen: Error {}

    /// Sends bytes and reads until the server closes the connection, which every request here asks for.
    private func exchange(_ request: String) async throws -> String {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let router = Router(context: ReplicaContext.self)
        router.add(middleware: RequestEnvelope { .empty })
        func operation(
            _ method: HTTPRequest.Method,
            _ path: OperationPath,
            _ handler: @escaping Operation.Handler
        ) -> Operation {
            Operation(
                method,
                path,
                id: "test",
                summary: "",
                group: Operation.Group("Tests", ""),
                access: .anyone,
                answers: [],
                handler: handler
            )
        }
        router.serve(
            [
                operation(.get, "/things") { _, context in Response(json: ["id": .string(context.requestID)]) },
                operation(.post, "/things") { request, _ in
                    Response(json: .object(try await request.collectObject(upTo: 100)))
                },
                operation(.post, "/posted") { _, _ in Response(json: nil) },
                operation(.get, "/broken") { _, _ in throw Unforeseen() },
                operation(.get, "/foreign") { _, _ in throw HTTPError(.conflict, message: "no") },
            ],
            authenticator: Authenticator(administratorKey: nil, networks: try TrustedNetworks())
        )
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let application = Application(
            router: router,
            server: .replica(largestBody: 4_096),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
            logger: quiet
        )
        let group = ServiceGroup(services: [application], logger: quiet)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let found = await iterator.next() ?? 0
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: found) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            let text = try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: request))
                var text = ""
                do {
                    for try await bytes in inbound { text += String(buffer: bytes) }
                } catch let error as IOError where error.errnoCode == 104 {
                    // A connection that is reset has ended, too.
                }
                return text
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return text
        }
    }

    private func split(_ text: String) throws -> (head: String, json: JSONValue) {
        let gap = try #require(text.firstRange(of: "\r\n\r\n"), "\(text)")
        return (String(text[..<gap.lowerBound]).lowercased(), try JSONValue(parsing: text[gap.upperBound...].utf8))
    }

    private func request(_ line: String, _ fields: String = "", body: String = "") -> String {
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        return "\(line) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(length)\(fields)\r\n\(body)"
    }

    @Test(arguments: [
        ("GET /nothing", "404", "unknown_url", "/nothing"),
        ("DELETE /things", "405", "method_not_allowed", "GET, HEAD, POST"),
        ("GET /broken", "500", "internal_error", "request id"), ("GET /foreign", "409", "http_409", "no"),
        ("GET /", "404", "unknown_url", "/v1"), ("GET /api/v1/registry/models/a/b", "404", "unknown_url", "%2F"),
        ("PROPFIND /things", "404", "unknown_url", "PROPFIND"),
    ])
    func everyFailureHasOneShape(_ line: String, _ status: String, _ code: String, _ words: String) async throws {
        let (head, json) = try self.split(try await self.exchange(self.request(line)))
        #expect(head.hasPrefix("http/1.1 \(status)"))
        #expect(head.contains("content-type: application/json"))
        #expect(head.contains("x-roster-revision: 0"))
        #expect(head.contains("x-request-id: "))
        #expect(json["error"]["code"]?.stringValue == code)
        #expect(json["error"]["message"]?.stringValue?.contains(words) == true, "\(json)")
        #expect(json["error"]?.objectValue?.keys == ["message", "type", "code", "param"])
    }

    @Test func whatIsNoHTTPIsExplained() async throws {
        let (head, json) = try self.split(try await self.exchange("NONSENSE\r\n\r\n"))
        #expect(head.hasPrefix("http/1.1 400"))
        #expect(json["error"]["code"]?.stringValue == "malformed_request")
    }

    @Test(arguments: [("/things", 200), ("/broken", 500), ("/nothing", 404), ("/posted", 405)])
    func headHasNoBodyWhateverItSays(_ path: String, _ status: Int) async throws {
        let text = try await self.exchange(self.request("HEAD \(path)"))
        #expect(text.hasPrefix("HTTP/1.1 \(status)"))
        #expect(text.hasSuffix("\r\n\r\n"), "\(text)")
    }

    @Test(arguments: [
        ("abc-123", true), ("req_1:a/b+c=@.", true), (String(repeating: "a", count: 128), true),
        (String(repeating: "a", count: 129), false), ("a b", false), ("", false), ("ä", false), ("a\"b", false),
    ])
    func aClientsOwnIDIsKeptIfItIsSane(_ id: String, _ isKept: Bool) async throws {
        let (head, json) = try self.split(
            try await self.exchange(self.request("GET /things", "X-Request-Id: \(id)\r\n"))
        )
        let used = try #require(json["id"]?.stringValue)
        #expect(!used.isEmpty)
        #expect((used == id) == isKept)
        #expect(head.contains("x-request-id: \(used.lowercased())"))
    }

    @Test func bodiesAreBounded() async throws {
        let ok = try self.split(try await self.exchange(self.request("POST /things", body: #"{"a": 1.50}"#)))
        #expect(ok.json["a"]?.numberValue?.spelling == "1.50")
        let large = "{\"a\": \"\(String(repeating: "x", count: 200))\"}"
        let refused = try self.split(try await self.exchange(self.request("POST /things", body: large)))
        #expect(refused.head.hasPrefix("http/1.1 413"))
        #expect(refused.json["error"]["code"]?.stringValue == "body_too_large")
        let array = try self.split(try await self.exchange(self.request("POST /things", body: "[1]")))
        #expect(array.json["error"]["message"]?.stringValue?.contains("an array") == true)
    }

    @Test func aClientThatSendsWithoutEndIsCutOff() async throws {
        let chunk = "400\r\n\(String(repeating: "x", count: 1_024))\r\n"
        let text = try await self.exchange(
            "POST /things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: chunk, count: 64)
        )
        #expect(!text.contains("HTTP/1.1 200"))
    }
}
