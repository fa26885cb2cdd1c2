import HTTP
import FoundationEssentials
import HTTPTypes
import JSON
import NIOCore
import Testing

@testable import Gateway

/// What the provider receives differs from what the client sent in the model's name and in nothing else.
@Suite struct FidelityTests {
    @Test func randomBodiesReachTheProviderAsTheyAre() async throws {
        try await withGateway { gateway in
            var generator = SeededGenerator(seed: 20_260_511)
            var expected: [String] = []
            for _ in 0..<150 {
                let (sent, received) = RandomBody.make(using: &generator)
                expected.append(received)
                // The simulator may refuse what is no chat; it has logged it before.
                _ = try await gateway.chat(sent)
            }
            let seen = try await gateway.requests().map { request -> String? in
                guard let text = request["body_base64"]?.stringValue, let data = Data(base64Encoded: text) else {
                    return nil
                }
                return String(decoding: data, as: UTF8.self)
            }
            #expect(seen.count == expected.count)
            for (seen, expected) in zip(seen, expected) { #expect(seen == expected) }
        }
    }

    @Test func aProviderGetsItsOwnKeyAndNoneOfTheClientsSecrets() async throws {
        try await withGateway { gateway in
            var headers = HTTPFields()
            headers[.cookie] = "session=1"
            headers[.init("x-stainless-lang") ?? .cookie] = "python"
            headers[.init("openai-beta") ?? .cookie] = "assistants=v2"
            headers[.init("idempotency-key") ?? .cookie] = "abc"
            headers[.init("x-api-key") ?? .cookie] = GatewayFixture.key
            let answer = try await gateway.chat(GatewayFixture.body("gpt-4o-mini"), headers: headers)
            // The simulator answers only the operator's key.
            #expect(answer.status == 200, "\(answer.text)")
            let seen = try #require(try await gateway.requests().last)
            let names = Set((seen["header_names"]?.arrayValue ?? []).compactMap { $0.stringValue?.lowercased() })
            #expect(names.isSuperset(of: ["authorization", "content-type", "openai-beta", "idempotency-key"]))
            #expect(
                names.isDisjoint(with: ["cookie", "x-api-key", "x-stainless-lang", "x-request-id", "accept-encoding"])
            )
        }
    }

    @Test func aStreamArrivesAsItWasSent() async throws {
        try await withGateway(models: ["gpt-4o-mini#tokens=300"]) { gateway in
            let answer = try await gateway.chat(GatewayFixture.body("gpt-4o-mini#tokens=300", isStream: true))
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType]?.hasPrefix("text/event-stream") == true)
            #expect(answer.headers[.cacheControl] == "no-cache")
            #expect(answer.headers[.xAccelBuffering] == "no")
            let events = answer.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
            #expect(events.count > 300)
            #expect(events.last == "data: [DONE]")
            for event in events.dropLast() {
                let value = try JSONValue(parsing: event.dropFirst("data: ".count).utf8)
                #expect(value["object"]?.stringValue == "chat.completion.chunk")
            }
        }
    }

    @Test func saysWhoAnswered() async throws {
        try await withGateway { gateway in
            let byRoute = try await gateway.chat(GatewayFixture.body("default"))
            #expect(byRoute.status == 200)
            #expect(byRoute.headers[.xRosterRoute] == "default")
            #expect(byRoute.headers[.xRosterProvider] == "openai")
            #expect(byRoute.headers[.xRosterModel] == "gpt-4o-mini")
            #expect(byRoute.headers[.xRosterAttempts] == "1")
            #expect(byRoute.headers[.xRosterRevision] == "17")
            #expect(byRoute.headers[.setCookie] == nil)
            let byName = try await gateway.chat(GatewayFixture.body("openai/gpt-4o-mini"))
            #expect(byName.headers[.xRosterRoute] == nil)
            #expect(byName.json["model"]?.stringValue == "gpt-4o-mini")
        }
    }
}

/// A random object of JSON that names the model somewhere, and how it should look to the provider.
enum RandomBody {
    static func make(using generator: inout SeededGenerator) -> (sent: String, received: String) {
        let count = Int.random(in: 0...8, using: &generator)
        let place = Int.random(in: 0...count, using: &generator)
        var sent: [String] = []
        var received: [String] = []
        for index in 0...count {
            let before = self.space(using: &generator)
            let colon = self.space(using: &generator) + ":" + self.space(using: &generator)
            let after = self.space(using: &generator)
            if index == place {
                let name = ["\"model\"", "\"mod\\u0065l\"", "\"\\u006dodel\""].randomElement(using: &generator) ?? ""
                let model =
                    ["\"openai/gpt-4o-mini\"", "\"openai\\/gpt-4o-mini\"", "\"\\u006fpenai/gpt-4o-mini\""]
                    .randomElement(using: &generator) ?? ""
                sent.append(before + name + colon + model + after)
                received.append(before + name + colon + "\"gpt-4o-mini\"" + after)
            } else {
                let member = before + "\"m\(index)\\t\"" + colon + self.value(depth: 0, using: &generator) + after
                sent.append(member)
                received.append(member)
            }
        }
        return ("{" + sent.joined(separator: ",") + "}", "{" + received.joined(separator: ",") + "}")
    }

    private static func space(using generator: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...2, using: &generator)).map { _ in
            [" ", "\n", "\t", "\r\n"].randomElement(using: &generator) ?? " "
        }.joined()
    }

    private static func value(depth: Int, using generator: inout SeededGenerator) -> String {
        let simple = [
            "null", "true", "-0", "1.50", "1e400", "0.030000000000000002", "12345678901234567890123", "\"\"",
            "\"ä€𝄞\\ud834\\udd1e\"", "\"openai/gpt-4o-mini\"", "\"\\\"model\\\": 1\"", "[]", "{}",
        ]
        guard depth < 4, Bool.random(using: &generator) else { return simple.randomElement(using: &generator) ?? "0" }
        let inner = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            self.value(depth: depth + 1, using: &generator)
        }
        if Bool.random(using: &generator) { return "[" + inner.joined(separator: " , ") + "]" }
        // Members of inner objects may be called anything, and twice.
        return "{" + inner.map { "\"model\": \($0)" }.joined(separator: ",") + "}"
    }
}
