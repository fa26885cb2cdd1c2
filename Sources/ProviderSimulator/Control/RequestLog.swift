import NIOHTTP1

/// The last requests, byte for byte, within a bound on their number and on the bytes of their bodies.
///
/// Values of headers are not kept: they hold keys.
struct RequestLog: Sendable {
    struct Entry: Sendable {
        let sequence: UInt64
        let method: HTTPMethod
        let host: String
        let path: String
        let query: [(name: String, value: String)]
        let headerNames: [String]
        let body: [UInt8]
    }

    private(set) var entries: ArraySlice<Entry> = []
    private var bytes = 0
    private let capacity: Int
    private let mostBytes: Int

    init(capacity: Int, bytes: Int) {
        self.capacity = max(capacity, 0)
        self.mostBytes = max(bytes, 0)
    }

    mutating func record(_ request: InboundRequest, sequence: UInt64) {
        guard self.capacity > 0, request.body.count <= self.mostBytes else { return }
        self.entries.append(
            Entry(
                sequence: sequence,
                method: request.method,
                host: request.host,
                path: request.path,
                query: request.query.map { ($0.name, $0.name == "key" ? "‹secret›" : $0.value) },
                headerNames: request.headers.map(\.name),
                body: request.body
            )
        )
        self.bytes += request.body.count
        while self.entries.count > self.capacity || self.bytes > self.mostBytes, let oldest = self.entries.popFirst() {
            self.bytes -= oldest.body.count
        }
        // A slice keeps the room of what left it.
        if self.entries.startIndex > 2 * self.capacity + 64 { self.entries = ArraySlice(Array(self.entries)) }
    }

    mutating func removeAll() {
        self.entries = []
        self.bytes = 0
    }
}

/// What happened since the start, or since it was last cleared.
struct Counts: Sendable {
    /// Requests to providers.
    var requests = 0
    /// Those of them that are being answered now.
    var active = 0
    /// Answers that ended as they were meant to, breaks included.
    var answered = 0
    /// Answers whose client went away first.
    var disconnects = 0
    /// Those of them that were streams.
    var cancelledStreams = 0
    /// Events of streams that were written.
    var events = 0
    /// Requests by the host that they were meant for.
    var hosts: [String: Int] = [:]

    /// How many hosts are told apart.
    static let mostHosts = 64

    mutating func began(_ host: String) {
        self.requests += 1
        self.active += 1
        let name = self.hosts[host] != nil || self.hosts.count < Self.mostHosts ? host : "others"
        self.hosts[name, default: 0] += 1
    }

    /// Counts from here on; what is under way stays under way.
    mutating func clear() {
        let active = self.active
        self = Counts()
        self.active = active
    }
}
