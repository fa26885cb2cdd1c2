import NIOCore

/// What uses one connection after another, as `RedisClient.run()` brings them.
protocol ConnectionLane: Sendable {
    /// Uses a connection until it ends.
    /// - Parameter channel: A connection whose handshake is done.
    /// - Returns: Why it ended.
    /// - Throws: ``RedisError`` if it had ended before.
    func serve(_ channel: any Channel) async throws(RedisError) -> RedisError

    /// Learns that no connection can be had at present.
    /// - Parameter error: Why.
    func attemptFailed(_ error: RedisError)
}

extension Duration {
    /// The same for NIO; at most a day, because a deadline must not overflow.
    var timeAmount: TimeAmount {
        TimeAmount(min(self, .seconds(86_400)))
    }
}

extension Channel {
    /// Adds a handler at the end; on the event loop only.
    /// - Parameter handler: The handler.
    /// - Throws: ``RedisError`` if the connection has ended.
    func add(_ handler: some ChannelHandler) throws(RedisError) {
        do {
            try self.pipeline.syncOperations.addHandler(handler)
        } catch {
            throw RedisError(.connectionLost, "The server closed the connection to Redis.", cause: error)
        }
    }

    /// Adds the handler that uses this connection, and waits until the connection ends.
    /// - Parameters:
    ///   - ended: What the handler answers when the connection ends.
    ///   - start: Adds the handler; runs on the event loop.
    /// - Returns: Why it ended.
    /// - Throws: ``RedisError`` if it had ended before.
    func serve(
        until ended: Reply<RedisError, Never>,
        _ start: @escaping @Sendable () throws(RedisError) -> Void
    ) async throws(RedisError) -> RedisError {
        do {
            try await self.eventLoop.submit {
                guard self.isActive else {
                    throw RedisError(.connectionLost, "The server closed the connection to Redis after the handshake.")
                }
                try start()
            }.value()
        } catch {
            self.close(promise: nil)
            throw error as? RedisError ?? RedisError(.connectionLost, "The event loop has ended.", cause: error)
        }
        let reason = await ended.value { self.close(promise: nil) }
        do {
            try await self.closeFuture.value()
        } catch {
            throw RedisError(.connectionLost, "The connection to Redis could not be closed.", cause: error)
        }
        return reason
    }
}
