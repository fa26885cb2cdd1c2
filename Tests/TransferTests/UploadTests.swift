import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Transfer

/// A sequence that yields buffers when asked, counts how often it was, and may fail.
private struct Chunks: AsyncSequence, Sendable {
    struct Broken: Error {}

    let count: Int
    let size: Int
    var failsAt: Int?
    var waitsAt: Int?
    let asked = NIOLockedValueBox(0)
    let ended = NIOLockedValueBox(false)

    struct Iterator: AsyncIteratorProtocol {
        let chunks: Chunks
        var number = 0

        mutating func next() async throws -> ByteBuffer? {
            self.chunks.asked.withLockedValue { $0 += 1 }
            if self.number == self.chunks.failsAt { throw Broken() }
            if self.number == self.chunks.waitsAt {
                defer { self.chunks.ended.withLockedValue { $0 = true } }
                try await Task.sleep(for: .seconds(3_600))
            }
            guard self.number < self.chunks.count else { return nil }
            self.number += 1
            return ByteBuffer(repeating: UInt8(truncatingIfNeeded: self.number), count: self.chunks.size)
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(chunks: self) }
}

@Suite(.timeLimit(.minutes(2))) struct UploadTests {
    @Test(arguments: [true, false])
    func `a streamed body arrives whole`(hasLength: Bool) async throws {
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                let isChunked = request.value("Transfer-Encoding") == "chunked"
                try peer.respond("\(request.body.count) \(isChunked) \(request.value("Expect") ?? "-")")
            }
        }) { server in
            try await withClient { client in
                for count in [0, 1, 3, 400] {
                    let chunks = Chunks(count: count, size: 1_000)
                    let request = TransferRequest(
                        method: .post,
                        url: server.url(),
                        body: .stream(length: hasLength ? count * 1_000 : nil, chunks)
                    )
                    let text = try await client.text(request)
                    #expect(text == "\(count * 1_000) \(!hasLength) -")
                }
            }
            #expect(server.accepted == 1)
        }
    }

    @Test func `a large body is sent without waiting for leave`() async throws {
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                try peer.respond("\(request.body.count) \(request.value("Expect") ?? "-")")
            }
        }) { server in
            try await withClient { client in
                let body = ByteBuffer(repeating: 1, count: 1_500_000)
                let text = try await client.text(TransferRequest(method: .post, url: server.url(), body: .bytes(body)))
                #expect(text == "1500000 -")
            }
        }
    }

    @Test func `a body's sequence is asked only as fast as the server reads`() async throws {
        let mayRead = NIOLockedValueBox(false)
        let chunks = Chunks(count: 2_000, size: 16_384)
        try await withServer(
            receiveBuffer: 65_536,
            script: { peer in
                guard let request = try peer.readHead() else { return }
                #expect(request.value("Content-Length") == "\(2_000 * 16_384)")
                while !mayRead.withLockedValue({ $0 }) { peer.pause(milliseconds: 1) }
                #expect(try peer.readBytes(2_000 * 16_384).count == 2_000 * 16_384)
                try peer.respond("done")
            }
        ) { server in
            try await withClient { client in
                async let text = client.text(
                    TransferRequest(method: .put, url: server.url(), body: .stream(length: 2_000 * 16_384, chunks))
                )
                var last = 0
                try await eventually("the sequence is not asked any more") {
                    let now = chunks.asked.withLockedValue { $0 }
                    defer { last = now }
                    try await Task.sleep(for: .milliseconds(100))
                    return now > 0 && now == last
                }
                #expect(last < 800)
                mayRead.withLockedValue { $0 = true }
                #expect(try await text == "done")
            }
        }
    }

    @Test func `both ways at once`() async throws {
        try await withServer(
            receiveBuffer: 65_536,
            script: { peer in
                guard let request = try peer.readHead(),
                    let length = request.value("Content-Length").flatMap({ Int($0) })
                else { return }
                try peer.write("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n")
                var left = length
                while left > 0 {
                    let bytes = try peer.readBytes(Swift.min(left, 10_000))
                    try peer.write(bytes)
                    left -= bytes.count
                }
            }
        ) { server in
            try await withClient { client in
                let chunks = Chunks(count: 1_000, size: 10_000)
                let response = try await client.send(
                    TransferRequest(method: .post, url: server.url(), body: .stream(length: 10_000_000, chunks))
                )
                let body = try await response.body.collect(upTo: 10_000_000)
                var expected = ByteBuffer()
                for number in 1...1_000 {
                    expected.writeRepeatingByte(UInt8(truncatingIfNeeded: number), count: 10_000)
                }
                #expect(body == expected)
            }
        }
    }

    @Test(arguments: [-1, 1])
    func `a body that has not its length fails`(difference: Int) async throws {
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            peer.waitForClose()
        }) { server in
            try await withClient { client in
                let chunks = Chunks(count: 10, size: 1_000)
                let request = TransferRequest(
                    method: .post,
                    url: server.url(),
                    body: .stream(length: 10_000 + difference, chunks)
                )
                let error = try await client.failure(request)
                #expect(error.code == .writeFailed)
                #expect(error.reason.contains("declared"))
            }
        }
    }

    @Test func `a body whose sequence fails ends the transfer`() async throws {
        let isClosed = NIOLockedValueBox(false)
        try await withServer(script: { peer in
            _ = try peer.readHead()
            peer.waitForClose()
            isClosed.withLockedValue { $0 = true }
        }) { server in
            try await withClient { client in
                let request = TransferRequest(
                    method: .post,
                    url: server.url(),
                    body: .stream(length: nil, Chunks(count: 10, size: 1_000, failsAt: 5))
                )
                let error = try await client.failure(request)
                #expect(error.code == .writeFailed)
                #expect(error.requestMayHaveReachedServer)
                #expect(error.description.contains("could not be read"))
                try await eventually("the server sees the end") { isClosed.withLockedValue { $0 } }
            }
        }
    }

    @Test func `the sequence is cancelled when the server answers early, and when the caller goes`() async throws {
        try await withServer(script: { peer in
            guard let request = try peer.readHead() else { return }
            if request.line.contains("/early") {
                _ = try peer.readBytes(3_000)
                try peer.respond("no", status: "413 Content Too Large", fields: ["Connection: close"])
            }
            peer.waitForClose()
        }) { server in
            try await withClient { client in
                let early = Chunks(count: 10, size: 1_000, waitsAt: 3)
                let response = try await client.send(
                    TransferRequest(method: .post, url: server.url("/early"), body: .stream(length: nil, early))
                )
                let text = String(buffer: try await response.body.collect(upTo: 10))
                #expect(text == "no")
                #expect(response.status == .contentTooLarge)
                try await eventually("the sequence is cancelled") { early.ended.withLockedValue { $0 } }

                let gone = Chunks(count: 10, size: 1_000, waitsAt: 3)
                let task = Task {
                    try await client.send(
                        TransferRequest(method: .post, url: server.url("/gone"), body: .stream(length: nil, gone))
                    )
                }
                try await eventually("it waits") { gone.asked.withLockedValue { $0 == 4 } }
                task.cancel()
                await expectFailure(.cancelled) { try await task.value }
                try await eventually("the sequence is cancelled") { gone.ended.withLockedValue { $0 } }
            }
        }
    }
}
