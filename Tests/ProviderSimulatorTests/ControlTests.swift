import JSON
import NIOHTTP1
import Testing

@testable import ProviderSimulator

@Suite("The simulator's own endpoints")
struct ControlTests {
    @Test("The requests that arrived can be read back, byte for byte, without values of headers")
    func requests() async throws {
        try await TestSimulator.run { simulator in
            let bodies: [[UInt8]] = [
                Array("{\"model\" : \"gpt-4o\",  \"x\":1.50e+3, \"messages\":[]}".utf8), Array("not json".utf8),
                (0...255).map { UInt8($0) }, [],
            ]
            for body in bodies {
                let headers = ["authorization": "Bearer sk-confidential", "x-custom": "sk-confidential"]
                _ = try await simulator.send(
                    "POST",
                    "/api.openai.com/v1/chat/completions?a=b&key=sk-confidential",
                    headers,
                    body: body
                )
            }
            let answer = try await simulator.send("GET", "/_simulator/requests")
            #expect(!answer.text.contains("sk-confidential"))
            let entries = try #require(try answer.json["requests"]?.arrayValue)
            #expect(entries.count == bodies.count)
            for (entry, body) in zip(entries, bodies) {
                #expect(entry["method"] == "POST")
                #expect(entry["host"] == "api.openai.com")
                #expect(entry["path"] == "/v1/chat/completions")
                #expect(entry["query"]["a"] == "b")
                #expect(entry["header_names"]?.arrayValue?.contains("x-custom") == true)
                #expect(Base64.decoded(entry["body_base64"]?.stringValue ?? "-") == body)
            }
            #expect(entries[0]["body"]?.stringValue.map { Array($0.utf8) } == bodies[0])
            #expect(entries[2]["body"]?.isNull == true)

            let cleared = try await simulator.send("DELETE", "/_simulator/requests")
            #expect(try cleared.json["requests"] == [])
        }
    }

    @Test("What is kept is bounded in number and in bytes")
    func bounds() {
        func request(_ size: Int) -> InboundRequest {
            InboundRequest(
                method: .POST,
                host: "a.example",
                path: "/",
                query: [],
                headers: [:],
                body: [UInt8](repeating: 7, count: size)
            )
        }
        var log = RequestLog(capacity: 10, bytes: 1000)
        for number in 0..<500 {
            log.record(request(number % 300), sequence: UInt64(number))
            #expect(log.entries.count <= 10)
            #expect(log.entries.reduce(0) { $0 + $1.body.count } <= 1000)
            #expect(log.entries.last?.sequence == UInt64(number))
        }
        log.record(request(1001), sequence: 1000)
        #expect(log.entries.last?.sequence == 499)
        var none = RequestLog(capacity: 0, bytes: 1000)
        none.record(request(1), sequence: 1)
        #expect(none.entries.isEmpty)
    }

    @Test("A rule covers what it names: host, slug, path, model")
    func scope() async throws {
        try await TestSimulator.run { simulator in
            func statuses(_ rule: JSONObject) async throws -> [Int] {
                var rule = rule
                rule["simulate"] = "status=503"
                let added = try await simulator.send("POST", "/_simulator/faults", json: .object(rule))
                #expect(added.status == 201)
                let id = try #require(try added.json["id"]?.int64Value)
                let other = ChatEndpoint(slug: "openai", target: ChatEndpoint.openAI.target, model: "gpt-4o")
                let statuses = [
                    try await ChatEndpoint.openAI.ask(simulator).status, try await other.ask(simulator).status,
                    try await ChatEndpoint.all[1].ask(simulator).status,
                    try await simulator.send("GET", "/openrouter.ai/api/v1/models").status,
                ]
                let removed = try await simulator.send("DELETE", "/_simulator/faults/\(id)")
                #expect(try removed.json["faults"] == [])
                return statuses
            }
            let expectations: [(JSONObject, [Int])] = [
                ([:], [503, 503, 503, 503]),
                (["host": "api.openai.com"], [503, 503, 200, 200]),
                (["host": "openrouter"], [200, 200, 503, 503]),
                (["path": "/api/v1/chat"], [200, 200, 503, 200]),
                (["model": "gpt-4o"], [200, 503, 200, 200]),
                (["host": "openai", "model": "gpt-4o-mini", "path": "/v1/"], [503, 200, 200, 200]),
                (["host": "gemini"], [200, 200, 200, 200]),
            ]
            for (rule, expected) in expectations {
                let found = try await statuses(rule)
                #expect(found == expected, "\(rule)")
            }
        }
    }

    @Test("A rule affects as many requests as it says, then no more; hits are counted")
    func count() async throws {
        try await TestSimulator.run { simulator in
            let rule: JSONValue = ["simulate": "status=429,retry-after=1", "count": 3]
            _ = try await simulator.send("POST", "/_simulator/faults", json: rule)
            var statuses: [Int] = []
            for _ in 0..<5 { statuses.append(try await ChatEndpoint.openAI.ask(simulator).status) }
            #expect(statuses == [429, 429, 429, 200, 200])
            let faults = try await simulator.send("GET", "/_simulator/faults").json["faults"]
            #expect(faults[0]["hits"] == 3)
            #expect(faults[0]["count"] == 0)
            #expect(faults[0]["simulate"] == "status=429,retry-after=1")
        }
    }

    @Test("Chance follows the seed: the same one repeats a run, and its share is right")
    func probability() throws {
        func affected(seed: UInt64) throws -> [Bool] {
            var book = FaultBook(seed: seed)
            _ = book.add(FaultRule(try Behaviour(parsing: "status=500"), probability: 0.2))
            return (0..<2000).map { _ in
                book.behaviour(host: "h", slug: "s", path: "/", model: nil).status == 500
            }
        }
        let first = try affected(seed: 1)
        #expect(try affected(seed: 1) == first)
        #expect(try affected(seed: 2) != first)
        // Six standard deviations around 400.
        #expect((293...507).contains(first.count { $0 }))
    }

    @Test("Later rules win, and what they do not name stays")
    func merging() throws {
        var book = FaultBook(seed: 1)
        _ = book.add(FaultRule(try Behaviour(parsing: "status=500,latency=5ms")))
        _ = book.add(FaultRule(try Behaviour(parsing: "status=429")))
        let merged = book.behaviour(host: "h", slug: "s", path: "/", model: nil)
        #expect(merged == (try Behaviour(parsing: "status=429,latency=5ms")))
    }

    @Test("The number of rules is bounded")
    func capacity() throws {
        var book = FaultBook(seed: 1)
        for _ in 0..<FaultBook.capacity { #expect(book.add(FaultRule(.ordinary)) != nil) }
        #expect(book.add(FaultRule(.ordinary)) == nil)
        book.removeAll()
        #expect(book.add(FaultRule(.ordinary)) == FaultBook.capacity + 1)
    }

    @Test(
        "A rule that cannot be read is refused",
        arguments: [
            "", "[]", "{}", "{\"simulate\":\"nonsense\"}", "{\"simulate\":\"hang\",\"probability\":2}",
            "{\"simulate\":\"hang\",\"count\":-1}", "{\"simulate\":\"hang\",\"hots\":\"openai\"}",
        ]
    )
    func unreadableRules(body: String) async throws {
        try await TestSimulator.run { simulator in
            let answer = try await simulator.send("POST", "/_simulator/faults", body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(try answer.json["error"]["message"]?.stringValue?.isEmpty == false)
        }
    }

    @Test("A list can be put in a provider's place, is served unchanged, and goes again")
    func lists() async throws {
        try await TestSimulator.run { simulator in
            let body = Array("{ \"data\" : [ {\"id\":\"acme/only\",\"pricing\":{\"prompt\":\"0.10\"}} ] }".utf8)
            let put = try await simulator.send("PUT", "/_simulator/lists/openrouter", body: body)
            #expect(try put.json["lists"]["openrouter"]["serves"] == "sent")
            #expect(try await simulator.send("GET", "/openrouter.ai/api/v1/models").body == body)
            let only = ChatEndpoint(slug: "openrouter", target: ChatEndpoint.all[1].target, model: "acme/only")
            #expect(try await only.ask(simulator).status == 200)
            #expect(try await ChatEndpoint.all[1].ask(simulator).status == 404)

            let restored = try await simulator.send("DELETE", "/_simulator/lists/openrouter")
            #expect(try restored.json["lists"]["openrouter"]["serves"] == "built-in")
            #expect(try await ChatEndpoint.all[1].ask(simulator).status == 200)

            let bad = try await simulator.send("PUT", "/_simulator/lists/gemini", body: body)
            #expect(bad.status == 400)
            let unknown = try await simulator.send("PUT", "/_simulator/lists/nobody", body: body)
            #expect(unknown.status == 404)
            let missing = try await simulator.send(
                "POST",
                "/_simulator/lists/openai",
                json: ["recording": "nothing.json"]
            )
            #expect(missing.status == 404)
        }
    }

    @Test("Counts tell answers, events and hosts apart, and can be cleared")
    func state() async throws {
        try await TestSimulator.run { simulator in
            for endpoint in ChatEndpoint.all.prefix(6) {
                _ = try await endpoint.ask(simulator, stream: true, simulate: "tokens=5")
            }
            try await simulator.waitForState("answered", 6)
            let state = try await simulator.send("GET", "/_simulator/state").json
            #expect(state["requests"] == 6)
            #expect(state["active"] == 0)
            #expect(state["disconnects"] == 0)
            // A role, five tokens, an end, [DONE]; OpenRouter's two comments.
            #expect(state["events"] == 50)
            #expect(state["hosts"]["openrouter.ai"] == 1)
            let cleared = try await simulator.send("DELETE", "/_simulator/state").json
            #expect(cleared["requests"] == 0)
            #expect(cleared["hosts"] == .object([:]))
        }
    }

    @Test("The root says what there is; an unknown endpoint does, too")
    func summary() async throws {
        try await TestSimulator.run { simulator in
            let root = try await simulator.send("GET", "/")
            #expect(root.text.contains("/_simulator/faults"))
            let unknown = try await simulator.send("GET", "/_simulator/nothing")
            #expect(unknown.status == 404)
            #expect(unknown.text.contains("/_simulator/faults"))
        }
    }
}
