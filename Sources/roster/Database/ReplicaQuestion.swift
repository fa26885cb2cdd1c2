import HTTPTypes
import JSON
import Logging
import NIOCore
import RosterServer
import Secrets
import Transfer

/// Asks a running replica, as long as a closure runs.
struct ReplicaQuestion: Sendable {
    /// What it answered.
    struct Answer: Sendable {
        let status: Int
        let json: JSONValue
    }

    private let transfer: TransferClient

    /// - Parameters:
    ///   - settings: The limits of the client.
    ///   - logger: What it logs with.
    ///   - body: Asks.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws.
    static func run<Value: Sendable>(
        _ settings: Settings,
        logger: Logger,
        _ body: @escaping @Sendable (ReplicaQuestion) async throws -> Value
    ) async throws -> Value {
        let transfer = try settings.transferClient(logger: logger)
        return try await Companion.run(transfer) { try await body(ReplicaQuestion(transfer: transfer)) }
    }

    /// Gets a JSON document.
    ///
    /// - Parameters:
    ///   - url: Its address.
    ///   - key: Sent along; `nil` for none.
    ///   - limit: The longest answer, in bytes.
    ///   - patience: How long the answer may take to begin.
    /// - Returns: The status and the document.
    /// - Throws: `CommandFailure` in a sentence.
    func ask(
        _ url: String,
        key: Secret?,
        limit: Int = 4 << 20,
        patience: Duration = .seconds(5)
    ) async throws -> Answer {
        var request = TransferRequest(
            url: url,
            timeouts: .init(connect: .seconds(2), firstByte: patience, idle: patience)
        )
        if let key { request.headers[.authorization] = "Bearer \(key.exposed)" }
        let response: TransferResponse
        let body: ByteBuffer
        do {
            response = try await self.transfer.send(request)
            body = try await response.body.collect(upTo: limit)
        } catch {
            throw CommandFailure("\(url) does not answer: \(error)")
        }
        do {
            return Answer(
                status: response.status.code,
                json: try JSONValue(
                    parsing: Array(body.readableBytesView),
                    limits: JSONLimits(bytes: limit, values: 20_000_000)
                )
            )
        } catch {
            throw CommandFailure("\(url) is no Roster: its answer (\(response.status.code)) is not JSON.")
        }
    }
}
