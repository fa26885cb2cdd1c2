import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Transfer

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

private let seedField = HTTPField.Name("X-Seed") ?? .age

/// What one exchange of a random run looks like on the wire, derived from a seed by both sides.
private struct Plan {
    enum Framing: CaseIterable { case counted, chunked, untilClose }
    enum Fault: CaseIterable { case none, close, reset, garbage }
    enum Reader: CaseIterable { case collect, iterate, slow, drop, cancel }

    let framing: Framing
    let fault: Fault
    let reader: Reader
    let body: [UInt8]
    let wire: [UInt8]
    /// How much of the wire is written before the fault.
    let cut: Int
    let pieces: [Int]
    let pauses: [Int]
    let uploadSize: Int

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        self.framing = Framing.allCases.randomElement(using: &random) ?? .counted
        self.fault =
            Int.random(in: 0..<3, using: &random) == 0 ? Fault.allCases.randomElement(using: &random) ?? .none : .none
        self.reader = Reader.allCases.randomElement(using: &random) ?? .collect
        self.uploadSize = Bool.random(using: &random) ? 0 : Int.random(in: 1...40_000, using: &random)
        let size = [0, 1, 100, 5_000, 60_000].randomElement(using: &random) ?? 0
        let length = size == 0 ? 0 : Int.random(in: 1...size, using: &random)
        let first = UInt8.random(in: 0...255, using: &random)
        let body = (0..<length).map { first &+ UInt8(truncatingIfNeeded: $0 &* 31) }
        self.body = body
        var wire = Array("HTTP/1.1 200 OK\r\nX-Seed: \(seed)\r\n".utf8)
        switch self.framing {
        case .counted:
            wire += Array("Content-Length: \(length)\r\n\r\n".utf8) + body
        case .chunked:
            wire += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
            var offset = 0
            while offset < length {
                let count = min(length - offset, Int.random(in: 1...20_000, using: &random))
                wire +=
                    Array("\(String(count, radix: 16))\r\n".utf8) + body[offset..<(offset + count)] + Array("\r\n".utf8)
                offset += count
            }
            wire += Array("0\r\n\r\n".utf8)
        case .untilClose:
            wire += Array("Connection: close\r\n\r\n".utf8) + body
        }
        self.wire = wire
        self.cut = self.fault == .none ? wire.count : Int.random(in: 0..<wire.count, using: &random)
        var pieces: [Int] = []
        var left = self.cut
        while left > 0 {
            let count = min(left, Int.random(in: 1...(Bool.random(using: &random) ? 40 : 60_000), using: &random))
            pieces.append(pieces.count > 40 ? left : count)
            left -= pieces[pieces.count - 1]
        }
        self.pieces = pieces
        self.pauses = pieces.map { _ in Int.random(in: 0..<12, using: &random) == 0 ? 1 : 0 }
    }

    /// Whether a reader may have got this before it noticed the fault: the beginning of the body, and garbage that only
    /// looks like more of it.
    func explains(_ received: [UInt8]) -> Bool {
        let isBeginning = received.count <= self.body.count && self.body.starts(with: received)
        guard self.fault == .garbage, !isBeginning else { return isBeginning }
        let genuine = received.reversed().drop { $0 == 0xff }.count
        return self.body.starts(with: received.prefix(genuine)) && received.count <= self.body.count + 50
    }

    func serve(_ peer: Peer) throws -> Bool {
        var offset = 0
        for (count, pause) in zip(self.pieces, self.pauses) {
            try peer.write(Array(self.wire[offset..<(offset + count)]))
            offset += count
            if pause > 0 { peer.pause(milliseconds: pause) }
        }
        switch self.fault {
        case .none:
            return self.framing != .untilClose
        case .close:
            return false
        case .reset:
            peer.reset()
            return false
        case .garbage:
            // Not more than what is missing: what follows a response belongs to no request.
            try peer.write([UInt8](repeating: 0xff, count: min(50, self.wire.count - self.cut)))
            return false
        }
    }
}

@Suite(.timeLimit(.minutes(3))) struct RandomFaultTests {
    @Test(arguments: [1, 2, 3])
    func `whatever happens on the wire, a body is right or an error says it is not`(run: UInt64) async throws {
        let seed = run &* 1_000_003
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                guard let seed = request.value("X-Seed").flatMap({ UInt64($0) }) else { return }
                let plan = Plan(seed: seed)
                guard request.body.count == plan.uploadSize else { return peer.reset() }
                guard try plan.serve(peer) else { return }
            }
        }) { server in
            let counts = NIOLockedValueBox<[String: Int]>([:])
            try await withClient({
                $0.connectionsPerHost = 24
                $0.bodyHighMark = 20_000
            }) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<1_000 {
                        if number >= 40 { try await group.next() }
                        group.addTask {
                            let outcome = try await self.exchange(seed: seed &+ UInt64(number), client, server)
                            counts.withLockedValue { $0[outcome, default: 0] += 1 }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            // All ways were taken.
            let seen = counts.withLockedValue { $0 }
            #expect(Set(seen.keys) == ["right", "failed", "left"], "\(seen)")
            try await eventually("no connection is left") { server.open == 0 }
        }
    }

    private func exchange(seed: UInt64, _ client: TransferClient, _ server: ScriptedServer) async throws -> String {
        let plan = Plan(seed: seed)
        var request = TransferRequest(method: .post, url: server.url())
        request.headers[seedField] = "\(seed)"
        if plan.uploadSize > 0 { request.body = .bytes(ByteBuffer(repeating: 1, count: plan.uploadSize)) }
        // A server that cuts a connection which it said it would keep looks to the next request like one that was idle.
        request.isRepeatable = true
        var received: [UInt8] = []
        do throws(TransferError) {
            let response = try await client.send(request)
            #expect(response.headers[seedField] == "\(seed)")
            switch plan.reader {
            case .collect:
                received = Array(try await response.body.collect(upTo: 300_000).readableBytesView)
            case .iterate:
                for try await bytes in response.body { received += bytes.readableBytesView }
            case .slow:
                for try await bytes in response.body {
                    received += bytes.readableBytesView
                    await Task.yield()
                }
            case .drop:
                return "left"
            case .cancel:
                let task = Task { () -> TransferError? in
                    do throws(TransferError) {
                        for try await _ in response.body {}
                        return nil
                    } catch {
                        return error
                    }
                }
                task.cancel()
                _ = await task.value
                return "left"
            }
        } catch {
            // Only a fault of the server's may fail; what came before it was right.
            #expect(plan.fault != .none, "seed \(seed): \(error)")
            #expect([.connectionLost, .protocolViolation].contains(error.code), "seed \(seed): \(error)")
            #expect(plan.explains(received), "seed \(seed)")
            return "failed"
        }
        if plan.fault == .none {
            let isRight = received == plan.body
            #expect(isRight, "seed \(seed)")
        } else {
            // A fault after the last byte of the body, or one that looks like its end.
            let mayEndAnywhere = plan.framing == .untilClose || plan.fault == .garbage
            #expect(received.count == plan.body.count || mayEndAnywhere, "seed \(seed)")
            #expect(plan.explains(received), "seed \(seed)")
        }
        return "right"
    }
}
