import HTTP
import HTTPTypes
import NIOCore
import Registry
import Transfer

/// Sends a request to the provider that was chosen. Cancelling the task ends the transfer at once.
struct UpstreamCaller: Sendable {
    private let transfer: TransferClient
    private let settings: InferenceSettings

    /// What a client's own fields say to a provider. Everything else stays here: keys and cookies above all, and what an SDK
    /// tells about itself.
    private static let passedOn: [HTTPField.Name] = [.named("idempotency-key"), .named("openai-beta")]

    /// - Parameters:
    ///   - transfer: A running client.
    ///   - settings: Its limits.
    init(transfer: TransferClient, settings: InferenceSettings) {
        self.transfer = transfer
        self.settings = settings
    }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - chat: What the client asks.
    ///   - plan: Whom to ask.
    ///   - headers: The client's fields.
    /// - Returns: The answer: of a stream with its first bytes, else with all of it unless it is very large, so that an
    ///   answer which breaks off before is an error here.
    /// - Throws: `TransferError`.
    func call(
        _ chat: ChatRequest,
        _ plan: Plan,
        headers: HTTPFields
    ) async throws(TransferError) -> TransferResponse {
        var fields = chat.isStream ? plan.upstream.headersOfStreams : plan.upstream.headers
        for name in Self.passedOn {
            if let value = headers[name] { fields[name] = value }
        }
        var request = TransferRequest(
            method: .post,
            url: plan.upstream.url,
            headers: fields,
            body: .bytes(chat.body(naming: plan.offer.model.apiName)),
            timeouts: TransferRequest.Timeouts(
                connect: self.settings.connectTimeout,
                firstByte: chat.isStream ? self.settings.firstByteTimeoutOfStreams : self.settings.firstByteTimeout,
                idle: self.settings.idleTimeout
            )
        )
        request.returnPoint = .body(upTo: chat.isStream ? 1 : self.settings.largestWholeAnswer)
        return try await self.transfer.send(request)
    }
}
