import NIOCore

/// Cuts a stream of server-sent events where an event ends, so that one which breaks off never leaves half an event before the
/// error that says so.
///
/// Bytes pass through unchanged and in order; only what follows the last blank line waits for the rest of its event. A value
/// without I/O, one per stream.
struct EventBoundary: Sendable {
    private var held = ByteBuffer()
    private let limit: Int

    /// - Parameter limit: How many bytes of an incomplete event are held back; more pass as they come.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next bytes of the stream.
    ///
    /// - Parameter bytes: As they came.
    /// - Returns: What can be passed on; nil if no event is complete.
    mutating func accept(_ bytes: ByteBuffer) -> ByteBuffer? {
        let known = self.held.readableBytes
        var stream: ByteBuffer
        if known == 0 {
            stream = bytes
        } else {
            var bytes = bytes
            stream = self.held
            stream.writeBuffer(&bytes)
        }
        // Of the bytes that were there before, only the last three can be part of a boundary that is new.
        let end = Self.lastBoundary(in: stream.readableBytesUInt8Span, from: max(0, known - 3))
        guard let end else {
            guard stream.readableBytes <= self.limit else {
                self.held = ByteBuffer()
                return stream
            }
            self.held = stream
            return nil
        }
        guard end < stream.readableBytes else {
            self.held = ByteBuffer()
            return stream
        }
        let complete = stream.readSlice(length: end)
        self.held = stream
        return complete
    }

    /// What is still held when the stream has ended well: a last line that no blank one follows.
    mutating func finish() -> ByteBuffer? {
        defer { self.held = ByteBuffer() }
        return self.held.readableBytes > 0 ? self.held : nil
    }

    /// Where the last blank line ends (WHATWG HTML §9.2.5: lines end with CR LF, LF or CR); nil if there is none.
    private static func lastBoundary(in bytes: Span<UInt8>, from start: Int) -> Int? {
        let lf = UInt8(ascii: "\n")
        let cr = UInt8(ascii: "\r")
        var end = bytes.count
        while end >= start + 2 {
            switch (bytes[end - 2], bytes[end - 1]) {
            case (lf, lf), (cr, cr): return end
            case (cr, lf) where end >= start + 3 && bytes[end - 3] == lf: return end
            default: end -= 1
            }
        }
        return nil
    }
}
