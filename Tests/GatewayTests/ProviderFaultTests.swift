import FoundationEssentials
import HTTP
import HTTPTypes
import JSON
import NIOCore
import TestSupport
import Testing

@testable import Gateway

/// What a provider does wrong is said in words, with the right status, and within the time allowed.
@Suite struct ProviderFaultTests {
    private static func model(_ behaviour: String) -> String { "gpt-4o-mini#\(behaviour)" }

    private static var impatient: InferenceSettings {
        var settings = InferenceSettings()
        settings.firstByteTimeout = .milliseconds(300)
        settings.firstByteTimeoutOfStreams = .milliseconds(300)
        settings.idleTimeout = .milliseconds(300)
        return settings
    }

    @Test(arguments: [
        ("html", 502, "provider_invalid_response"),
        ("html,status=502", 502, "provider_error"),
        ("cut=before-headers", 502, "provider_disconnected"),
        ("cut=after-headers", 502, "provider_disconnected"),
        ("cut=middle", 502, "provider_disconnected"),
        ("reset=before-headers", 502, "provider_disconnected"),
        ("reset=middle", 502, "provider_disconnected"),
        ("content-length=+10,cut=byte:100000", 502, "provider_disconnected"),
        ("endless-header", 502, "provider_invalid_response"),
        ("hang=before-headers", 504, "provider_timeout"),
        ("hang=middle", 504, "provider_timeout"),
        ("status=401", 502, "provider_key_refused"),
        ("status=403", 502, "provider_key_refused"),
    ])
    func plainAnswersThatFailAreErrors(_ behaviour: String, _ status: Int, _ code: String) async throws {
        try await withGateway(models: [Self.model(behaviour)], settings: Self.impatient) { gateway in
            let answer = try await gateway.chat(GatewayFixture.body(Self.model(behaviour)))
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.code == code, "\(answer.text)")
            #expect(answer.message.contains("OpenAI"))
            #expect(!answer.text.contains(GatewayFixture.providerKey))
            #expect(answer.headers[.xRosterProvider] == "openai")
            #expect(answer.headers[.xRosterAttempts] == "1")
        }
    }

    @Test(
        arguments: [
            ("html", 502, "provider_invalid_response"), ("cut=before-headers", 502, "provider_disconnected"),
            ("cut=after-headers", 502, "provider_disconnected"), ("hang=before-headers", 504, "provider_timeout"),
            ("status=503", 503, nil), ("status=401", 502, "provider_key_refused"),
        ] as [(String, Int, String?)]
    )
    func streamsThatFailBeforeTheyBeginAreErrors(_ behaviour: String, _ status: Int, _ code: String?) async throws {
        try await withGateway(models: [Self.model(behaviour)], settings: Self.impatient) { gateway in
            let answer = try await gateway.chat(GatewayFixture.body(Self.model(behaviour), isStream: true))
            #expect(answer.status == status, "\(answer.text)")
            #expect(answer.code == code, "\(answer.text)")
            #expect(answer.headers[.contentType] == "application/json")
        }
    }

    @Test(arguments: [
        ("tokens=40,cut=middle", "provider_disconnected"), ("tokens=40,cut=byte:2000", "provider_disconnected"),
        ("tokens=40,reset=middle", "provider_disconnected"), ("tokens=40,hang=middle", "provider_timeout"),
    ])
    func streamsThatBreakOffEndWithAnErrorEvent(_ behaviour: String, _ code: String) async throws {
        try await withGateway(models: [Self.model(behaviour)], settings: Self.impatient) { gateway in
            let answer = try await gateway.chat(GatewayFixture.body(Self.model(behaviour), isStream: true))
            #expect(answer.status == 200)
            let events = answer.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
            #expect(events.count > 2)
            // Each event is whole, also the one before the error.
            let values = try events.map { try JSONValue(parsing: $0.dropFirst("data: ".count).utf8) }
            #expect(values.dropLast().allSatisfy { $0["choices"] != nil })
            #expect(values.last?["error"]["code"]?.stringValue == code)
            #expect(values.last?["error"]["message"]?.stringValue?.contains("OpenAI") == true)
            #expect(!answer.text.contains("[DONE]"))
        }
    }

    @Test func aProvidersOwnErrorIsPassedOn() async throws {
        let name = Self.model("status=429,retry-after=7")
        try await withGateway(models: [name]) { gateway in
            let answer = try await gateway.chat(GatewayFixture.body(name))
            #expect(answer.status == 429)
            #expect(answer.code == "rate_limit_exceeded")
            #expect(answer.headers[.retryAfter] == "7")
        }
    }

    @Test(arguments: [
        (#"{"error":"model is loading"}"#, "model is loading"), (#"{"message":"flat","code":7}"#, "flat"),
        (#"[{"error":{"message":"in an array"}}]"#, "in an array"), (#"{"detail":"from FastAPI"}"#, "from FastAPI"),
        ("plain words\u{1}", "plain words"), ("", "nothing more"), ("<html><body>Bad</body></html>", "HTML"),
        (#"{"error":{"code":1}}"#, #"{"error":{"code":1}}"#),
    ])
    func whateverAProviderSaysIsPutIntoShape(_ body: String, _ words: String) async throws {
        let bytes =
            "HTTP/1.1 500 Oops\r\nContent-Type: text/weird\r\nSet-Cookie: a=b\r\nX-Request-Id: up-1\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try await withServer(answering: bytes) { url in
            try await withGateway(baseURLs: ["odd": url]) { gateway in
                let answer = try await gateway.chat(GatewayFixture.body("odd/odd-model"))
                #expect(answer.status == 500)
                #expect(answer.code == "provider_error")
                #expect(answer.message.contains(words), "\(answer.message)")
                #expect(answer.headers[.contentType] == "application/json")
                #expect(answer.headers[.setCookie] == nil)
                #expect(answer.headers[.xRosterProviderRequestID] == "up-1")
                #expect(answer.headers[.xRequestID] != "up-1")
            }
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", "provider_invalid_response"),
        ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n", "provider_invalid_response"),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "provider_invalid_response"),
    ])
    func whatIsNoAnswerToAChatIsRefused(_ bytes: String, _ code: String) async throws {
        try await withServer(answering: bytes) { url in
            try await withGateway(baseURLs: ["odd": url]) { gateway in
                let answer = try await gateway.chat(GatewayFixture.body("odd/odd-model"))
                #expect(answer.status == 502, "\(answer.text)")
                #expect(answer.code == code, "\(answer.text)")
            }
        }
    }

    @Test func aServerThatIsNotThereIsNamed() async throws {
        // Bound and closed again: nothing listens there.
        var gone = ""
        try await withServer(answering: "") { gone = $0 }
        try await withGateway(baseURLs: ["gone": gone]) { gateway in
            let answer = try await gateway.chat(GatewayFixture.body("gone-model"))
            #expect(answer.status == 502)
            #expect(answer.code == "provider_unreachable")
            #expect(answer.message.contains("gone cannot be reached"))
        }
    }

    @Test func anAnswerTooLargeToWaitForIsPassedOnAndBreaksOffVisibly() async throws {
        var settings = InferenceSettings()
        settings.largestWholeAnswer = 10_000
        let body = "{\"a\":\"" + String(repeating: "x", count: 200_000) + "\"}"
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        try await withServer(answering: "\(head)\(body.utf8.count)\r\n\r\n\(body)") { url in
            try await withGateway(baseURLs: ["large": url], settings: settings) { gateway in
                let answer = try await gateway.chat(GatewayFixture.body("large-model"))
                #expect(answer.status == 200)
                #expect(answer.text == body)
            }
        }
        try await withServer(answering: "\(head)\(body.utf8.count + 1)\r\n\r\n\(body)") { url in
            try await withGateway(baseURLs: ["large": url], settings: settings) { gateway in
                await #expect(throws: (any Error).self) {
                    _ = try await gateway.chat(GatewayFixture.body("large-model"))
                }
            }
        }
    }
}
