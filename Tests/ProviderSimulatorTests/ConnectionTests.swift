import JSON
import NIOCore
import Testing

@testable import ProviderSimulator

@Suite("Connections")
struct ConnectionTests {
    /// Reads several answers that follow one another.
    private static func answers(_ reception: WireClient.Reception) throws -> [HTTPAnswer] {
        var answers: [HTTPAnswer] = []
        var rest = reception.bytes
        while !rest.isEmpty {
            let answer = try HTTPAnswer(bytes: rest, isClosed: reception.ending == .closed)
            rest = answer.rest
            answers.append(answer)
        }
        return answers
    }

    @Test("Requests sent all at once are answered in order, streams and delays among them")
    func pipelining() async throws {
        try await TestSimulator.run { simulator in
            var requests: [UInt8] = []
            for number in 0..<40 {
                let simulate = number % 5 == 0 ? "delay=1ms,latency=1ms" : nil
                requests += ChatEndpoint.openAI.request("number \(number)", stream: number % 3 == 0, simulate: simulate)
            }
            requests += TestSimulator.request("GET", "/", ["connection": "close"])
            let reception = try await simulator.wire.exchange(requests)
            #expect(reception.ending == .closed)
            let answers = try Self.answers(reception)
            #expect(answers.count == 41)
            for (number, answer) in answers.dropLast().enumerated() {
                #expect(answer.text.contains(number % 3 == 0 ? "\" \(number)\"" : "You said: number \(number)\""))
            }
        }
    }

    @Test("A request in single bytes is one request")
    func singleBytes() async throws {
        try await TestSimulator.run { simulator in
            let channel = try await simulator.wire.pausedReader([])
            for byte in ChatEndpoint.openAI.request() { try await channel.writeAndFlush(ByteBuffer(bytes: [byte])) }
            try await simulator.waitForState("answered", 1)
            try await channel.close()
        }
    }

    @Test("A client that waits for leave to send its body gets it")
    func expectation() async throws {
        try await TestSimulator.run { simulator in
            let body = ChatEndpoint.openAI.body("Hello")
            let headers = ["authorization": "Bearer any", "expect": "100-continue", "connection": "close"]
            let request = TestSimulator.request("POST", ChatEndpoint.openAI.target, headers, body: body)
            let head = Array(request.dropLast(body.count))
            let leave = try await simulator.wire.exchange(head) { !$0.isEmpty }
            #expect(leave.text == "HTTP/1.1 100 Continue\r\n\r\n")
        }
    }

    @Test("A body beyond the limit is refused with 413, one at the limit is not")
    func largeBodies() async throws {
        var configuration = SimulatorConfiguration()
        configuration.largestBody = 100_000
        try await TestSimulator.run(configuration) { simulator in
            let endpoint = ChatEndpoint.openAI
            let frame = endpoint.body("").count
            let fits = try await endpoint.ask(simulator, String(repeating: "x", count: 100_000 - frame))
            #expect(fits.status == 200)
            let large = try await endpoint.ask(simulator, String(repeating: "x", count: 100_001 - frame))
            #expect(large.status == 413)
            #expect(try large.json["error"]["message"] != nil)
            // Who goes on for ever is cut off.
            let endless = TestSimulator.request("POST", endpoint.target, body: [UInt8](repeating: 7, count: 600_000))
            let reception = try await simulator.wire.exchange(endless)
            #expect(reception.ending != .open)
            #expect(reception.bytes.isEmpty)
        }
    }

    @Test(
        "What is no HTTP is refused",
        arguments: ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n"]
    )
    func malformed(request: String) async throws {
        try await TestSimulator.run { simulator in
            let reception = try await simulator.wire.exchange(Array(request.utf8))
            #expect(reception.ending == .closed)
            #expect(reception.text.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("More connections than are allowed are closed at once")
    func limit() async throws {
        var configuration = SimulatorConfiguration()
        configuration.mostConnections = 2
        try await TestSimulator.run(configuration) { simulator in
            let first = try await simulator.wire.pausedReader([])
            try await simulator.waitForState("connections", 2)
            let second = try await simulator.wire.pausedReader(ChatEndpoint.openAI.request(simulate: "latency=1h"))
            var reception = WireClient.Reception()
            // The connection that asked for the state may not be gone yet.
            for _ in 0..<500 where reception.ending == .open || !reception.bytes.isEmpty {
                reception = try await simulator.wire.exchange(TestSimulator.request("GET", "/"), for: .seconds(5)) {
                    !$0.isEmpty
                }
            }
            #expect(reception.ending != .open)
            #expect(reception.bytes.isEmpty)
            try await first.close()
            try await second.close()
            try await simulator.waitForState("connections", 1)
        }
    }

    @Test("Many clients at once, on several threads, get what each of them asked for")
    func concurrency() async throws {
        var configuration = SimulatorConfiguration()
        configuration.threads = 2
        try await TestSimulator.run(configuration) { simulator in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<40 {
                    group.addTask {
                        let endpoint = ChatEndpoint.all[client % 6]
                        for turn in 0..<5 {
                            let answer = try await endpoint.ask(
                                simulator,
                                "client\(client)turn\(turn)",
                                stream: client % 2 == 0
                            )
                            #expect(answer.text.contains("client\(client)turn\(turn)"))
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await simulator.waitForState("answered", 200)
            let state = try await simulator.send("GET", "/_simulator/state").json
            #expect(state["requests"] == 200)
            #expect(state["disconnects"] == 0)
        }
    }
}
