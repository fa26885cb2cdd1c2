/// Takes the rows of one COPY and hands them to the connection in large pieces.
///
/// It belongs to the body of `copyIn` and to one task; it runs where that runs. A write returns when the socket has taken
/// the rows before it, so that no more than a piece is ever in memory.
public final class PostgresCopyWriter {
    private let connection: Connection
    private let columnCount: Int?
    private var buffer: [UInt8] = []
    private var isEnded = false

    /// How many bytes make a piece. The protocol's own overhead is 5 bytes each.
    private static let pieceSize = 64 * 1_024

    init(to connection: Connection, columnCount: Int?) {
        self.connection = connection
        self.columnCount = columnCount
        self.buffer.reserveCapacity(Self.pieceSize + 4_096)
    }

    /// Writes a row.
    ///
    /// - Parameter row: A value for each column; `nil` is `NULL`.
    /// - Throws: ``PostgresError`` if the connection broke, or the row has too many or too few values.
    public func write(row: [PostgresValue?]) async throws(PostgresError) {
        try self.check(row.count)
        for (index, value) in row.enumerated() {
            if index > 0 { self.buffer.append(UInt8(ascii: "\t")) }
            self.append(value?.content ?? .null)
        }
        try await self.endRow()
    }

    /// Writes a row.
    ///
    /// - Parameter row: A value for each column; `nil` is `NULL`.
    /// - Throws: ``PostgresError`` if the connection broke, a value cannot be represented, or the row has too many or too
    ///   few of them.
    public func write(row: [(any PostgresEncodable)?]) async throws(PostgresError) {
        try self.check(row.count)
        var contents: [PostgresValue.Content] = []
        contents.reserveCapacity(row.count)
        // All of them before the first is written: a row must not be left half done.
        for value in row { contents.append(try value?.postgresValue.content ?? .null) }
        for (index, content) in contents.enumerated() {
            if index > 0 { self.buffer.append(UInt8(ascii: "\t")) }
            self.append(content)
        }
        try await self.endRow()
    }

    /// Hands over what has gathered.
    func flush() async throws(PostgresError) {
        guard !self.buffer.isEmpty else { return }
        let piece = self.buffer
        self.buffer.removeAll(keepingCapacity: true)
        try await self.connection.copy(piece)
    }

    /// The COPY is over; later writes are an error.
    func end() {
        self.isEnded = true
    }

    private func check(_ count: Int) throws(PostgresError) {
        guard !self.isEnded else { throw PostgresError(.closed, "a row was written after the end of its COPY") }
        if let columnCount = self.columnCount, count != columnCount {
            throw PostgresError(.misuse, "a row of \(count) values was written to a COPY of \(columnCount) columns")
        }
    }

    private func endRow() async throws(PostgresError) {
        self.buffer.append(UInt8(ascii: "\n"))
        guard self.buffer.count < 1_000_000_000 else {
            throw PostgresError(.encoding, "a row exceeds PostgreSQL's 1 GB")
        }
        if self.buffer.count >= Self.pieceSize { try await self.flush() }
    }

    /// The text format of COPY (PostgreSQL documentation, COPY, “Text Format”).
    private func append(_ content: PostgresValue.Content) {
        switch content {
        case .null:
            self.buffer.append(UInt8(ascii: "\\"))
            self.buffer.append(UInt8(ascii: "N"))
        case .text(let text):
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "\\"), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                    self.buffer.append(UInt8(ascii: "\\"))
                    self.buffer.append(Self.letter(for: byte))
                default:
                    self.buffer.append(byte)
                }
            }
        case .bytes(let bytes):
            self.buffer.append(UInt8(ascii: "\\"))
            self.buffer += HexadecimalBytes.encode(bytes).utf8
        }
    }

    private static func letter(for byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "\t"): UInt8(ascii: "t")
        case UInt8(ascii: "\n"): UInt8(ascii: "n")
        case UInt8(ascii: "\r"): UInt8(ascii: "r")
        default: byte
        }
    }
}
