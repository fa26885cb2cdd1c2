import CPostgres

/// A statement made ready for libpq: where it will be sent, nothing is left to encode. Immutable.
struct Request: Sendable {
    /// What makes two statements the same for the server.
    struct Key: Hashable, Sendable {
        let text: String
        let types: [Oid]
    }

    let key: Key
    let isPrepared: Bool
    private let arena: [UInt8]
    /// Where each parameter begins in the arena; negative for `NULL`.
    private let offsets: [Int]
    private let lengths: [Int32]
    private let formats: [Int32]

    /// - Parameters:
    ///   - statement: The statement and its parameters.
    ///   - prepares: Whether statements are prepared at all.
    /// - Throws: ``PostgresError`` if a parameter cannot be represented.
    init(_ statement: SQL, prepares: Bool) throws(PostgresError) {
        if var failure = statement.failure {
            failure.statement = statement.text
            throw failure
        }
        guard !statement.text.utf8.contains(0) else {
            throw PostgresError(.encoding, "a statement cannot contain the NUL character")
        }
        var arena: [UInt8] = []
        var offsets: [Int] = []
        var lengths: [Int32] = []
        var formats: [Int32] = []
        for parameter in statement.parameters {
            let length: Int
            switch parameter.content {
            case .null:
                offsets.append(-1)
                lengths.append(0)
                formats.append(0)
                continue
            case .text(let text):
                offsets.append(arena.count)
                arena += text.utf8
                length = text.utf8.count
                formats.append(0)
            case .bytes(let bytes):
                offsets.append(arena.count)
                arena += bytes
                length = bytes.count
                formats.append(1)
            }
            // libpq takes text up to its NUL; and behind bytes it keeps the address of empty ones from being null.
            arena.append(0)
            guard let length = Int32(exactly: length), length < 1_000_000_000 else {
                throw PostgresError(.encoding, "a parameter exceeds PostgreSQL's 1 GB", statement: statement.text)
            }
            lengths.append(length)
        }
        self.key = Key(text: statement.text, types: statement.parameters.map(\.type.identifier))
        self.isPrepared = prepares && statement.isPrepared
        (self.arena, self.offsets, self.lengths, self.formats) = (arena, offsets, lengths, formats)
    }

    /// The first word, to tell commands that depend on their session from the rest.
    var firstWord: String {
        let letters = self.key.text.utf8.drop { $0 <= 32 }.prefix { ($0 | 32) >= 97 && ($0 | 32) <= 122 }
        return (String(letters) ?? "").uppercased()
    }

    /// Sends the parameters with a function of libpq's.
    ///
    /// - Returns: What the function returned: 1, or 0 for failure.
    func send(
        _ function: (
            _ count: Int32, _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafePointer<Int32>?,
            _ formats: UnsafePointer<Int32>?
        ) -> Int32
    ) -> Int32 {
        guard !self.offsets.isEmpty else { return function(0, nil, nil, nil) }
        return self.arena.withUnsafeBytes { arena in
            let start = arena.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = self.offsets.map { offset in offset < 0 ? nil : start.map { $0 + offset } }
            return function(Int32(values.count), values, self.lengths, self.formats)
        }
    }
}
