import HTTPTypes

/// The head of a final response.
struct ResponseHead: Sendable {
    var status: Int
    var fields: HTTPFields
    /// What `Content-Length` says, if it is one number.
    var contentLength: Int?
}

/// Builds a ``ResponseHead`` from the lines that libcurl brings one by one. Belongs to one easy handle; made anew for
/// each transfer.
///
/// Informational heads before the final one are read and forgotten, trailers after it as well; all of them count
/// against the limits.
struct ResponseHeadReader {
    enum Verdict: Equatable {
        case more
        /// The line that ended the head of the final response.
        case complete
        case tooLarge
        case violation(String)
    }

    private enum Stage {
        case statusLine, fields, body
    }

    private let maximumBytes: Int
    private let maximumFields: Int
    private var stage = Stage.statusLine
    private var bytes = 0
    private var fieldCount = 0
    private(set) var head = ResponseHead(status: 0, fields: HTTPFields())

    init(maximumBytes: Int, maximumFields: Int) {
        self.maximumBytes = maximumBytes
        self.maximumFields = min(maximumFields, 10_000)
    }

    /// Whether the final head is there.
    var isComplete: Bool { self.stage == .body }

    /// Takes the next line, with its line ending.
    mutating func read(_ line: UnsafeRawBufferPointer, names: FieldNames) -> Verdict {
        self.bytes += line.count
        guard self.bytes <= self.maximumBytes else { return .tooLarge }
        let text = Self.withoutEnding(line)
        switch self.stage {
        case .statusLine:
            return self.readStatus(text)
        case .fields:
            guard text.isEmpty else { return self.readField(text, names: names) }
            guard self.head.status >= 200 else {
                self.stage = .statusLine
                return .more
            }
            self.stage = .body
            return .complete
        case .body:
            return .more
        }
    }

    private mutating func readStatus(_ line: Slice<UnsafeRawBufferPointer>) -> Verdict {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: true)
        guard parts.count >= 2, parts[1].count == 3, let status = Int(String(decoding: parts[1], as: UTF8.self)) else {
            return .violation("its status line has no status")
        }
        guard status >= 100 else { return .violation("its status \(status) does not exist") }
        // Nobody asked for another protocol (RFC 9110 §15.2.2).
        guard status != 101 else { return .violation("it switches to a protocol nobody asked for") }
        self.head = ResponseHead(status: status, fields: HTTPFields())
        self.stage = .fields
        return .more
    }

    private mutating func readField(_ line: Slice<UnsafeRawBufferPointer>, names: FieldNames) -> Verdict {
        self.fieldCount += 1
        guard self.fieldCount <= self.maximumFields else { return .tooLarge }
        if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") { return self.continueField(line) }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let name = names.name(line[..<colon]) else {
            return .violation("a line of its head is no header field")
        }
        let value = Self.trimmed(line[line.index(after: colon)...])
        if name.canonicalName == "content-length" {
            // Two lengths, or none, make it unclear where the next response begins (RFC 9112 §6.3).
            guard let length = Self.number(value), self.head.contentLength ?? length == length else {
                return .violation("its Content-Length is not one number")
            }
            self.head.contentLength = length
        }
        self.head.fields.append(HTTPField(name: name, value: UnsafeRawBufferPointer(rebasing: value)))
        return .more
    }

    /// A line that begins with a space goes on with the value before it (RFC 9112 §5.2).
    private mutating func continueField(_ line: Slice<UnsafeRawBufferPointer>) -> Verdict {
        guard var field = self.head.fields.popLast() else { return .violation("its head begins with a space") }
        let more = String(decoding: Self.trimmed(line), as: UTF8.self)
        field.value = field.value.isEmpty ? more : "\(field.value) \(more)"
        self.head.fields.append(field)
        return .more
    }

    private static func number(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard !text.isEmpty, text.count <= 18 else { return nil }
        var number = 0
        for byte in text {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    private static func withoutEnding(_ line: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
        var end = line.endIndex
        if end > line.startIndex, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
        if end > line.startIndex, line[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        return line[..<end]
    }

    private static func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var (start, end) = (text.startIndex, text.endIndex)
        while start < end, text[start] == UInt8(ascii: " ") || text[start] == UInt8(ascii: "\t") { start += 1 }
        while end > start, text[end - 1] == UInt8(ascii: " ") || text[end - 1] == UInt8(ascii: "\t") { end -= 1 }
        return text[start..<end]
    }
}

/// The names of header fields that came before: servers repeat a few dozen for ever, and making one anew costs two
/// strings. Belongs to one engine and is touched on its thread only.
///
/// A table with one place per hash, in which the newer name wins: it cannot grow.
final class FieldNames {
    private static let places = 512
    private var names = [HTTPField.Name?](repeating: nil, count: FieldNames.places)

    /// The name that is spelled like this; nil if the bytes are no token (RFC 9110 §5.1).
    func name(_ spelling: Slice<UnsafeRawBufferPointer>) -> HTTPField.Name? {
        var hash: UInt32 = 2_166_136_261
        for byte in spelling { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        let place = Int((hash ^ (hash >> 16)) % UInt32(Self.places))
        if let known = self.names[place], known.rawName.utf8.elementsEqual(spelling) { return known }
        guard let name = HTTPField.Name(String(decoding: spelling, as: UTF8.self)) else { return nil }
        self.names[place] = name
        return name
    }
}
