import JSON
import Testing

@testable import ProviderSimulator

/// Every fault, as a client sees it on the wire.
@Suite("Faults")
struct FaultTests {
    private let endpoint = ChatEndpoint.openAI

    /// What arrives for one faulty request, and how the connection ends.
    private func receive(
        _ simulator: TestSimulator,
        stream: Bool = false,
        _ simulate: String,
        for limit: Duration = .seconds(60),
        until isEnough: @escaping @Sendable ([UInt8]) -> Bool = { _ in false }
    ) async throws -> WireClient.Reception {
        let request = self.endpoint.request(stream: stream, simulate: simulate)
        return try await simulator.wire.exchange(request, for: limit, until: isEnough)
    }

    @Test("A latency passes before the first byte")
    func latency() async throws {
        try await TestSimulator.run { simulator in
            for stream in [false, true] {
                let answer = try await self.receive(simulator, stream: stream, "latency=150ms") { _ in true }
                #expect(try #require(answer.firstByte) >= .milliseconds(150))
            }
        }
    }

    @Test("A delay passes before every event, and the pace is kept")
    func delay() async throws {
        try await TestSimulator.run { simulator in
            let done = Array("0\r\n\r\n".utf8)
            let answer = try await self.receive(simulator, stream: true, "delay=10ms,tokens=30") {
                $0.suffix(5).elementsEqual(done)
            }
            // 30 tokens, a role, an end and [DONE].
            #expect(answer.elapsed >= .milliseconds(330))
            #expect(try HTTPAnswer(answer).events.count == 33)
        }
    }

    /// What an error says, in whichever shape its provider puts it.
    private static func message(in value: JSONValue) -> String? {
        let error = value["error"] ?? value[0]["error"] ?? value
        return error.stringValue ?? error["message"]?.stringValue ?? error["detail"]?.stringValue
    }

    @Test(
        "A status is answered in the provider's shape",
        arguments: ChatEndpoint.all,
        [400, 401, 403, 404, 429, 500, 503]
    )
    func status(endpoint: ChatEndpoint, status: Int) async throws {
        try await TestSimulator.run { simulator in
            let answer = try await endpoint.ask(simulator, simulate: "status=\(status),retry-after=7")
            #expect(answer.status == status)
            #expect(answer.headers["retry-after"] == "7")
            #expect(try Self.message(in: answer.json)?.isEmpty == false, "\(answer.text)")
        }
    }

    @Test("A page of HTML, under 200 and under 502")
    func html() async throws {
        try await TestSimulator.run { simulator in
            for (simulate, status) in [("html", 200), ("status=502,html", 502)] {
                let answer = try await self.endpoint.ask(simulator, stream: true, simulate: simulate)
                #expect(answer.status == status)
                #expect(answer.headers["content-type"]?.hasPrefix("text/html") == true)
                #expect(answer.text.hasPrefix("<!DOCTYPE html>"))
            }
        }
    }

    @Test("Invalid JSON: a body that breaks off but is framed well, one broken event among whole ones")
    func invalidJSON() async throws {
        try await TestSimulator.run { simulator in
            let whole = try await self.endpoint.ask(simulator, simulate: "invalid-json")
            #expect(whole.status == 200)
            #expect(throws: JSONError.self) { try whole.json }

            let stream = try await self.endpoint.ask(simulator, stream: true, simulate: "invalid-json,tokens=9")
            let broken = stream.events.dropLast().filter { (try? JSONValue(parsing: $0.utf8)) == nil }
            #expect(broken.count == 1)
            #expect(stream.events.last == "[DONE]")
            #expect(stream.events.count == 12)
        }
    }

    @Test("An error in the middle of a stream ends it", arguments: ChatEndpoint.all)
    func errorEvent(endpoint: ChatEndpoint) async throws {
        try await TestSimulator.run { simulator in
            let stream = try await endpoint.ask(simulator, stream: true, simulate: "error-event,tokens=9")
            #expect(stream.status == 200)
            let values = try stream.events.filter { $0 != "[DONE]" }.map { try JSONValue(parsing: $0.utf8) }
            let last = try #require(values.last)
            #expect(Self.message(in: last)?.isEmpty == false)
            #expect(values.count > 3)
            #expect(values.count < 9)
            #expect(values.dropLast().allSatisfy { $0["error"] == nil && $0["choices"][0] != nil })
            // Only OpenRouter goes on as if nothing had happened.
            #expect((stream.events.last == "[DONE]") == (endpoint.slug == "openrouter"))
        }
    }

    @Test("A connection is cut before the headers, after them, in the middle", arguments: [false, true])
    func cut(stream: Bool) async throws {
        try await TestSimulator.run { simulator in
            let before = try await self.receive(simulator, stream: stream, "cut=before-headers")
            #expect(before.bytes.isEmpty)
            #expect(before.ending == .closed)

            let after = try await self.receive(simulator, stream: stream, "cut=after-headers")
            #expect(after.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(after.text.hasSuffix("\r\n\r\n"))
            #expect(after.ending == .closed)

            let middle = try await self.receive(simulator, stream: stream, "cut=middle,tokens=10")
            #expect(middle.ending == .closed)
            #expect(middle.text.contains("\r\n\r\n{") || middle.text.contains("data: {"))
            #expect(throws: HTTPAnswer.Malformed.self) { try HTTPAnswer(middle) }

            let byte = try await self.receive(simulator, stream: stream, "cut=byte:77")
            #expect(byte.bytes.count == 77)
            #expect(byte.ending == .closed)
        }
    }

    @Test("A stream is cut after as many events as are said")
    func cutAfterEvents() async throws {
        try await TestSimulator.run { simulator in
            for events in [0, 1, 5] {
                let answer = try await self.receive(simulator, stream: true, "cut=event:\(events),tokens=10")
                #expect(answer.text.split(separator: "data: ").count - 1 == events)
                #expect(answer.ending == .closed)
            }
        }
    }

    @Test("A connection is aborted, not closed", arguments: ["before-headers", "after-headers", "middle", "event:2"])
    func reset(place: String) async throws {
        try await TestSimulator.run { simulator in
            let answer = try await self.receive(simulator, stream: true, "reset=\(place),delay=5ms")
            #expect(answer.ending == .reset)
        }
    }

    @Test("A hang says nothing more, and leaves the connection open", arguments: [false, true])
    func hang(stream: Bool) async throws {
        try await TestSimulator.run { simulator in
            let never = try await self.receive(simulator, stream: stream, "hang", for: .milliseconds(150))
            #expect(never.bytes.isEmpty)
            #expect(never.ending == .open)

            let headers = try await self.receive(
                simulator,
                stream: stream,
                "hang=after-headers",
                for: .milliseconds(150)
            )
            #expect(headers.text.hasSuffix("\r\n\r\n"))
            #expect(headers.ending == .open)

            let middle = try await self.receive(simulator, stream: stream, "hang=mid-stream", for: .milliseconds(150))
            #expect(throws: HTTPAnswer.Malformed.self) { try HTTPAnswer(middle) }
            #expect(middle.bytes.count > headers.bytes.count)
            #expect(middle.ending == .open)
        }
    }

    @Test("Slow bytes arrive a few at a time, and all of them")
    func slow() async throws {
        try await TestSimulator.run { simulator in
            for stream in [false, true] {
                let reference = try await self.endpoint.ask(simulator, stream: stream)
                let count = reference.body.count
                let answer = try await self.receive(simulator, stream: stream, "slow=100/5ms") { bytes in
                    (try? HTTPAnswer(bytes: bytes, isClosed: false)) != nil
                }
                #expect(try HTTPAnswer(answer).body.count == count)
                #expect(answer.elapsed >= .milliseconds(5 * (count / 100)))
            }
        }
    }

    @Test("A wrong Content-Length, too long and too short")
    func contentLength() async throws {
        try await TestSimulator.run { simulator in
            let length = try await self.endpoint.ask(simulator).body.count
            let long = try await self.receive(simulator, "content-length=+10")
            #expect(long.ending == .closed)
            #expect(long.text.contains("content-length: \(length + 10)\r\n"))
            #expect(throws: HTTPAnswer.Malformed.self) { try HTTPAnswer(long) }

            let short = try await self.receive(simulator, "content-length=-10")
            #expect(short.ending == .closed)
            #expect(try HTTPAnswer(short).rest.count == 10)
        }
    }

    @Test("A header without end goes on until the client has had enough")
    func endlessHeader() async throws {
        try await TestSimulator.run { simulator in
            let answer = try await self.receive(simulator, "endless-header") { $0.count > 300_000 }
            #expect(answer.ending == .open)
            #expect(HTTPAnswer.place(of: Array("\r\n\r\n".utf8), in: answer.bytes) == nil)
            #expect(answer.text.contains("x-endless: a"))
            try await simulator.waitForState("disconnects", 1)
            try await simulator.waitForState("active", 0)
        }
    }

    @Test("A fault is asked for by header, by model, by prompt; the header wins")
    func asking() async throws {
        try await TestSimulator.run { simulator in
            let named = ChatEndpoint(slug: "openai", target: self.endpoint.target, model: "gpt-4o#status=503")
            #expect(try await named.ask(simulator).status == 503)
            #expect(try await named.ask(simulator, simulate: "status=429").status == 429)
            let plain = ChatEndpoint(slug: "openai", target: self.endpoint.target, model: "gpt-4o#")
            #expect(try await plain.ask(simulator).json["model"] == "gpt-4o")

            #expect(try await self.endpoint.ask(simulator, "simulate: status=500\nand more").status == 500)
            let innocent = try await self.endpoint.ask(simulator, "simulate: a conversation")
            #expect(innocent.status == 200)
        }
    }

    @Test("A behaviour that cannot be read is refused, and says why")
    func unreadable() async throws {
        try await TestSimulator.run { simulator in
            let answer = try await self.endpoint.ask(simulator, simulate: "latency=soon")
            #expect(answer.status == 400)
            #expect(try answer.json["error"]["message"]?.stringValue?.contains("latency=soon") == true)
        }
    }

    @Test("The configuration's behaviour is for all, and a request's own goes before it")
    func configured() async throws {
        var configuration = SimulatorConfiguration()
        configuration.behaviour.status = 503
        configuration.rules = [FaultRule(try Behaviour(parsing: "status=429"), host: "openrouter")]
        try await TestSimulator.run(configuration) { simulator in
            let statuses = [
                try await ChatEndpoint.openAI.ask(simulator).status,
                try await ChatEndpoint.all[1].ask(simulator).status,
                try await simulator.send("GET", "/openrouter.ai/api/v1/models").status,
                try await ChatEndpoint.openAI.ask(simulator, simulate: "status=401").status,
            ]
            #expect(statuses == [503, 429, 429, 401])
        }
    }
}
