import CRedis
import NIOCore

/// hiredis' reader: bytes in as they arrive, whole replies out.
///
/// It belongs to one connection and is used on that connection's event loop only. Bytes are copied once, from hiredis'
/// buffer into the value.
struct ReplyParser: ~Copyable {
    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    /// Kept alive by this value, which also frees the reader that points to it.
    private let builder: ReplyBuilder
    private let limit: Int
    /// The bytes of the reply that has begun and is not yet whole, and of what came with it.
    private var unfinishedBytes = 0

    /// Makes a reader for one connection.
    /// - Parameter limit: The most bytes that one reply may have.
    /// - Throws: ``RedisError`` if there is no memory for it.
    init(limit: Int) throws(RedisError) {
        let builder = ReplyBuilder(limit: limit)
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(to: ReplyBuilder.functions)
        guard let reader = redisReaderCreateWithFunctions(functions) else {
            functions.deallocate()
            throw RedisError(.connectionLost, "There is no memory for a connection's reader.")
        }
        // The builder outlives the reader: `deinit` frees the reader while the builder is still held.
        reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
        self.reader = reader
        self.functions = functions
        self.builder = builder
        self.limit = limit
    }

    deinit {
        redisReaderFree(self.reader)
        self.functions.deallocate()
    }

    /// Adds bytes that have arrived.
    /// - Parameter bytes: What the socket gave.
    /// - Throws: ``RedisError`` if the reader has failed before, or memory is short.
    mutating func feed(_ bytes: ByteBuffer) throws(RedisError) {
        let status = bytes.withUnsafeReadableBytes { raw in
            redisReaderFeed(self.reader, raw.baseAddress?.assumingMemoryBound(to: CChar.self), raw.count)
        }
        guard status == REDIS_OK else { throw self.failure() }
        self.unfinishedBytes += bytes.readableBytes
    }

    /// Takes the next whole reply, if there is one.
    /// - Returns: The reply, or `nil` until more bytes have been fed.
    /// - Throws: ``RedisError`` with `protocolViolation` or `replyTooLarge`; the connection cannot be used any more.
    mutating func next() throws(RedisError) -> RedisValue? {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(self.reader, &object) == REDIS_OK else { throw self.failure() }
        guard object != nil else {
            guard self.unfinishedBytes <= self.limit else { throw Self.tooLarge(self.limit) }
            return nil
        }
        self.unfinishedBytes = self.reader.pointee.len - self.reader.pointee.pos
        guard let value = self.builder.take() else {
            throw RedisError(.protocolViolation, "The reply has ended before its last element.")
        }
        return value
    }

    private func failure() -> RedisError {
        if self.builder.isTooLarge {
            return Self.tooLarge(self.limit)
        }
        let reason = withUnsafeBytes(of: self.reader.pointee.errstr) { raw in
            String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisError(.protocolViolation, "The server sent something that is not RESP2: \(reason).")
    }

    private static func tooLarge(_ limit: Int) -> RedisError {
        RedisError(
            .replyTooLarge,
            "The reply is larger than the limit of \(limit) bytes. Ask for less, or raise the limit."
        )
    }
}

/// Puts a value together from the callbacks of hiredis' reader, which come depth first and in order.
private final class ReplyBuilder {
    private struct OpenArray {
        var elements: [RedisValue]
        let count: Int
    }

    /// The memory that an announced element is reckoned with, so that `*2147483647` costs nothing.
    private static let bytesPerElement = 32

    private let limit: Int
    private var openArrays: [OpenArray] = []
    private var finished: RedisValue?
    private var announcedBytes = 0
    private(set) var isTooLarge = false

    init(limit: Int) {
        self.limit = limit
    }

    func take() -> RedisValue? {
        defer {
            self.finished = nil
            self.announcedBytes = 0
        }
        return self.finished
    }

    private func add(_ leaf: RedisValue) {
        var value = leaf
        while var innermost = self.openArrays.popLast() {
            innermost.elements.append(value)
            guard innermost.elements.count == innermost.count else {
                self.openArrays.append(innermost)
                return
            }
            value = .array(innermost.elements)
        }
        self.finished = value
    }

    private func open(count: Int) -> Bool {
        self.announcedBytes += count * Self.bytesPerElement
        guard self.announcedBytes <= self.limit else {
            self.isTooLarge = true
            return false
        }
        guard count > 0 else {
            self.add(.array([]))
            return true
        }
        var elements: [RedisValue] = []
        elements.reserveCapacity(count)
        self.openArrays.append(OpenArray(elements: elements, count: count))
        return true
    }

    /// The callbacks. Each recovers the builder from the task, whose user pointer `ReplyParser` has set, and answers with
    /// that pointer: hiredis only compares it with NULL, which would mean that memory is short.
    static let functions = redisReplyObjectFunctions(
        createString: { task, characters, length in
            ReplyBuilder.with(task) { builder, type in
                let bytes = UnsafeRawBufferPointer(start: characters, count: length)
                switch type {
                case REDIS_REPLY_STATUS: builder.add(.status(String(decoding: bytes, as: UTF8.self)))
                case REDIS_REPLY_ERROR: builder.add(.error(String(decoding: bytes, as: UTF8.self)))
                default: builder.add(.bytes(Array(bytes)))
                }
                return true
            }
        },
        createArray: { task, count in
            ReplyBuilder.with(task) { builder, _ in builder.open(count: Int(count)) }
        },
        createInteger: { task, integer in
            ReplyBuilder.with(task) { builder, _ in
                builder.add(.integer(integer))
                return true
            }
        },
        createNil: { task in
            ReplyBuilder.with(task) { builder, _ in
                builder.add(.null)
                return true
            }
        },
        freeObject: { _ in }
    )

    private static func with(
        _ task: UnsafePointer<redisReadTask>?,
        _ body: (ReplyBuilder, Int32) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let task, let pointer = task.pointee.privdata else { return nil }
        let builder = Unmanaged<ReplyBuilder>.fromOpaque(pointer).takeUnretainedValue()
        return body(builder, task.pointee.type) ? pointer : nil
    }
}
