import NIOCore

/// Reads HTTP/1.1 responses off one connection just closely enough to know where each ends and what it holds.
///
/// A load generator that costs as much as what it measures would measure itself; so this finds the end of the head, the
/// length or the chunks, and counts events of a stream by their blank lines.
struct ResponseReader {
    /// What a stretch of bytes brought.
    struct Progress {
        /// Events of a stream that ended in it.
        var events = 0
        /// The status of a response that ended with it.
        var endedWithStatus: Int?
    }

    /// Bytes that are no HTTP/1.1 response.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private enum Body {
        case head
        case length(Int)
        case chunkSize
        case chunk(Int)
        case trailer
    }

    private var body = Body.head
    private var line: [UInt8] = []
    private var head: [UInt8] = []
    private var status = 0
    private var lastWasNewline = false

    mutating func read(_ buffer: ByteBuffer) throws -> Progress {
        var progress = Progress()
        var bytes = buffer.readableBytesView[...]
        while let byte = bytes.first {
            switch self.body {
            case .head:
                self.head.append(byte)
                bytes.removeFirst()
                guard byte == UInt8(ascii: "\n"), self.head.suffix(4).elementsEqual("\r\n\r\n".utf8) else { continue }
                try self.readHead()
            case .length(let remaining):
                let taken = bytes.prefix(remaining)
                progress.events += self.countEvents(taken)
                bytes = bytes.dropFirst(taken.count)
                self.body = .length(remaining - taken.count)
            case .chunkSize:
                bytes.removeFirst()
                guard byte == UInt8(ascii: "\n") else {
                    self.line.append(byte)
                    continue
                }
                let digits = String(decoding: self.line, as: UTF8.self).prefix { $0.isHexDigit }
                self.line.removeAll(keepingCapacity: true)
                guard let size = Int(digits, radix: 16) else { throw Malformed(description: "a chunk has no size") }
                // The line break behind a chunk counts as part of it.
                self.body = size == 0 ? .trailer : .chunk(size + 2)
            case .chunk(let remaining):
                let taken = bytes.prefix(remaining)
                progress.events += self.countEvents(taken.prefix(max(0, remaining - 2)))
                bytes = bytes.dropFirst(taken.count)
                self.body = remaining == taken.count ? .chunkSize : .chunk(remaining - taken.count)
            case .trailer:
                bytes.removeFirst()
                self.line.append(byte)
                guard byte == UInt8(ascii: "\n") else { continue }
                let isEnd = self.line.count <= 2
                self.line.removeAll(keepingCapacity: true)
                if isEnd { self.body = .length(0) }
            }
            if case .length(0) = self.body {
                progress.endedWithStatus = self.status
                self.body = .head
                self.lastWasNewline = false
                self.head.removeAll(keepingCapacity: true)
            }
        }
        return progress
    }

    private mutating func readHead() throws {
        let text = String(decoding: self.head, as: UTF8.self).lowercased()
        guard text.hasPrefix("http/1.1 "), let status = Int(text.dropFirst(9).prefix(3)) else {
            throw Malformed(description: "not an HTTP/1.1 response: \(text.prefix(40))")
        }
        self.status = status
        let fields = text.split(separator: "\r\n")
        if fields.contains("transfer-encoding: chunked") {
            self.body = .chunkSize
        } else if let field = fields.first(where: { $0.hasPrefix("content-length:") }) {
            self.body = .length(Int(field.dropFirst(15).filter(\.isNumber)) ?? 0)
        } else {
            throw Malformed(description: "a response has neither a length nor chunks")
        }
    }

    private mutating func countEvents(_ bytes: some Sequence<UInt8>) -> Int {
        var count = 0
        for byte in bytes where byte != UInt8(ascii: "\r") {
            let isNewline = byte == UInt8(ascii: "\n")
            if isNewline && self.lastWasNewline { count += 1 }
            self.lastWasNewline = isNewline
        }
        return count
    }
}
