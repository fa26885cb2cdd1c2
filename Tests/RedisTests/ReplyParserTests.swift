import NIOCore
import Testing

@testable import Redis

/// hiredis' reader behind `ReplyParser`: cuts do not matter, and nothing that a server sends does harm.
///
/// One case at a time: many at once would keep the threads from the tests that wait for servers.
@Suite(.serialized) struct ReplyParserTests {
    static func randomValue(_ generator: inout SeededGenerator, depth: Int) -> RedisValue {
        switch Int.random(in: 0..<(depth < 8 ? 7 : 5), using: &generator) {
        case 0: .integer(Int64.random(in: .min ... .max, using: &generator))
        case 1: .null
        case 2:
            .status(
                String(
                    (0..<Int.random(in: 0..<20, using: &generator)).map { _ in
                        "abc déf".randomElement(using: &generator) ?? "x"
                    }
                )
            )
        case 3: .error("ERR \(UInt16.random(in: 0...999, using: &generator))")
        case 4:
            .bytes(
                (0..<Int.random(in: 0..<60, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
                }
            )
        default:
            .array(
                (0..<Int.random(in: 0..<5, using: &generator)).map { _ in randomValue(&generator, depth: depth + 1) }
            )
        }
    }

    static func encode(_ value: RedisValue, into bytes: inout [UInt8]) {
        switch value {
        case .integer(let integer): bytes += Array(":\(integer)\r\n".utf8)
        case .null: bytes += Array("$-1\r\n".utf8)
        case .status(let status): bytes += Array("+\(status)\r\n".utf8)
        case .error(let error): bytes += Array("-\(error)\r\n".utf8)
        case .bytes(let content): bytes += Array("$\(content.count)\r\n".utf8) + content + Array("\r\n".utf8)
        case .array(let elements):
            bytes += Array("*\(elements.count)\r\n".utf8)
            for element in elements { encode(element, into: &bytes) }
        }
    }

    static func parse(_ pieces: some Sequence<ArraySlice<UInt8>>, limit: Int = 1 << 20) throws -> [RedisValue] {
        var parser = try ReplyParser(limit: limit)
        var values: [RedisValue] = []
        for piece in pieces {
            try parser.feed(ByteBuffer(bytes: piece))
            while let value = try parser.next() { values.append(value) }
        }
        return values
    }

    @Test("Any cut of the bytes gives the same values", arguments: 1...100 as ClosedRange<UInt64>)
    func cuts(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let values = (0..<8).map { _ in Self.randomValue(&generator, depth: 0) }
        var bytes: [UInt8] = []
        for value in values { Self.encode(value, into: &bytes) }

        #expect(try Self.parse([bytes[...]]) == values)
        #expect(try Self.parse(bytes.indices.map { bytes[$0...$0] }) == values)
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 0...min(40, rest.count), using: &generator)
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        #expect(try Self.parse(pieces) == values)
    }

    @Test("Arrays are read eight deep, and refused when deeper")
    func depth() throws {
        let eight = String(repeating: "*1\r\n", count: 8) + ":1\r\n"
        #expect(try Self.parse([Array(eight.utf8)[...]]).count == 1)
        #expect(throws: RedisError.self) { try Self.parse([Array(("*1\r\n" + eight).utf8)[...]]) }
    }

    @Test(
        "Garbage is a protocol violation",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n", "%1\r\n+a\r\n+b\r\n", ":12x\r\n", "*-5\r\n", "$-9\r\n", "$abc\r\n",
            "\u{0}\u{1}",
        ]
    )
    func garbage(text: String) {
        let error = #expect(throws: RedisError.self) { try Self.parse([Array(text.utf8)[...]]) }
        #expect(error?.code == .protocolViolation)
    }

    @Test("Random bytes never do more than fail", arguments: 1...100 as ClosedRange<UInt64>)
    func noise(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("+-:$*0123456789\r\n\r\nab".utf8)
        let bytes = (0..<400).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
        do {
            _ = try Self.parse(bytes.indices.map { bytes[$0...$0] }, limit: 4096)
        } catch let error as RedisError {
            #expect([.protocolViolation, .replyTooLarge].contains(error.code))
        }
    }

    @Test("A reply past the limit is refused before it is whole, and so is an announced one")
    func limits() throws {
        let large = [UInt8]("$100000\r\n".utf8) + [UInt8](repeating: 1, count: 5000)
        let error = #expect(throws: RedisError.self) { try Self.parse([large[...]], limit: 4096) }
        #expect(error?.code == .replyTooLarge)
        let announced = [UInt8]("*2147483647\r\n".utf8)
        let refusal = #expect(throws: RedisError.self) { try Self.parse([announced[...]], limit: 1 << 20) }
        #expect(refusal?.code == .replyTooLarge)
        // Many small replies in one read are not one large reply.
        let many = [UInt8](String(repeating: "+OK\r\n", count: 5000).utf8)
        #expect(try Self.parse([many[...]], limit: 64).count == 5000)
    }

    @Test("A formatted command is an array of exactly its arguments", arguments: 1...100 as ClosedRange<UInt64>)
    func formatting(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let content = (0..<Int.random(in: 0..<9, using: &generator)).map { _ in
            (0..<Int.random(in: 0..<50, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        let command = RedisCommand("SET", content.map { .bytes($0) } + [.integer(-7)])
        let bytes = try command.formatted(limit: 1000)
        let expected = RedisValue.array(
            [.bytes(Array("SET".utf8))] + content.map { .bytes($0) } + [.bytes(Array("-7".utf8))]
        )
        #expect(try Self.parse([Array(buffer: bytes)[...]]) == [expected])
        #expect(throws: RedisError.self) { try command.formatted(limit: 4) }
    }

    @Test("A script knows its SHA-1")
    func digest() {
        // From the documentation of SCRIPT LOAD.
        #expect(RedisScript("return 1").digest == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db")
    }
}
