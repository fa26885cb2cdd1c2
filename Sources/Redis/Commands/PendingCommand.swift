import NIOCore

/// A command on its way: from `send` through the queue and over the wire to its answer.
struct PendingCommand: Sendable {
    /// Ascending in the order in which commands are sent, so that a cancelled one is found by bisection.
    let id: UInt64
    /// The name, for messages.
    let name: String
    /// The command as RESP2.
    var bytes: ByteBuffer
    /// What the command counts for in the limit on waiting bytes.
    let size: Int
    /// When the caller stops waiting.
    let deadline: NIODeadline
    /// Whether it may be sent again. Once it has been, no more.
    var mayBeRepeated: Bool
    /// Whether an earlier connection was lost after this command had been sent on it.
    var wasSentBefore = false
    /// Where the caller waits.
    let reply: Reply<RedisValue, RedisError>
}
