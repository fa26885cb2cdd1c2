import CCurl
import HTTPTypes

/// The header lines of one request as libcurl wants them: a linked list of C strings. Owned by an easy handle, which
/// fills the same memory again for each request, so that a line costs one copy and no allocation.
///
/// libcurl keeps the pointers until the transfer has ended and only reads.
struct HeaderList: ~Copyable {
    /// How many bytes of header lines one request may have.
    static let limit = 262_144

    private var bytes: UnsafeMutablePointer<CChar>
    private var capacity: Int
    private var count = 0
    private var starts: [Int] = []
    private var nodes: UnsafeMutablePointer<curl_slist>
    private var nodeCapacity: Int

    init() {
        self.capacity = 1_024
        self.bytes = .allocate(capacity: self.capacity)
        self.nodeCapacity = 32
        self.nodes = .allocate(capacity: self.nodeCapacity)
    }

    deinit {
        self.bytes.deallocate()
        self.nodes.deallocate()
    }

    /// Forgets the lines of the last request; libcurl must have forgotten them too.
    mutating func clear() {
        self.count = 0
        self.starts.removeAll(keepingCapacity: true)
    }

    /// Adds a line in libcurl's own spelling: `Name: value`, `Name;` for an empty value, `Name:` to leave out what
    /// libcurl would send.
    mutating func add(_ line: StaticString) {
        self.begin(reserving: line.utf8CodeUnitCount)
        self.append(UnsafeBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount))
        self.end()
    }

    /// Adds a field of the caller.
    ///
    /// - Parameter field: A field with a token for a name.
    /// - Returns: Why the request cannot be sent with it; nil if it can.
    mutating func add(_ field: HTTPField) -> String? {
        var name = field.name.rawName
        let (nameLength, valueLength) = (name.utf8.count, field.withUnsafeBytesOfValue { $0.count })
        guard self.count + nameLength + valueLength <= Self.limit else {
            return "the header fields have more than \(Self.limit) bytes"
        }
        self.begin(reserving: nameLength + 2 + valueLength)
        name.withUTF8 { self.append($0) }
        if valueLength == 0 {
            self.append(UInt8(ascii: ";"))
        } else {
            self.append(UInt8(ascii: ":"))
            self.append(UInt8(ascii: " "))
            let isClean = field.withUnsafeBytesOfValue { value in
                self.append(value)
                return !value.contains { $0 == 0 || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
            }
            guard isClean else { return "the value of the header field \(field.name.rawName) has line ends or NULs" }
        }
        self.end()
        return nil
    }

    /// The finished list; valid until ``clear()``.
    mutating func finished() -> UnsafeMutablePointer<curl_slist>? {
        guard !self.starts.isEmpty else { return nil }
        if self.starts.count > self.nodeCapacity {
            self.nodes.deallocate()
            self.nodeCapacity = 2 * self.starts.count
            self.nodes = .allocate(capacity: self.nodeCapacity)
        }
        for (index, start) in self.starts.enumerated() {
            let next = index + 1 < self.starts.count ? self.nodes + index + 1 : nil
            (self.nodes + index).initialize(to: curl_slist(data: self.bytes + start, next: next))
        }
        return self.nodes
    }

    private mutating func begin(reserving length: Int) {
        self.starts.append(self.count)
        let needed = self.count + length + 1
        guard needed > self.capacity else { return }
        self.capacity = max(needed, 2 * self.capacity)
        let larger = UnsafeMutablePointer<CChar>.allocate(capacity: self.capacity)
        larger.update(from: self.bytes, count: self.count)
        self.bytes.deallocate()
        self.bytes = larger
    }

    private mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        guard let start = text.baseAddress else { return }
        UnsafeMutableRawPointer(self.bytes + self.count).copyMemory(from: start, byteCount: text.count)
        self.count += text.count
    }

    private mutating func append(_ byte: UInt8) {
        self.bytes[self.count] = CChar(bitPattern: byte)
        self.count += 1
    }

    private mutating func end() {
        self.append(0)
    }
}
