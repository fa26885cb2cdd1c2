import NIOConcurrencyHelpers
import NIOCore

/// The subscriptions of a client and the connections that serve them, one after another.
///
/// Subscribers come and go on any thread; `SubscriptionMachine` decides on the event loop. It belongs to `RedisClient`,
/// whose `run()` brings it connections, the first one when somebody subscribes.
final class SubscriptionLane: ConnectionLane {
    /// What subscribers and the event loop share.
    private struct Front {
        var nextID: SubscriptionMachine.ID = 0
        var topicCount = 0
        /// No subscriber is taken any more.
        var isClosed = false
        /// The event loop may be gone.
        var isOver = false
    }

    /// What only the event loop touches.
    private struct Core {
        var machine = SubscriptionMachine()
        var buffers: [SubscriptionMachine.ID: EventBuffer] = [:]
        var handler: SubscriptionHandler?
        var ticks: RepeatedTask?
        /// The machine's count before the present event.
        var topicCount = 0
    }

    private let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let front = NIOLockedValueBox(Front())
    private let core: NIOLoopBoundBox<Core>
    private let wanted = Reply<Void, Never>()

    init(eventLoop: any EventLoop, configuration: RedisConfiguration) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.core = NIOLoopBoundBox.makeBoxSendingValue(Core(), eventLoop: eventLoop)
    }

    // MARK: Subscribers

    /// Subscribes; the connection is made if there is none yet.
    func subscribe(_ topics: Set<SubscriptionMachine.Topic>) -> RedisSubscription {
        let buffer = EventBuffer(limits: self.configuration.limits)
        let limit = self.configuration.limits.topics
        let admitted = self.front.withLockedValue { front -> Result<SubscriptionMachine.ID, RedisError> in
            guard !front.isClosed else { return .failure(.clientClosed) }
            guard front.topicCount + topics.count <= limit else {
                return .failure(
                    RedisError(
                        .tooManyWaiting,
                        "The limit of \(limit) subscribed channels is reached. Unsubscribe, or raise it."
                    )
                )
            }
            front.topicCount += topics.count
            defer { front.nextID += 1 }
            return .success(front.nextID)
        }
        switch admitted {
        case .success(let id):
            self.wanted.answer(.success(()))
            self.eventLoop.execute {
                // It may have been closed since.
                guard !self.front.withLockedValue({ $0.isClosed }) else {
                    buffer.finish()
                    return
                }
                self.core.value.buffers[id] = buffer
                self.perform(self.core.value.machine.add(id, topics))
            }
            return RedisSubscription(buffer: buffer) { self.unsubscribe(id) }
        case .failure(let error):
            buffer.append(.refused(error.code, message: error.message))
            buffer.finish()
            return RedisSubscription(buffer: buffer) {}
        }
    }

    private func unsubscribe(_ id: SubscriptionMachine.ID) {
        // A subscription may be dropped long after the client and its event loop have ended.
        guard !self.front.withLockedValue({ $0.isOver }) else { return }
        self.eventLoop.execute {
            self.core.value.buffers[id] = nil
            self.perform(self.core.value.machine.remove(id))
        }
    }

    // MARK: The client's run()

    /// Waits for the first subscriber, or the cancellation of the task.
    func waitUntilWanted() async {
        await self.wanted.value { self.wanted.answer(.success(())) }
    }

    /// Ends every subscription, and takes no more.
    func close() {
        self.front.withLockedValue { $0.isClosed = true }
        self.eventLoop.execute { self.end() }
    }

    /// Ends every subscription. Nothing runs on the event loop on their behalf afterwards.
    func abort() async throws {
        self.front.withLockedValue { $0.isClosed = true }
        try await self.eventLoop.submit {
            self.end()
            self.front.withLockedValue { $0.isOver = true }
        }.value()
    }

    func serve(_ channel: any Channel) async throws(RedisError) -> RedisError {
        let ended = Reply<RedisError, Never>()
        return try await channel.serve(until: ended) { () throws(RedisError) in
            let limit = self.configuration.limits.replyBytes
            let handler = try SubscriptionHandler(lane: self, ended: ended, replyLimit: limit)
            try channel.add(handler)
            self.core.value.handler = handler
            self.perform(self.core.value.machine.connected())
            let interval = self.configuration.pingInterval.timeAmount
            self.core.value.ticks = self.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                self.tick()
            }
        }
    }

    func attemptFailed(_ error: RedisError) {
        // Subscriptions wait for the next attempt; they learn from `resubscribed` that there was a gap.
    }

    /// Leaves the present connection for another one, because the master is elsewhere.
    func reconnect() {
        self.eventLoop.execute {
            self.core.value.handler?.end(RedisError(.connectionLost, "The master has moved."))
        }
    }

    // MARK: The connection's handler, on the event loop

    func received(_ value: RedisValue) throws(RedisError) {
        self.perform(try self.core.value.machine.received(value))
    }

    func disconnected() {
        self.core.value.handler = nil
        self.core.value.ticks?.cancel()
        self.core.value.ticks = nil
        self.core.value.machine.disconnected()
    }

    // MARK: The event loop's work

    private func tick() {
        do throws(RedisError) {
            self.perform(try self.core.value.machine.tick())
        } catch {
            self.core.value.handler?.end(error)
        }
    }

    private func perform(_ actions: [SubscriptionMachine.Action]) {
        var commands: [RedisCommand] = []
        for action in actions {
            switch action {
            case .subscribe(.channel(let name)): commands.append(RedisCommand("SUBSCRIBE", [.string(name)]))
            case .subscribe(.pattern(let pattern)): commands.append(RedisCommand("PSUBSCRIBE", [.string(pattern)]))
            case .unsubscribe(.channel(let name)): commands.append(RedisCommand("UNSUBSCRIBE", [.string(name)]))
            case .unsubscribe(.pattern(let pattern)): commands.append(RedisCommand("PUNSUBSCRIBE", [.string(pattern)]))
            case .ping: commands.append(RedisCommand("PING"))
            case .deliver(let id, let event): self.core.value.buffers[id]?.append(event)
            case .finish(let id): self.core.value.buffers.removeValue(forKey: id)?.finish()
            }
        }
        // Those who come have been counted when they came.
        let released = self.core.value.topicCount - self.core.value.machine.topicCount
        self.core.value.topicCount -= released
        if released > 0 {
            self.front.withLockedValue { $0.topicCount -= released }
        }
        guard !commands.isEmpty, let handler = self.core.value.handler else { return }
        do throws(RedisError) {
            var bytes = ByteBuffer()
            for command in commands {
                var one = try command.formatted(limit: self.configuration.limits.commandBytes)
                bytes.writeBuffer(&one)
            }
            handler.write(bytes)
        } catch {
            handler.end(error)
        }
    }

    private func end() {
        for buffer in self.core.value.buffers.values {
            buffer.finish()
        }
        self.core.value.buffers = [:]
        self.core.value.handler?.end(.clientClosed)
    }
}
