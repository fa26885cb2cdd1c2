import JSON

/// An answer as RFC 9112 reads it, strictly: what is wrong with it is an error.
struct HTTPAnswer: Sendable {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    let status: Int
    let headers: [String: String]
    let body: [UInt8]
    /// What came after the end of the answer.
    let rest: [UInt8]

    var text: String { String(decoding: self.body, as: UTF8.self) }

    var json: JSONValue {
        get throws { try JSONValue(parsing: self.body) }
    }

    init(_ reception: WireClient.Reception) throws {
        try self.init(bytes: reception.bytes, isClosed: reception.ending == .closed)
    }

    init(bytes: [UInt8], isClosed: Bool) throws {
        guard let end = Self.place(of: Array("\r\n\r\n".utf8), in: bytes) else {
            throw Malformed(description: "no end of the head in “\(String(decoding: bytes, as: UTF8.self))”")
        }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Malformed(description: "status line “\(lines[0])”")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Malformed(description: "header “\(line)”") }
            headers[line[..<colon].lowercased()] = String(line[colon...].dropFirst().drop { $0 == " " })
        }
        self.status = status
        self.headers = headers
        let remainder = Array(bytes[(end + 4)...])
        if headers["transfer-encoding"] == "chunked" {
            (self.body, self.rest) = try Self.unchunked(remainder)
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            guard remainder.count >= length else {
                throw Malformed(description: "\(remainder.count) of \(length) bytes of the body")
            }
            (self.body, self.rest) = (Array(remainder[..<length]), Array(remainder[length...]))
        } else {
            guard isClosed else { throw Malformed(description: "the body ends with a connection that is open") }
            (self.body, self.rest) = (remainder, [])
        }
    }

    /// The data of the events of a stream, comments and empty lines left out.
    var events: [String] {
        self.text.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
    }

    private static func unchunked(_ bytes: [UInt8]) throws -> ([UInt8], [UInt8]) {
        var body: [UInt8] = []
        var place = 0
        while true {
            guard let end = bytes[place...].firstIndex(of: 13) else { throw Malformed(description: "no chunk") }
            let line = String(decoding: bytes[place..<end], as: UTF8.self)
            guard let size = Int(line, radix: 16) else { throw Malformed(description: "chunk size “\(line)”") }
            let start = end + 2
            guard bytes.count >= start + size + 2 else { throw Malformed(description: "a chunk breaks off") }
            body.append(contentsOf: bytes[start..<(start + size)])
            place = start + size + 2
            guard bytes[(place - 2)..<place].elementsEqual([13, 10]), bytes[end + 1] == 10 else {
                throw Malformed(description: "a chunk without an end")
            }
            if size == 0 { return (body, Array(bytes[place...])) }
        }
    }

    static func place(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...(bytes.count - pattern.count)).first { bytes[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        self.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
