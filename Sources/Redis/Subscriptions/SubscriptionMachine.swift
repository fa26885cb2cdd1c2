import DequeModule

/// Who wants which channels and patterns, and what the server has confirmed.
///
/// A value without clock and I/O; `SubscriptionLane` owns it on its event loop and does what it says. Each `SUBSCRIBE`
/// names one topic, so that each answer of the server, errors included, belongs to one command.
struct SubscriptionMachine {
    typealias ID = UInt64

    enum Topic: Hashable, Sendable {
        case channel(String)
        case pattern(String)
    }

    enum Action: Equatable {
        case subscribe(Topic)
        case unsubscribe(Topic)
        case ping
        case deliver(ID, RedisEvent)
        case finish(ID)
    }

    private enum Awaited {
        case subscription(Topic)
        case unsubscription(Topic)
        case pong
    }

    private struct Subscriber {
        let topics: Set<Topic>
        var unconfirmed: Set<Topic>
    }

    private struct TopicState {
        var subscribers: Set<ID> = []
        /// Answers that the server still owes for this topic; it is in force when there are none.
        var owed = 0
    }

    private(set) var isConnected = false
    private var subscribers: [ID: Subscriber] = [:]
    private var topics: [Topic: TopicState] = [:]
    private var awaited = Deque<Awaited>()
    private var hasHeard = false

    /// The topics of all subscribers, each counted for each of them.
    private(set) var topicCount = 0

    // MARK: Subscribers

    /// A subscriber comes.
    mutating func add(_ id: ID, _ topics: Set<Topic>) -> [Action] {
        var actions: [Action] = []
        var unconfirmed: Set<Topic> = []
        for topic in topics {
            var state = self.topics[topic] ?? TopicState()
            if state.subscribers.isEmpty, self.isConnected {
                state.owed += 1
                self.awaited.append(.subscription(topic))
                actions.append(.subscribe(topic))
            }
            if state.owed > 0 || !self.isConnected {
                unconfirmed.insert(topic)
            }
            state.subscribers.insert(id)
            self.topics[topic] = state
        }
        self.subscribers[id] = Subscriber(topics: topics, unconfirmed: unconfirmed)
        self.topicCount += topics.count
        if self.isConnected, unconfirmed.isEmpty {
            actions.append(.deliver(id, .resubscribed))
        }
        return actions
    }

    /// A subscriber goes.
    mutating func remove(_ id: ID) -> [Action] {
        guard let subscriber = self.subscribers.removeValue(forKey: id) else { return [] }
        self.topicCount -= subscriber.topics.count
        var actions: [Action] = []
        for topic in subscriber.topics {
            guard var state = self.topics[topic] else { continue }
            state.subscribers.remove(id)
            if state.subscribers.isEmpty, self.isConnected {
                state.owed += 1
                self.awaited.append(.unsubscription(topic))
                actions.append(.unsubscribe(topic))
            }
            self.topics[topic] = state.subscribers.isEmpty && !self.isConnected ? nil : state
        }
        return actions
    }

    // MARK: The connection

    /// A connection is ready: everything is subscribed to anew.
    mutating func connected() -> [Action] {
        self.isConnected = true
        self.hasHeard = true
        var actions: [Action] = []
        for topic in self.topics.keys {
            self.topics[topic]?.owed = 1
            self.awaited.append(.subscription(topic))
            actions.append(.subscribe(topic))
        }
        for id in self.subscribers.keys {
            guard let topics = self.subscribers[id]?.topics else { continue }
            self.subscribers[id]?.unconfirmed = topics
            if topics.isEmpty {
                actions.append(.deliver(id, .resubscribed))
            }
        }
        return actions
    }

    /// The connection has ended.
    mutating func disconnected() {
        self.isConnected = false
        self.awaited.removeAll()
        self.topics = self.topics.filter { !$0.value.subscribers.isEmpty }
    }

    /// Time has passed: asks whether the server still lives.
    /// - Returns: What to do.
    /// - Throws: ``RedisError`` if it has sent nothing since it was asked last.
    mutating func tick() throws(RedisError) -> [Action] {
        guard self.isConnected else { return [] }
        let isAsked = self.awaited.contains { if case .pong = $0 { true } else { false } }
        guard self.hasHeard || !isAsked else {
            throw RedisError(.connectionLost, "The server does not answer on the connection for subscriptions.")
        }
        self.hasHeard = false
        guard !isAsked else { return [] }
        self.awaited.append(.pong)
        return [.ping]
    }

    /// The server has sent something.
    /// - Returns: What to do.
    /// - Throws: ``RedisError`` with `protocolViolation` if it makes no sense here.
    mutating func received(_ value: RedisValue) throws(RedisError) -> [Action] {
        self.hasHeard = true
        switch value {
        case .array(let elements):
            return try self.received(elements)
        case .status("PONG"):
            guard case .pong = self.awaited.popFirst() else { throw Self.violation }
            return []
        case .error(let message):
            guard case .subscription(let topic) = self.awaited.popFirst() else { throw Self.violation }
            return self.refused(topic, message)
        case .status, .bytes, .integer, .null:
            throw Self.violation
        }
    }

    /// https://redis.io/docs/latest/develop/pubsub/, section "Format of pushed messages".
    private mutating func received(_ elements: [RedisValue]) throws(RedisError) -> [Action] {
        switch (elements.first?.string, elements.count) {
        case ("message", 3):
            guard let channel = elements[1].bytes, let payload = elements[2].bytes else { throw Self.violation }
            let name = String(decoding: channel, as: UTF8.self)
            return self.message(for: .channel(name), channel: name, payload)
        case ("pmessage", 4):
            guard let pattern = elements[1].bytes, let channel = elements[2].bytes, let payload = elements[3].bytes
            else {
                throw Self.violation
            }
            return self.message(
                for: .pattern(String(decoding: pattern, as: UTF8.self)),
                channel: String(decoding: channel, as: UTF8.self),
                payload
            )
        case ("subscribe", 3), ("psubscribe", 3):
            guard case .subscription(let topic) = self.awaited.popFirst() else { throw Self.violation }
            return self.confirmed(topic)
        case ("unsubscribe", 3), ("punsubscribe", 3):
            guard case .unsubscription(let topic) = self.awaited.popFirst() else { throw Self.violation }
            return self.confirmed(topic)
        case ("pong", 2):
            guard case .pong = self.awaited.popFirst() else { throw Self.violation }
            return []
        case (_, _):
            throw Self.violation
        }
    }

    private func message(for topic: Topic, channel: String, _ payload: [UInt8]) -> [Action] {
        guard let subscribers = self.topics[topic]?.subscribers else { return [] }
        return subscribers.map { .deliver($0, .message(channel: channel, payload: payload)) }
    }

    private mutating func confirmed(_ topic: Topic) -> [Action] {
        guard var state = self.topics[topic] else { return [] }
        state.owed -= 1
        guard state.owed == 0 else {
            self.topics[topic] = state
            return []
        }
        self.topics[topic] = state.subscribers.isEmpty ? nil : state
        var actions: [Action] = []
        for id in state.subscribers {
            guard self.subscribers[id]?.unconfirmed.remove(topic) != nil else { continue }
            if self.subscribers[id]?.unconfirmed.isEmpty == true {
                actions.append(.deliver(id, .resubscribed))
            }
        }
        return actions
    }

    private mutating func refused(_ topic: Topic, _ message: String) -> [Action] {
        guard let subscribers = self.topics[topic]?.subscribers else { return [] }
        self.topics[topic]?.owed -= 1
        self.topics[topic]?.subscribers = []
        if self.topics[topic]?.owed == 0 {
            self.topics[topic] = nil
        }
        var actions: [Action] = []
        for id in subscribers {
            actions.append(.deliver(id, .refused(.serverRefused, message: message)))
            actions.append(.finish(id))
            actions += self.remove(id)
        }
        return actions
    }

    private static let violation = RedisError(
        .protocolViolation,
        "The server sent something on the connection for subscriptions that was not asked for."
    )
}
