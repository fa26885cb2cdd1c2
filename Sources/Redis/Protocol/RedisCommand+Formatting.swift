import CRedis
import NIOCore

extension RedisCommand {
    /// The command as RESP2, by hiredis' formatter. Runs where the caller runs, so that the event loop only copies bytes.
    /// - Parameter limit: The most bytes that the arguments may have together.
    /// - Returns: The bytes to send.
    /// - Throws: ``RedisError`` with `commandTooLarge`.
    func formatted(limit: Int) throws(RedisError) -> ByteBuffer {
        var content: [UInt8] = []
        var lengths: [Int] = []
        lengths.reserveCapacity(self.arguments.count)
        for argument in self.arguments {
            let start = content.count
            switch argument {
            case .string(let string): content.append(contentsOf: string.utf8)
            case .bytes(let bytes): content.append(contentsOf: bytes)
            case .integer(let integer): content.append(contentsOf: String(integer).utf8)
            }
            lengths.append(content.count - start)
            guard content.count <= limit else {
                throw RedisError(
                    .commandTooLarge,
                    "\(self.name) has more than the limit of \(limit) bytes. Send less, or raise the limit."
                )
            }
        }
        guard let buffer = Self.format(content, lengths) else {
            throw RedisError(.commandTooLarge, "There is no memory to format \(self.name).")
        }
        return buffer
    }

    private static func format(_ content: [UInt8], _ lengths: [Int]) -> ByteBuffer? {
        content.withUnsafeBytes { content -> ByteBuffer? in
            // An empty argument needs a pointer too, though no byte is read from it.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1) { nothing -> ByteBuffer? in
                let base =
                    content.baseAddress?.assumingMemoryBound(to: CChar.self) ?? UnsafePointer(nothing.baseAddress)
                guard let base else { return nil }
                var position = base
                var pointers: [UnsafePointer<CChar>?] = []
                pointers.reserveCapacity(lengths.count)
                for length in lengths {
                    pointers.append(position)
                    position += length
                }
                var formatted: UnsafeMutablePointer<CChar>?
                let count = redisFormatCommandArgv(&formatted, Int32(lengths.count), &pointers, lengths)
                guard count >= 0, let formatted else { return nil }
                defer { redisFreeCommand(formatted) }
                return ByteBuffer(bytes: UnsafeRawBufferPointer(start: formatted, count: Int(count)))
            }
        }
    }
}
