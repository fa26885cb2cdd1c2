import JSON
import NIOCore
import Testing

@testable import ProviderSimulator

@Suite("Clients that go away")
struct DepartureTests {
    @Test(
        "Are noticed while an answer is delayed, streamed, slow or never comes",
        arguments: [
            "latency=1h", "delay=1h", "hang", "hang=middle", "slow=1/1h",
            "hang=after-headers",
        ]
    )
    func noticed(simulate: String) async throws {
        try await TestSimulator.run { simulator in
            let request = ChatEndpoint.openAI.request(stream: true, simulate: simulate)
            _ = try await simulator.wire.exchange(request, for: .milliseconds(30))
            // All these answers would have been silent for an hour, so that no write shows that the client has gone.
            try await simulator.waitForState("disconnects", 1)
            try await simulator.waitForState("cancelled_streams", 1)
            try await simulator.waitForState("active", 0)
            // Only the connection that asks is left.
            try await simulator.waitForState("connections", 1)
        }
    }

    @Test("Are noticed although they sent more than is read")
    func unreadBytes() async throws {
        try await TestSimulator.run { simulator in
            let more = [UInt8](repeating: UInt8(ascii: "x"), count: 50000)
            let second = TestSimulator.request("POST", ChatEndpoint.openAI.target, body: more)
            let request = ChatEndpoint.openAI.request(simulate: "hang") + second
            _ = try await simulator.wire.exchange(request, for: .milliseconds(30))
            try await simulator.waitForState("disconnects", 1)
            try await simulator.waitForState("connections", 1)
        }
    }

    @Test("End the generation: no event is made after they left")
    func generationEnds() async throws {
        try await TestSimulator.run { simulator in
            let request = ChatEndpoint.openAI.request(stream: true, simulate: "delay=5ms,tokens=100000")
            _ = try await simulator.wire.exchange(request) { HTTPAnswer.place(of: Array("fox".utf8), in: $0) != nil }
            try await simulator.waitForState("disconnects", 1)
            let events = try await simulator.send("GET", "/_simulator/state").json["events"]?.int64Value
            #expect(try #require(events) < 1000)
            try await Task.sleep(for: .milliseconds(50))
            let later = try await simulator.send("GET", "/_simulator/state").json["events"]?.int64Value
            #expect(later == events)
        }
    }

    @Test("Who reads nothing is not written to without bound")
    func backpressure() async throws {
        try await TestSimulator.run { simulator in
            // A million events are some 200 MB; what the kernel and one connection hold is far less.
            let request = ChatEndpoint.openAI.request(stream: true, simulate: "tokens=1000000")
            let reader = try await simulator.wire.pausedReader(request)
            try await Task.sleep(for: .milliseconds(300))
            let state = try await simulator.send("GET", "/_simulator/state").json
            #expect(state["active"] == 1)
            try await reader.close()
            try await simulator.waitForState("disconnects", 1)
            let events = try await simulator.send("GET", "/_simulator/state").json["events"]?.int64Value
            #expect(try #require(events) < 200_000)
        }
    }

    @Test("Are many at once, and all of them are noticed")
    func many() async throws {
        try await TestSimulator.run { simulator in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let simulate = ["hang", "delay=3ms,tokens=100000", "latency=1h"][number % 3]
                        let request = ChatEndpoint.all[number % 6].request(stream: true, simulate: simulate)
                        _ = try await simulator.wire.exchange(request, for: .milliseconds(20 + number))
                    }
                }
                try await group.waitForAll()
            }
            try await simulator.waitForState("disconnects", 100)
            try await simulator.waitForState("active", 0)
            try await simulator.waitForState("connections", 1)
        }
    }
}
