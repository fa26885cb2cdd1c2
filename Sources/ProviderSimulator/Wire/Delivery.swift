import NIOCore
import NIOHTTP1

/// The writes of one answer, in order, with the pauses between them and the place where it breaks off.
///
/// A value without a clock and without a socket: the connection asks for the next action and does it.
struct Delivery: Sendable {
    enum Action: Sendable {
        case write(ByteBuffer)
        case wait(Duration)
        /// Nothing more happens until the client goes.
        case hang
        /// Everything was written.
        case finish
        /// Everything before the break was written.
        case cut
        case reset
    }

    private enum Phase: Sendable {
        case latency
        case opening
        case event(Int, hasWaited: Bool)
        case endless
        case ruptured(Behaviour.Rupture.Manner)
        case finished
    }

    private let head: ByteBuffer
    private let body: Answer.Body
    private let behaviour: Behaviour
    private let isChunked: Bool
    private let eventLimit: Int?
    private let byteLimit: Int?

    private var phase = Phase.latency
    private var written = 0
    /// What waits to leave a few bytes at a time, and whether a pause comes first.
    private var trickling: (rest: ByteBuffer, waits: Bool)?

    /// Whether the connection may serve another request afterwards.
    let keepsConnection: Bool

    /// Whether the answer is a stream.
    let isStream: Bool

    /// Whether a provider answers, and not the simulator for itself.
    let isCounted: Bool

    /// How many events were written so far.
    private(set) var events = 0

    /// Plans the writes of an answer.
    ///
    /// - Parameters:
    ///   - answer: what is answered.
    ///   - behaviour: how it deviates on the wire; what concerns the content has been done already.
    ///   - version: of the request; below 1.1 a stream ends with the connection.
    ///   - keepsConnection: whether the request wants the connection kept.
    ///   - date: the `Date` header.
    ///   - isCounted: whether a provider answers, and not the simulator for itself.
    init(
        _ answer: Answer,
        _ behaviour: Behaviour,
        version: HTTPVersion,
        keepsConnection: Bool,
        date: String,
        isCounted: Bool
    ) {
        self.isCounted = isCounted
        self.body = answer.body
        self.behaviour = behaviour
        switch answer.body {
        case .whole(let bytes):
            self.isStream = false
            self.isChunked = false
            self.keepsConnection = keepsConnection && behaviour.contentLengthError == nil
            let length = max(0, bytes.count + (behaviour.contentLengthError ?? 0))
            let head = ResponseHead.rendered(
                answer,
                framing: .length(length),
                closes: !keepsConnection,
                reserving: bytes.count,
                date: date
            )
            self.head = head
            self.eventLimit = nil
            self.byteLimit = behaviour.rupture.map { rupture in
                switch rupture.place {
                case .beforeHeaders: 0
                case .afterHeaders, .event(0): head.readableBytes
                case .middle: head.readableBytes + bytes.count / 2
                case .event: head.readableBytes + bytes.count
                case .byte(let count): count
                }
            }
        case .stream(let stream):
            self.isStream = true
            self.isChunked = version.major > 1 || (version.major == 1 && version.minor >= 1)
            self.keepsConnection = keepsConnection && self.isChunked
            let head = ResponseHead.rendered(
                answer,
                framing: self.isChunked ? .chunked : .untilClose,
                closes: !self.keepsConnection,
                reserving: 0,
                date: date
            )
            self.head = head
            switch behaviour.rupture?.place {
            case .middle: (self.eventLimit, self.byteLimit) = (stream.count / 2, nil)
            case .event(let count): (self.eventLimit, self.byteLimit) = (min(count, stream.count), nil)
            case .beforeHeaders: (self.eventLimit, self.byteLimit) = (nil, 0)
            case .afterHeaders: (self.eventLimit, self.byteLimit) = (nil, head.readableBytes)
            case .byte(let count): (self.eventLimit, self.byteLimit) = (nil, count)
            case nil: (self.eventLimit, self.byteLimit) = (nil, nil)
            }
        }
    }

    /// What to do next. After ``Action/finish``, ``Action/cut`` or ``Action/reset`` it is not asked again.
    mutating func next() -> Action {
        if let action = self.nextTrickle() { return action }
        switch self.phase {
        case .latency:
            self.phase = .opening
            guard let latency = self.behaviour.latency, latency > .zero else { return self.open() }
            return .wait(latency)
        case .opening:
            return self.open()
        case .event(let place, let hasWaited):
            return self.event(place, hasWaited: hasWaited)
        case .endless:
            guard self.written < Behaviour.endlessHeaderBytes else { return .cut }
            return self.leave(ResponseHead.endlessLines)
        case .ruptured(.hang): return .hang
        case .ruptured(.cut): return .cut
        case .ruptured(.reset): return .reset
        case .finished: return .finish
        }
    }

    private mutating func open() -> Action {
        if self.behaviour.isHeaderEndless == true {
            self.phase = .endless
            return self.leave(ResponseHead.statusLine(200))
        }
        var buffer = self.head
        switch self.body {
        case .whole(let bytes):
            buffer.writeBytes(bytes)
            // A break after the last byte is still a break.
            self.phase = self.behaviour.rupture.map { .ruptured($0.manner) } ?? .finished
        case .stream:
            self.phase = .event(0, hasWaited: false)
        }
        return self.leave(buffer)
    }

    private mutating func event(_ place: Int, hasWaited: Bool) -> Action {
        guard case .stream(let stream) = self.body else { return .finish }
        if let rupture = self.behaviour.rupture, place == self.eventLimit {
            self.phase = .ruptured(rupture.manner)
            return self.next()
        }
        guard place < stream.count else {
            self.phase = self.behaviour.rupture.map { .ruptured($0.manner) } ?? .finished
            return self.next()
        }
        if !hasWaited, let delay = self.behaviour.delay, delay > .zero {
            self.phase = .event(place, hasWaited: true)
            return .wait(delay)
        }
        self.phase = .event(place + 1, hasWaited: false)
        self.events += 1
        let (before, text, after) = stream[place]
        let count = before.count + text.count + after.count
        var buffer = ByteBuffer()
        buffer.reserveCapacity(count + 24)
        if self.isChunked { buffer.writeString("\(String(count, radix: 16))\r\n") }
        buffer.writeBytes(before)
        buffer.writeBytes(text)
        buffer.writeBytes(after)
        if self.isChunked { buffer.writeStaticString(place + 1 == stream.count ? "\r\n0\r\n\r\n" : "\r\n") }
        return self.leave(buffer)
    }

    /// Writes a buffer: as far as the break, and at the pace that is asked for.
    private mutating func leave(_ buffer: ByteBuffer) -> Action {
        var buffer = buffer
        if let limit = self.byteLimit, let rupture = self.behaviour.rupture,
            self.written + buffer.readableBytes >= limit
        {
            buffer = buffer.readSlice(length: max(0, limit - self.written)) ?? buffer
            self.phase = .ruptured(rupture.manner)
        }
        self.written += buffer.readableBytes
        guard buffer.readableBytes > 0 else { return self.next() }
        guard self.behaviour.trickle != nil else { return .write(buffer) }
        self.trickling = (rest: buffer, waits: false)
        return self.next()
    }

    private mutating func nextTrickle() -> Action? {
        guard let trickle = self.behaviour.trickle, let trickling = self.trickling else { return nil }
        var rest = trickling.rest
        if trickling.waits {
            self.trickling = (rest: rest, waits: false)
            return .wait(trickle.pause)
        }
        let piece = rest.readSlice(length: min(trickle.bytes, rest.readableBytes)) ?? rest
        self.trickling = rest.readableBytes > 0 ? (rest: rest, waits: true) : nil
        return .write(piece)
    }
}
