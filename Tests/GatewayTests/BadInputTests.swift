import HTTP
import HTTPTypes
import JSON
import NIOCore
import TestSupport
import Testing

@testable import Gateway

/// What is wrong with a request is said to whoever sent it, in OpenAI's shape, and nothing is asked of a provider.
@Suite struct BadInputTests {
    private func expect(
        _ answer: GatewayFixture.Answer,
        _ status: Int,
        _ code: String,
        naming words: String...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.code == code, "\(answer.text)", sourceLocation: sourceLocation)
        #expect(answer.headers[.contentType] == "application/json", sourceLocation: sourceLocation)
        #expect(answer.headers[.xRequestID] != nil, sourceLocation: sourceLocation)
        let error = answer.json["error"]?.objectValue
        #expect(error?.keys == ["message", "type", "code", "param"], sourceLocation: sourceLocation)
        for word in words {
            #expect(answer.message.contains(word), "\(answer.message)", sourceLocation: sourceLocation)
        }
    }

    @Test func isExplained() async throws {
        var settings = InferenceSettings()
        settings.largestBody = 2_000
        try await withGateway(settings: settings) { gateway in
            self.expect(try await gateway.chat("{\"model\": oops"), 400, "invalid_json", naming: "line 1, column 11")
            self.expect(try await gateway.chat(""), 400, "invalid_json", naming: "empty")
            self.expect(try await gateway.chat("{}"), 400, "invalid_value", naming: "model")
            let large = GatewayFixture.body("gpt-4o-mini" + String(repeating: " ", count: 3_000))
            self.expect(try await gateway.chat(large), 413, "body_too_large", naming: "2000 bytes")
            let unknown = try await gateway.chat(GatewayFixture.body("gpt-9"))
            self.expect(unknown, 404, "model_not_found", naming: "gpt-9", "/v1/models")
            #expect(unknown.json["error"]["param"]?.stringValue == "model")
            #expect(unknown.json["error"]["type"]?.stringValue == "invalid_request_error")
            self.expect(
                try await gateway.chat(GatewayFixture.body("openai/old-model")),
                404,
                "model_not_found",
                naming: "switched off"
            )
            self.expect(
                try await gateway.chat(GatewayFixture.body("sleeping-model")),
                404,
                "model_not_found",
                naming: "Asleep is switched off"
            )
            self.expect(
                try await gateway.chat(GatewayFixture.body("text-embedding-3-small")),
                400,
                "model_not_supported",
                naming: "embeddings"
            )
            self.expect(
                try await gateway.chat(GatewayFixture.body("keyless/model")),
                503,
                "provider_key_missing",
                naming: "OPENROUTER_API_KEY"
            )
            #expect(try await gateway.requests().isEmpty)
        }
    }

    @Test func keysAreChecked() async throws {
        try await withGateway { gateway in
            let body = GatewayFixture.body("gpt-4o-mini")
            self.expect(try await gateway.chat(body, key: nil), 401, "missing_api_key", naming: "Bearer")
            self.expect(try await gateway.chat(body, key: ""), 401, "missing_api_key")
            self.expect(try await gateway.chat(body, key: "rk_wrong"), 401, "invalid_api_key", naming: "not known")
            self.expect(
                try await gateway.chat(body, key: String(repeating: "k", count: 1_000)),
                401,
                "invalid_api_key",
                naming: "longer"
            )
            self.expect(
                try await gateway.chat(body, key: GatewayFixture.expiredKey),
                401,
                "expired_api_key",
                naming: "expired"
            )
            self.expect(
                try await gateway.chat(body, key: GatewayFixture.revokedKey),
                401,
                "revoked_api_key",
                naming: "revoked"
            )
            self.expect(
                try await gateway.chat(body, key: GatewayFixture.readerKey),
                403,
                "missing_scope",
                naming: "inference"
            )
            var basic = HTTPFields()
            basic[.authorization] = "Basic dXNlcjpwYXNz"
            self.expect(try await gateway.chat(body, key: nil, headers: basic), 401, "invalid_api_key", naming: "Basic")
            #expect(try await gateway.requests().isEmpty)

            #expect(try await gateway.chat(body, key: GatewayFixture.administratorKey).status == 200)
            for name in ["x-api-key", "api-key"] {
                var headers = HTTPFields()
                headers[try #require(HTTPField.Name(name))] = GatewayFixture.key
                #expect(try await gateway.chat(body, key: nil, headers: headers).status == 200)
            }
        }
    }

    @Test func aBodyOverTheLimitIsRefusedAlsoWithoutADeclaredLength() async throws {
        var settings = InferenceSettings()
        settings.largestBody = 1_000
        try await withGateway(settings: settings) { gateway in
            let connection = try await RawConnection(port: gateway.port)
            try await connection.write(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer \(GatewayFixture.key)\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
            let chunk = String(repeating: "x", count: 256)
            for _ in 0..<8 { try await connection.write("100\r\n\(chunk)\r\n") }
            try await eventually("the body is refused") { connection.text.contains("HTTP/1.1 413") }
            // The connection serves the next request.
            try await connection.write("0\r\n\r\n" + RawConnection.chat(GatewayFixture.body("gpt-4o-mini")))
            try await eventually("the next request is answered") { connection.text.contains("HTTP/1.1 200") }
            try await connection.close()
        }
    }
}
