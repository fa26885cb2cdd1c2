import HTTP
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import Registry
import Transfer

/// Passes a provider's answer on: status, type and bytes as they came, and of its fields only those that mean something to
/// the client.
struct AnswerRelay: Sendable {
    private let settings: InferenceSettings

    /// What of a provider's fields is the client's business. Its cookies, its limits for our account and what concerns one
    /// connection are not.
    private static let passedOn: [HTTPField.Name] = [
        .contentType, .contentEncoding, .retryAfter, .named("retry-after-ms"), .named("x-should-retry"),
        .named("openai-model"), .named("openai-processing-ms"), .named("openai-version"),
    ]

    /// Wider than for requests: an answer was made by a provider, and is bounded by what is waited for whole.
    private static let limitsOfAnswers = JSONLimits(depth: 512)

    /// Under which names a provider tells the request's id.
    private static let requestIDs: [HTTPField.Name] = [.xRequestID, .named("request-id"), .named("x-generation-id")]

    /// - Parameter settings: The limits.
    init(settings: InferenceSettings) {
        self.settings = settings
    }

    /// Makes the client's answer of the provider's.
    ///
    /// - Parameters:
    ///   - upstream: The provider's answer.
    ///   - chat: What was asked.
    ///   - plan: Whom.
    /// - Returns: The answer, whole or as a stream that ends with an error event if the provider breaks off.
    /// - Throws: `APIError` for an answer that cannot be passed on, `TransferError` for one that breaks off before it has
    ///   begun.
    func answer(
        _ upstream: TransferResponse,
        _ chat: ChatRequest,
        _ plan: Plan
    ) async throws -> Response {
        var headers = Self.headers(of: upstream)
        guard upstream.status.kind == .successful else {
            return try await self.refusal(upstream, headers, plan)
        }
        try Self.requireAnswer(upstream, plan)
        if Self.isType("text/event-stream", upstream.headers) {
            headers[.cacheControl] = "no-cache"
            headers[.xAccelBuffering] = "no"
            return Response(status: upstream.status, headers: headers, body: self.events(upstream.body, plan))
        }
        guard upstream.body.completeByteCount != nil else {
            // Too large to wait for. If it breaks off, so does the connection: half an answer never looks whole.
            let length = upstream.headers[.contentLength].flatMap { Int($0) }
            let body = ResponseBody(contentLength: length) { writer in
                for try await bytes in upstream.body { try await writer.write(bytes) }
                try await writer.finish(nil)
            }
            return Response(status: upstream.status, headers: headers, body: body)
        }
        let body = try await upstream.body.collect(upTo: .max)
        try Self.requireWholeJSON(body, upstream.headers, plan)
        return Response(status: upstream.status, headers: headers, body: ResponseBody(byteBuffer: body))
    }

    /// The stream, event by event. Each write leaves at once, and waits while the client is behind, which in turn holds the
    /// provider back.
    private func events(_ body: TransferBody, _ plan: Plan) -> ResponseBody {
        let limit = self.settings.largestEvent
        let provider = plan.offer.provider
        return ResponseBody { writer in
            var boundary = EventBoundary(limit: limit)
            do {
                for try await bytes in body {
                    if let complete = boundary.accept(bytes) { try await writer.write(complete) }
                }
                if let rest = boundary.finish() { try await writer.write(rest) }
            } catch let failure as TransferError where failure.code != .cancelled {
                try await writer.write(Self.event(APIError(failure, from: provider)))
            }
            try await writer.finish(nil)
        }
    }

    /// An error as the SDKs raise it from the middle of a stream. No `[DONE]` follows: the answer is not done.
    private static func event(_ error: APIError) -> ByteBuffer {
        var event = ByteBuffer(string: "data: ")
        event.writeBytes(error.json.serialized())
        event.writeString("\n\n")
        return event
    }

    private func refusal(
        _ upstream: TransferResponse,
        _ headers: HTTPFields,
        _ plan: Plan
    ) async throws -> Response {
        var body = ByteBuffer()
        for try await bytes in upstream.body {
            var bytes = bytes
            body.writeBuffer(&bytes)
            if body.readableBytes > self.settings.largestError { break }
        }
        let refusal = ProviderRefusal(provider: plan.offer.provider, keyVariable: plan.upstream.keyVariable)
        switch refusal.answer(upstream.status, body) {
        case .passedOn(let status, let body):
            var headers = headers
            headers[.contentType] = "application/json"
            return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
        case .wrapped(var error):
            error.headers = headers
            error.headers[.contentEncoding] = nil
            throw error
        }
    }

    /// A page of HTML or nothing at all under a 200 comes from a wrong address, a captive portal or a proxy in between.
    private static func requireAnswer(_ upstream: TransferResponse, _ plan: Plan) throws(APIError) {
        let name = plan.offer.provider.name
        let found: String
        if Self.isType("text/html", upstream.headers) {
            found = "a page of HTML instead of an answer. Its address in the registry may be wrong"
        } else if upstream.body.completeByteCount == 0 {
            found = "nothing at all. Try again"
        } else {
            return
        }
        throw APIError(
            .badGateway,
            .provider,
            code: "provider_invalid_response",
            "\(name) answered \(upstream.status.code) with \(found)."
        )
    }

    /// What calls itself JSON and is not would break in the client's own parser, far from its cause. The scan builds
    /// nothing; it costs half a microsecond for an ordinary answer.
    private static func requireWholeJSON(_ body: ByteBuffer, _ headers: HTTPFields, _ plan: Plan) throws(APIError) {
        guard Self.isType("application/json", headers), headers[.contentEncoding] == nil else { return }
        do throws(JSONError) {
            _ = try JSONScanner.topLevelMembers(of: body.readableBytesUInt8Span, limits: Self.limitsOfAnswers)
        } catch {
            throw APIError(
                .badGateway,
                .provider,
                code: "provider_invalid_response",
                "\(plan.offer.provider.name) answered with JSON that is broken: \(error). Try again."
            )
        }
    }

    private static func isType(_ type: String, _ headers: HTTPFields) -> Bool {
        guard let value = headers[.contentType] else { return false }
        return value.utf8.count >= type.utf8.count && value.prefix(type.count).lowercased() == type
    }

    private static func headers(of upstream: TransferResponse) -> HTTPFields {
        var headers = HTTPFields()
        headers.reserveCapacity(12)
        for name in Self.passedOn {
            if let value = upstream.headers[name] { headers[name] = value }
        }
        for name in Self.requestIDs {
            guard let id = upstream.headers[name] else { continue }
            headers[.xRosterProviderRequestID] = id
            break
        }
        return headers
    }
}
