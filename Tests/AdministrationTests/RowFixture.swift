import HTTP
import HTTPTypes
import JSON
import TestSupport
import Testing

@testable import Administration

extension AdministrationFixture {
    /// Where the rows are.
    static let rows = "/api/v1/registry"

    /// A person's edit of one row, as whoever holds a key with the scope editor.
    func edit(
        _ path: String,
        _ body: String,
        seen: String? = nil,
        method: HTTPRequest.Method = .patch,
        key: String = Self.administratorKey,
        reason: String? = nil
    ) async throws -> Answer {
        var headers = HTTPFields()
        if let seen { headers[.ifMatch] = seen }
        if let reason { headers[.xRosterReason] = reason }
        return try await self.send(
            method,
            "\(Self.rows)/\(path)",
            body.isEmpty ? nil : body,
            key: key,
            headers: headers
        )
    }

    /// The row of a table.
    func row(_ path: String) async throws -> JSONObject {
        let answer = try await self.admin(.get, "\(Self.rows)/\(path)")
        try #require(answer.status == 200, "\(answer.text)")
        return try #require(answer.json["row"]?.objectValue)
    }

    /// A key with a scope.
    func key(_ scope: String, _ description: String) async throws -> String {
        let made = try await self.admin(
            .post,
            "/api/v1/apikeys",
            "{\"description\": \"\(description)\", \"scopes\": [\"\(scope)\"]}"
        )
        return try #require(made.json["api_key"]?.stringValue, "\(made.text)")
    }

    /// Models of OpenRouter's that a refresh has brought.
    func refreshed() async throws -> [JSONObject] {
        let done = try await self.admin(.post, "/admin/model-sync/provider/openrouter")
        try #require(done.status == 200, "\(done.text)")
        let list = try await self.admin(.get, "\(Self.rows)/models?provider=openrouter&limit=1000&sort=id")
        let rows = list.json["data"]?.arrayValue?.compactMap { $0.objectValue }
        return try #require(rows, "\(list.text)")
    }
}
