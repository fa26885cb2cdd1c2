import NIOCore

extension EventLoopFuture where Value: Sendable {
    /// Waits for the result.
    ///
    /// Like `get()`, by way of a lock that the thread sanitizer sees: it takes `get()` for a race now and then.
    /// - Returns: The value.
    /// - Throws: What the future has failed with.
    func value() async throws -> Value {
        let reply = Reply<Value, any Error>()
        self.whenComplete { reply.answer($0) }
        // A future cannot be cancelled; whoever can end what it stands for does so.
        return try await reply.value {}
    }
}
