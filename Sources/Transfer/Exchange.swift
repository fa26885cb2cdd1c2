import NIOConcurrencyHelpers
import NIOCore

/// One transfer as both sides see it: the task that sends and reads, and the engine's thread that moves the bytes.
///
/// The task waits, takes and cancels; the engine brings. Between them is a ``HandOver`` under a lock, so a chunk costs no
/// hop to an actor. The engine holds an exchange while its transfer runs, its reader while it reads.
final class Exchange: Sendable {
    let request: TransferRequest
    let origin: Origin
    let addresses: NameSource.Addresses?
    let started: ContinuousClock.Instant
    let upload: Upload?

    private let engine: Engine
    private let state: NIOLockedValueBox<HandOver>

    init(
        _ request: TransferRequest,
        to origin: Origin,
        at addresses: NameSource.Addresses?,
        started: ContinuousClock.Instant,
        upload: Upload?,
        highMark: Int,
        on engine: Engine
    ) {
        self.request = request
        self.origin = origin
        self.addresses = addresses
        self.started = started
        self.upload = upload
        self.engine = engine
        self.state = NIOLockedValueBox(
            HandOver(
                highMark: highMark,
                limit: request.decompress ? request.decompressedLimit : nil,
                returnPoint: request.returnPoint
            )
        )
    }

    // MARK: The task's side

    /// Starts the transfer and waits for the head.
    ///
    /// - Returns: The response.
    /// - Throws: Why there is none.
    func response() async throws(TransferError) -> TransferResponse {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (reply: HandOver.HeadReply) in
                switch self.state.withLockedValue({ $0.awaitHead(reply) }) {
                case .none: self.engine.submit(self)
                case let wake: self.perform(wake)
                }
            }
        } onCancel: {
            self.cancel()
        }
        return try result.get()
    }

    /// Takes note that the body is being read.
    ///
    /// - Throws: ``TransferError`` with ``TransferError/Code/bodyAlreadyRead`` if it was before.
    func takeBody() throws(TransferError) {
        guard self.state.withLockedValue({ $0.takeBody() }) else { throw self.alreadyRead }
    }

    /// The next bytes: all that wait, or those that come next.
    ///
    /// - Parameters:
    ///   - atLeast: How many are worth waking up for, as long as more can come.
    ///   - isolation: Whose actor the caller runs on; it stays there.
    /// - Returns: At least one byte, or nil at the end.
    /// - Throws: Why the body broke off.
    func next(
        atLeast: Int,
        isolation: isolated (any Actor)?
    ) async throws(TransferError) -> ByteBuffer? {
        switch self.state.withLockedValue({ $0.take(atLeast: atLeast) }) {
        case .bytes(let bytes, let mayGoOn):
            if mayGoOn { self.engine.resumeReceiving(self) }
            return bytes
        case .end:
            return nil
        case .failed(let error):
            throw error
        case .wait:
            break
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation(isolation: isolation) { (reply: HandOver.BodyReply) in
                let error = self.alreadyRead
                let wake = self.state.withLockedValue { $0.awaitBody(reply, atLeast: atLeast, orFail: error) }
                if self.perform(wake) { self.engine.resumeReceiving(self) }
            }
        } onCancel: {
            self.cancel()
        }
        return try result.get()
    }

    /// Ends the transfer because its reader goes; nothing happens if it has ended.
    func cancel() {
        _ = self.end(.cancelled, "the caller cancelled the transfer")
    }

    /// Ends the transfer from the reader's side.
    ///
    /// - Parameters:
    ///   - code: Why.
    ///   - reason: Why, in words.
    /// - Returns: What whoever waits was given.
    func end(_ code: TransferError.Code, _ reason: String) -> TransferError {
        let (error, wake, wasRunning) = self.state.withLockedValue { state in
            // The engine knows more about how far it got; this is said from the safe side.
            let error = TransferError(
                code,
                host: self.origin.displayName,
                reason: reason,
                requestMayHaveReachedServer: true,
                responseHadBegun: state.headIsThere,
                bodyBytesReceived: state.bodyBytes
            )
            let (wake, wasRunning) = state.end(error)
            return (error, wake, wasRunning)
        }
        self.perform(wake)
        if wasRunning { self.engine.cancel(self) }
        return error
    }

    /// The request's body has bytes again, or an end.
    func resumeSending() {
        self.engine.resumeSending(self)
    }

    // MARK: The engine's side

    /// Whether anybody still wants what comes.
    var isWanted: Bool {
        self.state.withLockedValue { !$0.isOver }
    }

    func receive(_ bytes: UnsafeRawBufferPointer, expecting length: Int?) -> HandOver.Receipt {
        self.state.withLockedValue { $0.receive(bytes, expecting: length) }
    }

    /// Hands over what a turn of the loop brought.
    ///
    /// - Returns: Whether the transfer was paused and may go on.
    func hand(head: PartialResponse?, outcome: HandOver.Outcome?) -> Bool {
        if outcome != nil { self.upload?.end() }
        return self.perform(self.state.withLockedValue { $0.hand(head: head, outcome: outcome) })
    }

    func error(_ code: TransferError.Code, _ reason: String, bodyBytes: Int = 0) -> TransferError {
        TransferError(code, host: self.origin.displayName, reason: reason, bodyBytesReceived: bodyBytes)
    }

    private var alreadyRead: TransferError {
        self.error(.bodyAlreadyRead, "the response's body can be read once, and somebody has begun to")
    }

    @discardableResult
    private func perform(_ wake: HandOver.Wake) -> Bool {
        switch wake {
        case .none:
            return false
        case .head(let reply, let result):
            reply.resume(returning: result)
            return false
        case .liveHead(let reply, let head):
            reply.resume(returning: .success(head.response(with: TransferBody(live: self))))
            return false
        case .body(let reply, let result, let mayGoOn):
            reply.resume(returning: result)
            return mayGoOn
        }
    }
}
