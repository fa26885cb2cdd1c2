import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Transfer

/// Stored or run-length deflate blocks are enough to write gzip by hand: the tests need no compressor.
private enum Gzip {
    /// A gzip member of stored blocks (RFC 1951 §3.2.4, RFC 1952).
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = bytes[...]
        repeat {
            let part = rest.prefix(65_535)
            rest = rest.dropFirst(part.count)
            let length = UInt16(part.count)
            out.append(rest.isEmpty ? 1 : 0)
            out += [UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)]
            out += part
        } while !rest.isEmpty
        return out + self.littleEndian(self.checksum(bytes)) + self.littleEndian(UInt32(bytes.count))
    }

    /// The bytes of one zero and then `runs` runs of 258 of them, in fixed Huffman codes: 8 + 5 bits per run.
    static func zeros(runs: Int) -> [UInt8] {
        var out: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
        var (buffer, bits) = (UInt32(0), 0)
        func put(_ value: UInt32, _ count: Int) {
            buffer |= value << UInt32(bits)
            bits += count
            while bits >= 8 {
                out.append(UInt8(buffer & 255))
                buffer >>= 8
                bits -= 8
            }
        }
        func code(_ value: UInt32, _ count: Int) {
            for bit in (0..<count).reversed() { put((value >> UInt32(bit)) & 1, 1) }
        }
        put(1, 1)
        put(1, 2)
        code(0x30, 8)
        for _ in 0..<runs {
            code(0b1100_0101, 8)
            code(0, 5)
        }
        code(0, 7)
        put(0, 7)
        // A checksum nobody will come to: the limit ends it before.
        return out + [0, 0, 0, 0, 0, 0, 0, 0]
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8((value >> (8 * $0)) & 255) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xedb8_8320 : sum >> 1 }
        }
        return ~sum
    }
}

@Suite(.timeLimit(.minutes(1))) struct CompressionTests {
    private func answer(_ peer: Peer, _ body: [UInt8], chunked: Bool) throws {
        guard let request = try peer.readRequest() else { return }
        let head =
            "HTTP/1.1 200 OK\r\nX-Asked: \(request.value("Accept-Encoding") ?? "-")\r\nContent-Encoding: gzip\r\n"
        if chunked {
            try peer.write(head + "Transfer-Encoding: chunked\r\n\r\n\(String(body.count, radix: 16))\r\n")
            try peer.write(body)
            try peer.write("\r\n0\r\n\r\n")
        } else {
            try peer.write(head + "Content-Length: \(body.count)\r\n\r\n")
            try peer.write(body)
        }
    }

    @Test(arguments: [true, false])
    func `a compressed listing is asked for and undone`(chunked: Bool) async throws {
        let text = String(repeating: "a model and its price; ", count: 20_000)
        let body = Gzip.stored(Array(text.utf8))
        try await withServer(script: { peer in try self.answer(peer, body, chunked: chunked) }) { server in
            try await withClient { client in
                let response = try await client.send(TransferRequest(url: server.url(), decompress: true))
                #expect(response.headers[HTTPField.Name("X-Asked")!]?.contains("gzip") == true)
                #expect(response.headers[.contentEncoding] == nil)
                #expect(response.headers[.contentLength] == nil)
                let received = String(buffer: try await response.body.collect(upTo: 1_000_000))
                #expect(received == text)
            }
        }
    }

    @Test func `what is not asked for is passed on as it came`() async throws {
        let body = Gzip.stored(Array("text".utf8))
        try await withServer(script: { peer in try self.answer(peer, body, chunked: false) }) { server in
            try await withClient { client in
                let response = try await client.send(TransferRequest(url: server.url()))
                #expect(response.headers[HTTPField.Name("X-Asked")!] == "-")
                #expect(response.headers[.contentEncoding] == "gzip")
                let received = try await response.body.collect(upTo: 1_000_000)
                #expect(Array(received.readableBytesView) == body)
            }
        }
    }

    @Test func `a small body that becomes a large one is stopped at the limit`() async throws {
        // 650 kB that would become 100 MB.
        let bomb = Gzip.zeros(runs: 400_000)
        try await withServer(script: { peer in
            try self.answer(peer, bomb, chunked: false)
            peer.waitForClose()
        }) { server in
            try await withClient { client in
                var request = TransferRequest(url: server.url(), decompress: true)
                request.decompressedLimit = 1_000_000
                let error = try await client.failure(request)
                #expect(error.code == .bodyTooLarge, "\(error)")
                #expect(error.bodyBytesReceived <= 1_000_000)
            }
        }
    }

    @Test func `a body that is no gzip is named`() async throws {
        try await withServer(script: { peer in try self.answer(peer, Array("not gzip at all".utf8), chunked: false) }) {
            server in
            try await withClient { client in
                let error = try await client.failure(TransferRequest(url: server.url(), decompress: true))
                #expect(error.code == .protocolViolation, "\(error)")
            }
        }
    }
}
