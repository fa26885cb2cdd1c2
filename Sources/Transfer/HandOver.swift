import HTTPTypes
import NIOCore

/// What a transfer brought and its reader has not taken yet: the state behind an ``Exchange``. A value under its lock:
/// every method says what to do after the lock is free, and does nothing itself.
///
/// It answers each wait exactly once, keeps what comes in order, and never holds more than its high mark and one buffer
/// of libcurl's, unless it was told that the body is not to be held back.
struct HandOver {
    typealias HeadReply = CheckedContinuation<Result<TransferResponse, TransferError>, Never>
    typealias BodyReply = CheckedContinuation<Result<ByteBuffer?, TransferError>, Never>

    enum Outcome: Sendable {
        case complete
        case failed(TransferError)
    }

    /// Who waits to be resumed.
    private enum Reader {
        case none
        case head(HeadReply)
        case body(BodyReply, atLeast: Int)
    }

    private enum HeadState {
        case awaited
        case ready(PartialResponse)
        case taken
    }

    /// The answer to bytes that libcurl brings.
    enum Receipt: Equatable {
        case taken
        /// The reader is behind: bring them again when it has caught up.
        case pause
        case tooLarge
        case unwanted
    }

    /// Whom to resume once the lock is free, and with what.
    enum Wake {
        case none
        case head(HeadReply, Result<TransferResponse, TransferError>)
        /// The head, while the body still comes.
        case liveHead(HeadReply, PartialResponse)
        /// Bytes, the end (nil) or an error; and whether the transfer was paused and may go on.
        case body(BodyReply, Result<ByteBuffer?, TransferError>, mayGoOn: Bool)
    }

    /// The answer to a reader that wants more.
    enum Taken {
        /// Bytes, and whether the transfer was paused and may go on.
        case bytes(ByteBuffer, mayGoOn: Bool)
        case end
        case failed(TransferError)
        case wait
    }

    /// How many bytes may wait for their reader.
    let highMark: Int
    /// How many bytes the body may have altogether; nil if it is held back at the high mark instead.
    let limit: Int?
    let returnPoint: TransferRequest.ReturnPoint

    private var reader = Reader.none
    private var head = HeadState.awaited
    private var pending = ByteBuffer()
    private var outcome: Outcome?
    private var isPaused = false
    private var isBodyTaken = false
    private(set) var bodyBytes = 0

    init(highMark: Int, limit: Int?, returnPoint: TransferRequest.ReturnPoint) {
        self.highMark = highMark
        self.limit = limit
        self.returnPoint = returnPoint
    }

    /// Whether the reader has gone, so that nothing that comes is of use; or all has come.
    var isOver: Bool { self.outcome != nil }

    /// Whether a final response has begun.
    var headIsThere: Bool {
        switch self.head {
        case .awaited: false
        case .ready, .taken: true
        }
    }

    // MARK: What the loop brings

    /// Bytes of the body.
    mutating func receive(_ bytes: UnsafeRawBufferPointer, expecting length: Int?) -> Receipt {
        guard self.outcome == nil else { return .unwanted }
        if let limit = self.limit {
            guard self.bodyBytes + bytes.count <= limit else { return .tooLarge }
        } else if self.pending.readableBytes >= self.highMark {
            self.isPaused = true
            return .pause
        }
        if self.pending.capacity == 0, let length, length > bytes.count {
            self.pending.reserveCapacity(min(length - self.bodyBytes, self.highMark))
        }
        self.pending.writeBytes(bytes)
        self.bodyBytes += bytes.count
        return .taken
    }

    /// The end of a turn of the loop: what it brought besides bytes.
    mutating func hand(head: PartialResponse?, outcome: Outcome?) -> Wake {
        if let head { self.head = .ready(head) }
        if self.outcome == nil { self.outcome = outcome }
        switch self.reader {
        case .none:
            return .none
        case .head(let reply):
            return self.answer(reply)
        case .body(let reply, let atLeast):
            return self.answer(reply, atLeast: atLeast)
        }
    }

    // MARK: What the reader asks

    /// Waits for the head; the answer is an error at once if the transfer was ended before it began.
    mutating func awaitHead(_ reply: HeadReply) -> Wake {
        self.reader = .head(reply)
        return self.answer(reply)
    }

    /// Whether this is the first who asks for the body.
    mutating func takeBody() -> Bool {
        defer { self.isBodyTaken = true }
        return !self.isBodyTaken
    }

    /// Takes all bytes that are there, if they are at least so many or no more will come for now.
    mutating func take(atLeast: Int) -> Taken {
        let count = self.pending.readableBytes
        if count >= max(1, atLeast) || count > 0 && (self.isPaused || self.outcome != nil) {
            let bytes = self.pending
            self.pending = ByteBuffer()
            defer { self.isPaused = false }
            return .bytes(bytes, mayGoOn: self.isPaused && self.outcome == nil)
        }
        switch self.outcome {
        case .complete: return .end
        case .failed(let error): return .failed(error)
        case nil: return .wait
        }
    }

    /// Waits for bytes after ``take(atLeast:)`` said so; what came in between is there at once.
    mutating func awaitBody(_ reply: BodyReply, atLeast: Int, orFail alreadyRead: TransferError) -> Wake {
        guard case .none = self.reader else { return .body(reply, .failure(alreadyRead), mayGoOn: false) }
        self.reader = .body(reply, atLeast: atLeast)
        return self.answer(reply, atLeast: atLeast)
    }

    /// The reader goes: nothing that comes is kept, and whoever waits gets the error.
    ///
    /// - Parameter error: What every later question is answered with.
    /// - Returns: Whom to resume, and whether the transfer still ran.
    mutating func end(_ error: TransferError) -> (wake: Wake, wasRunning: Bool) {
        let wasRunning = self.outcome == nil
        if wasRunning || self.pending.readableBytes > 0 { self.outcome = .failed(error) }
        self.pending = ByteBuffer()
        let reader = self.reader
        self.reader = .none
        switch reader {
        case .none: return (.none, wasRunning)
        case .head(let reply): return (.head(reply, .failure(error)), wasRunning)
        case .body(let reply, _): return (.body(reply, .failure(error), mayGoOn: false), wasRunning)
        }
    }

    // MARK: Answers

    private mutating func answer(_ reply: HeadReply) -> Wake {
        guard case .ready(let head) = self.head else {
            guard case .failed(let error) = self.outcome else { return .none }
            self.reader = .none
            return .head(reply, .failure(error))
        }
        switch self.outcome {
        case .complete:
            self.reader = .none
            self.head = .taken
            let body = TransferBody(complete: self.pending)
            self.pending = ByteBuffer()
            return .head(reply, .success(head.response(with: body)))
        case .failed(let error) where self.waitsForBody(of: head):
            self.reader = .none
            self.pending = ByteBuffer()
            return .head(reply, .failure(error))
        case nil where self.waitsForBody(of: head):
            return .none
        case .failed, nil:
            self.reader = .none
            self.head = .taken
            return .liveHead(reply, head)
        }
    }

    private mutating func answer(_ reply: BodyReply, atLeast: Int) -> Wake {
        switch self.take(atLeast: atLeast) {
        case .wait:
            return .none
        case .bytes(let bytes, let mayGoOn):
            self.reader = .none
            return .body(reply, .success(bytes), mayGoOn: mayGoOn)
        case .end:
            self.reader = .none
            return .body(reply, .success(nil), mayGoOn: false)
        case .failed(let error):
            self.reader = .none
            return .body(reply, .failure(error), mayGoOn: false)
        }
    }

    private func waitsForBody(of head: PartialResponse) -> Bool {
        guard !self.isPaused else { return false }
        switch self.returnPoint {
        case .head:
            return false
        case .shortBody:
            return head.contentLength.map { $0 <= 65_536 } ?? false
        case .body(let limit):
            return self.pending.readableBytes < limit
        }
    }
}

/// A response as the loop knows it, before it has a body to be read.
struct PartialResponse: Sendable {
    let status: Int
    let fields: HTTPFields
    /// What the server declares.
    let contentLength: Int?
    let timings: TransferResponse.Timings
    let connectionWasReused: Bool

    func response(with body: TransferBody) -> TransferResponse {
        TransferResponse(
            status: HTTPResponse.Status(code: self.status),
            headers: self.fields,
            body: body,
            timings: self.timings,
            connectionWasReused: self.connectionWasReused
        )
    }
}
