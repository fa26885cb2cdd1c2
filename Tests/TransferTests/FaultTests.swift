import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Transfer

/// What goes wrong at the other end, and what the caller is told.
@Suite(.timeLimit(.minutes(2))) struct FaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let name: String
        let code: TransferError.Code
        var begun = false
        var bytes = 0
        let script: ScriptedServer.Script

        var testDescription: String { self.name }

        static let head = "HTTP/1.1 200 OK\r\n"
    }

    static let faults: [Fault] = [
        Fault(name: "closed without a response", code: .connectionLost) { _ = try $0.readRequest() },
        Fault(name: "reset before the head", code: .connectionLost) { peer in
            _ = try peer.readRequest()
            peer.reset()
        },
        Fault(name: "closed within the head", code: .connectionLost, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write("HTTP/1.1 200 OK\r\nContent-Le")
        },
        Fault(name: "closed after the head", code: .connectionLost, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Content-Length: 10\r\n\r\n")
        },
        Fault(name: "closed within a counted body", code: .connectionLost, begun: true, bytes: 4) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Content-Length: 10\r\n\r\nfour")
        },
        Fault(name: "closed within a chunk", code: .connectionLost, begun: true, bytes: 2) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Transfer-Encoding: chunked\r\n\r\n5\r\nab")
        },
        Fault(name: "closed between chunks", code: .connectionLost, begun: true, bytes: 2) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
        },
        Fault(name: "reset within the body", code: .connectionLost, begun: true, bytes: 4) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Content-Length: 10\r\n\r\nfour")
            peer.pause(milliseconds: 50)
            peer.reset()
        },
        Fault(name: "a chunk without a size", code: .protocolViolation, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nab\r\n")
            peer.waitForClose()
        },
        Fault(name: "two lengths that differ", code: .protocolViolation, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef")
        },
        Fault(name: "a length that is no number", code: .protocolViolation, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Content-Length: 0x10\r\n\r\nabcdef")
        },
        Fault(name: "no HTTP at all", code: .protocolViolation) { peer in
            _ = try peer.readRequest()
            try peer.write("SSH-2.0-OpenSSH_9.2\r\n\r\n")
            peer.waitForClose()
        },
        Fault(name: "another protocol", code: .protocolViolation) { peer in
            _ = try peer.readRequest()
            try peer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")
            peer.waitForClose()
        },
        Fault(name: "a field without a colon", code: .protocolViolation, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "X-One: 1\r\nno colon here\r\n\r\n")
            peer.waitForClose()
        },
        Fault(name: "a space before the colon", code: .protocolViolation, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "X-One : 1\r\n\r\n")
            peer.waitForClose()
        },
        Fault(name: "fields without end", code: .headersTooLarge, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head)
            while true { try peer.write("X-More: " + String(repeating: "x", count: 1_000) + "\r\n") }
        },
        Fault(name: "too many fields", code: .headersTooLarge, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head)
            while true { try peer.write("a:\r\n") }
        },
        Fault(name: "one line without end", code: .headersTooLarge, begun: true) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "X-Long: ")
            while true { try peer.write(String(repeating: "x", count: 10_000)) }
        },
        Fault(name: "informational heads without end", code: .headersTooLarge) { peer in
            _ = try peer.readRequest()
            while true { try peer.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n") }
        },
        Fault(name: "trailers without end", code: .headersTooLarge, begun: true, bytes: 2) { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n")
            while true { try peer.write("X-More: " + String(repeating: "x", count: 1_000) + "\r\n") }
        },
    ]

    @Test(arguments: FaultTests.faults)
    func `a fault is named, with how far the transfer had come`(fault: Fault) async throws {
        try await withServer(script: fault.script) { server in
            try await withClient { client in
                let request = TransferRequest(
                    method: .post,
                    url: server.url("/path?key=secret"),
                    body: .bytes(ByteBuffer(string: "{}"))
                )
                let error = try await client.failure(request)
                #expect(error.code == fault.code, "\(error)")
                #expect(error.requestMayHaveReachedServer)
                #expect(error.responseHadBegun == fault.begun)
                #expect(error.bodyBytesReceived == fault.bytes)
                #expect(error.host == "127.0.0.1:\(server.port)")
                #expect(!"\(error)".contains("secret"))
            }
            // Nothing was tried a second time.
            #expect(server.accepted == 1)
        }
    }

    @Test func `a body that broke off brings what came before the error`() async throws {
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            try peer.write(Fault.head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            peer.pause(milliseconds: 20)
            try peer.write("3\r\nd")
        }) { server in
            try await withClient { client in
                let response = try await client.send(TransferRequest(url: server.url()))
                var iterator = response.body.makeAsyncIterator()
                var text = ""
                await expectFailure(.connectionLost) {
                    while let bytes = try await iterator.next() { text += String(buffer: bytes) }
                }
                #expect(text == "abcd")
                await expectFailure(.connectionLost) { try await iterator.next() }
            }
        }
    }

    @Test func `what may come before, after and without a body is understood`() async throws {
        let responses = [
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
                "200 ab"
            ),
            ("HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n", "204 "),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", "304 "),
            ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "302 "),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n0\r\nX-Trailer: 1\r\n\r\n", "200 ab"),
            ("HTTP/1.1 200 OK\r\nX-Folded: a\r\n  b\r\nContent-Length: 2\r\n\r\nab", "200 ab"),
            ("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", "999 "),
            ("HTTP/1.0 200 OK\r\n\r\nuntil the end", "200 until the end"),
        ]
        let number = NIOLockedValueBox(0)
        try await withServer(script: { peer in
            while try peer.readRequest() != nil {
                let response = responses[number.withLockedValue { $0 }].0
                try peer.write(response)
                if response.contains("until the end") { return }
            }
        }) { server in
            try await withClient { client in
                for index in responses.indices {
                    number.withLockedValue { $0 = index }
                    let response = try await client.send(TransferRequest(url: server.url()))
                    let body = String(buffer: try await response.body.collect(upTo: 100))
                    #expect("\(response.status.code) \(body)" == responses[index].1)
                    #expect(response.headers[HTTPField.Name("X-Hint")!] == nil)
                    #expect(response.headers[HTTPField.Name("X-Trailer")!] == nil)
                    if responses[index].0.contains("Folded") {
                        #expect(response.headers[HTTPField.Name("X-Folded")!] == "a b")
                    }
                }
            }
            #expect(server.accepted == 1)
        }
    }

    @Test func `methods and their bodies are sent as they should be`() async throws {
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                if request.line.hasPrefix("HEAD") {
                    try peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nX-Method: HEAD\r\n\r\n")
                } else {
                    let method = request.line.prefix { $0 != " " }
                    let length = request.value("Content-Length") ?? "-"
                    let type = request.value("Content-Type") ?? "-"
                    try peer.respond("\(method) \(length) \(type) \(String(decoding: request.body, as: UTF8.self))")
                }
            }
        }) { server in
            try await withClient { client in
                // In an order in which each could inherit something of the one before.
                for _ in 0..<3 {
                    for method in [
                        HTTPRequest.Method.get, .post, .put, .patch, .delete, .options, HTTPRequest.Method("QUERY")!,
                    ] {
                        let head = try await client.send(TransferRequest(method: .head, url: server.url()))
                        #expect(head.status == .ok && head.body.completeByteCount == 0)
                        let none = try await client.text(TransferRequest(method: method, url: server.url()))
                        let length = [.post, .put, .patch].contains(method) ? "0" : "-"
                        #expect(none == "\(method) \(length) - ")
                        let body = TransferRequest.Body.bytes(ByteBuffer(string: "body"))
                        let some = try await client.text(TransferRequest(method: method, url: server.url(), body: body))
                        #expect(some == "\(method) 4 - body")
                    }
                }
            }
            #expect(server.accepted == 1)
        }
    }

    // MARK: Time

    struct Slowness: Sendable, CustomTestStringConvertible {
        let name: String
        let code: TransferError.Code
        var begun = false
        let timeouts: TransferRequest.Timeouts
        let script: ScriptedServer.Script

        var testDescription: String { self.name }
    }

    private static func timeouts(
        firstByte: Int = 60_000,
        idle: Int = 60_000,
        total: Int? = nil
    ) -> TransferRequest.Timeouts {
        TransferRequest.Timeouts(
            connect: .seconds(10),
            firstByte: .milliseconds(firstByte),
            idle: .milliseconds(idle),
            total: total.map { .milliseconds($0) }
        )
    }

    static let slownesses: [Slowness] = [
        Slowness(name: "no answer", code: .firstByteTimedOut, timeouts: timeouts(firstByte: 100)) { peer in
            _ = try peer.readRequest()
            peer.waitForClose()
        },
        Slowness(name: "the head stands still", code: .idleTimedOut, begun: true, timeouts: timeouts(idle: 100)) {
            peer in
            _ = try peer.readRequest()
            try peer.write("HTTP/1.1 200 OK\r\nContent-")
            peer.waitForClose()
        },
        Slowness(name: "the body stands still", code: .idleTimedOut, begun: true, timeouts: timeouts(idle: 100)) {
            peer in
            _ = try peer.readRequest()
            try peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
            peer.waitForClose()
        },
        Slowness(name: "no answer in all", code: .totalTimedOut, timeouts: timeouts(total: 100)) { peer in
            _ = try peer.readRequest()
            peer.waitForClose()
        },
        Slowness(
            name: "for ever a byte",
            code: .totalTimedOut,
            begun: true,
            timeouts: timeouts(idle: 5_000, total: 200)
        ) { peer in
            _ = try peer.readRequest()
            try peer.write("HTTP/1.1 200 OK\r\n\r\n")
            while true {
                try peer.write("x")
                peer.pause(milliseconds: 2)
            }
        },
        Slowness(
            name: "the head for ever a byte",
            code: .totalTimedOut,
            begun: true,
            timeouts: timeouts(idle: 5_000, total: 200)
        ) { peer in
            _ = try peer.readRequest()
            try peer.write("HTTP/1.1 200 OK\r\nX-Slow: ")
            while true {
                try peer.write("x")
                peer.pause(milliseconds: 2)
            }
        },
    ]

    @Test(arguments: FaultTests.slownesses)
    func `slowness is named by what was slow`(slowness: Slowness) async throws {
        let isClosed = NIOLockedValueBox(false)
        try await withServer(script: { peer in
            defer { isClosed.withLockedValue { $0 = true } }
            try slowness.script(peer)
        }) { server in
            try await withClient { client in
                let error = try await client.failure(TransferRequest(url: server.url(), timeouts: slowness.timeouts))
                #expect(error.code == slowness.code, "\(error)")
                #expect(error.responseHadBegun == slowness.begun)
                #expect(error.requestMayHaveReachedServer)
                try await eventually("the server sees the end") { isClosed.withLockedValue { $0 } }
            }
        }
    }

    @Test func `a slow head is no fault as long as it moves`() async throws {
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            for byte in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab" {
                try peer.write(String(byte))
                peer.pause(milliseconds: 2)
            }
            peer.waitForClose()
        }) { server in
            try await withClient { client in
                let request = TransferRequest(url: server.url(), timeouts: Self.timeouts(idle: 5_000))
                let text = try await client.text(request)
                #expect(text == "ab")
            }
        }
    }

    @Test func `a reader's own pause is no fault of the server's`() async throws {
        try await withServer(
            sendBuffer: 65_536,
            script: { peer in
                _ = try peer.readRequest()
                try peer.write("HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n")
                try peer.write([UInt8](repeating: 1, count: 20_000_000))
                peer.waitForClose()
            }
        ) { server in
            try await withClient { client in
                let response = try await client.send(
                    TransferRequest(url: server.url(), timeouts: Self.timeouts(idle: 300))
                )
                var iterator = response.body.makeAsyncIterator()
                var count = try await iterator.next()?.readableBytes ?? 0
                try await Task.sleep(for: .milliseconds(900))
                while let bytes = try await iterator.next() { count += bytes.readableBytes }
                #expect(count == 20_000_000)
            }
        }
    }

    @Test func `a slow sequence of the request's body is no fault of the server's`() async throws {
        struct Slow: AsyncSequence, AsyncIteratorProtocol, Sendable {
            var left = 2
            func makeAsyncIterator() -> Slow { self }
            mutating func next() async throws -> ByteBuffer? {
                guard self.left > 0 else { return nil }
                self.left -= 1
                try await Task.sleep(for: .seconds(2))
                return ByteBuffer(string: "x")
            }
        }
        try await withServer(script: { peer in
            while let request = try peer.readRequest() { try peer.respond("\(request.body.count)") }
        }) { server in
            try await withClient { client in
                let text = try await client.text(
                    TransferRequest(
                        method: .post,
                        url: server.url(),
                        body: .stream(length: nil, Slow()),
                        timeouts: Self.timeouts(firstByte: 3_000)
                    )
                )
                #expect(text == "2")
            }
        }
    }

    // MARK: No connection

    @Test func `a port where nothing listens refuses`() async throws {
        let port = try await withServer(script: { _ in }) { $0.port }
        try await withClient { client in
            let error = try await client.failure(TransferRequest(method: .post, url: "http://127.0.0.1:\(port)/"))
            #expect(error.code == .connectionRefused, "\(error)")
            #expect(!error.requestMayHaveReachedServer)
            #expect(!error.responseHadBegun)
        }
    }

    @Test func `a connection that does not come about times out`() async throws {
        let port = try FullListener()
        defer { port.close() }
        try await withClient { client in
            let timeouts = TransferRequest.Timeouts(
                connect: .milliseconds(200),
                firstByte: .seconds(10),
                idle: .seconds(10)
            )
            let error = try await client.failure(
                TransferRequest(url: "http://127.0.0.1:\(port.number)/", timeouts: timeouts)
            )
            #expect(error.code == .connectTimedOut, "\(error)")
            #expect(!error.requestMayHaveReachedServer)
        }
    }

    @Test func `a TLS handshake that stands still times out`() async throws {
        try await withServer(script: { $0.waitForClose() }) { server in
            try await withClient { client in
                let timeouts = TransferRequest.Timeouts(
                    connect: .milliseconds(200),
                    firstByte: .seconds(10),
                    idle: .seconds(10)
                )
                let error = try await client.failure(
                    TransferRequest(url: "https://127.0.0.1:\(server.port)/", timeouts: timeouts)
                )
                #expect(error.code == .connectTimedOut, "\(error)")
                #expect(!error.requestMayHaveReachedServer)
            }
        }
    }

    @Test func `a name that does not exist is named`() async throws {
        try await withClient { client in
            let error = try await client.failure(TransferRequest(url: "http://no-such-host.invalid/?key=secret"))
            #expect(error.code == .nameNotResolved)
            #expect(!error.requestMayHaveReachedServer)
            #expect("\(error)".contains("no-such-host.invalid"))
        }
    }

    @Test func `a name is resolved and used`() async throws {
        try await withServer(script: { peer in
            while let request = try peer.readRequest() { try peer.respond(request.value("Host") ?? "-") }
        }) { server in
            try await withClient { client in
                for _ in 0..<3 {
                    let text = try await client.text(TransferRequest(url: "http://LocalHost:\(server.port)/"))
                    #expect(text.lowercased() == "localhost:\(server.port)")
                }
            }
            #expect(server.accepted == 1)
        }
    }

    @Test(arguments: [
        "", "/path", "example.com", "ftp://example.com/", "file:///etc/passwd", "http://", "http:///x",
        "http://user@host/",
        "http://user:key@host/", "http://host\\@other/", "http://ho st/", "http://host/a b", "http://host/\r\nX: y",
        "http://host:0/", "http://host:65536/", "http://host:/", "http://host:8a/", "http://[::1/", "http://[1.2.3.4]/",
        "http://1.2.3/", "http://0x7f000001/", "http://2130706433/", "http://höst/", "http://host/ü",
        "http://host\u{0}/",
        "http://1.2.3.4.5/", "http://.../", "https:/host/",
    ])
    func `what is no proper URL is refused without repeating it`(url: String) async throws {
        try await withClient { client in
            let error = try await client.failure(TransferRequest(url: url))
            #expect(error.code == .invalidURL, "\(error)")
            if url.count > 8 { #expect(!"\(error)".contains(url)) }
        }
    }

    @Test func `origins are read as RFC 3986 says`() throws {
        let cases = [
            ("http://Example.COM", "example.com", 80), ("HTTPS://a/b?c@d", "a", 443), ("http://a:8080?x", "a", 8_080),
            ("http://127.0.0.1:1#f", "127.0.0.1", 1), ("https://[::1]:5/", "::1", 5),
            ("http://[2001:DB8::1]", "2001:db8::1", 80),
            ("http://a_b-c.d1/", "a_b-c.d1", 80),
        ]
        for (url, host, port) in cases {
            let origin = try Origin(of: url)
            #expect(origin.host == host)
            #expect(origin.port == UInt16(port))
        }
    }
}
