import Testing

@testable import Redis

/// `SubscriptionMachine` against a model of a server, under random orders of events.
///
/// One case at a time: many at once would keep the threads from the tests that wait for servers.
@Suite(.serialized) struct SubscriptionMachineTests {
    private typealias Topic = SubscriptionMachine.Topic

    /// What a server does with the commands, and what it pushes. Answers lie in a queue until they are received.
    private struct World {
        var machine = SubscriptionMachine()
        var generator: SeededGenerator
        var nextID: SubscriptionMachine.ID = 0
        var wanted: [SubscriptionMachine.ID: Set<Topic>] = [:]
        var confirmed: Set<SubscriptionMachine.ID> = []
        var serverTopics: Set<Topic> = []
        var answers: [RedisValue] = []
        var delivered: [SubscriptionMachine.ID: Int] = [:]

        init(seed: UInt64) {
            self.generator = SeededGenerator(seed: seed)
        }

        static let topics: [Topic] = ["a", "b", "c"].map { .channel($0) } + ["a*", "*"].map { .pattern($0) }

        mutating func step() throws {
            switch Int.random(in: 0..<12, using: &self.generator) {
            case 0...2:
                let topics = Set(Self.topics.filter { _ in Bool.random(using: &self.generator) })
                self.wanted[self.nextID] = topics
                self.perform(self.machine.add(self.nextID, topics))
                self.nextID += 1
            case 3...4:
                guard let id = self.wanted.keys.sorted().randomElement(using: &self.generator) else { return }
                self.wanted[id] = nil
                self.confirmed.remove(id)
                self.perform(self.machine.remove(id))
            case 5: if !self.machine.isConnected { self.perform(self.machine.connected()) }
            case 6:
                if self.machine.isConnected, Int.random(in: 0..<4, using: &self.generator) == 0 { self.disconnect() }
            case 7: self.publish()
            case 8: self.perform((try? self.machine.tick()) ?? [])
            default:
                if !self.answers.isEmpty { self.perform(try self.machine.received(self.answers.removeFirst())) }
            }
            #expect(self.machine.topicCount == self.wanted.values.reduce(0) { $0 + $1.count })
        }

        mutating func disconnect() {
            self.machine.disconnected()
            self.serverTopics = []
            self.answers = []
            self.confirmed = []
        }

        mutating func publish() {
            for topic in Self.topics where self.serverTopics.contains(topic) {
                switch topic {
                case .channel(let name):
                    guard name == "a" else { continue }
                    self.answers.append(.array([.bytes(Array("message".utf8)), .bytes(Array("a".utf8)), .bytes([0])]))
                case .pattern(let pattern):
                    self.answers.append(
                        .array([
                            .bytes(Array("pmessage".utf8)), .bytes(Array(pattern.utf8)), .bytes(Array("a".utf8)),
                            .bytes([0]),
                        ])
                    )
                }
            }
        }

        mutating func perform(_ actions: [SubscriptionMachine.Action]) {
            for action in actions {
                switch action {
                case .subscribe(let topic):
                    self.serverTopics.insert(topic)
                    self.confirm("subscribe", topic)
                case .unsubscribe(let topic):
                    self.serverTopics.remove(topic)
                    self.confirm("unsubscribe", topic)
                case .ping: self.answers.append(.array([.bytes(Array("pong".utf8)), .bytes([])]))
                case .deliver(let id, .resubscribed):
                    #expect(self.confirmed.insert(id).inserted, "told once per connection")
                case .deliver(let id, .message):
                    #expect(self.wanted[id] != nil, "nothing is delivered to who has gone")
                    self.delivered[id, default: 0] += 1
                case .deliver(_, .overflowed), .deliver(_, .refused), .finish:
                    Issue.record("unexpected \(action)")
                }
            }
        }

        mutating func confirm(_ verb: String, _ topic: Topic) {
            switch topic {
            case .channel(let name):
                self.answers.append(.array([.bytes(Array(verb.utf8)), .bytes(Array(name.utf8)), .integer(1)]))
            case .pattern(let name):
                self.answers.append(.array([.bytes(Array("p\(verb)".utf8)), .bytes(Array(name.utf8)), .integer(1)]))
            }
        }
    }

    @Test(
        "When all is quiet, the server has what is wanted, everyone was told, and messages arrive",
        arguments: 1...150 as ClosedRange<UInt64>
    )
    func random(seed: UInt64) throws {
        var world = World(seed: seed)
        for _ in 0..<200 { try world.step() }
        if !world.machine.isConnected { world.perform(world.machine.connected()) }
        while !world.answers.isEmpty { world.perform(try world.machine.received(world.answers.removeFirst())) }

        #expect(world.serverTopics == world.wanted.values.reduce(into: []) { $0.formUnion($1) })
        #expect(world.confirmed == Set(world.wanted.keys))
        world.delivered = [:]
        world.publish()
        while !world.answers.isEmpty { world.perform(try world.machine.received(world.answers.removeFirst())) }
        for (id, topics) in world.wanted {
            let matching = topics.intersection([.channel("a"), .pattern("a*"), .pattern("*")])
            #expect(world.delivered[id, default: 0] == matching.count)
        }
    }

    @Test("A refused topic ends its subscribers and leaves the others alone")
    func refusal() throws {
        var machine = SubscriptionMachine()
        _ = machine.connected()
        _ = machine.add(1, [.channel("secret")])
        _ = machine.add(2, [.channel("open")])
        #expect(
            try machine.received(.error("NOPERM no"))
                == [.deliver(1, .refused(.serverRefused, message: "NOPERM no")), .finish(1)]
        )
        let answer = RedisValue.array([.bytes(Array("subscribe".utf8)), .bytes(Array("open".utf8)), .integer(1)])
        #expect(try machine.received(answer) == [.deliver(2, .resubscribed)])
        #expect(machine.topicCount == 1)
    }

    @Test("A server that does not answer PING is given up")
    func silence() throws {
        var machine = SubscriptionMachine()
        _ = machine.connected()
        #expect(try machine.tick() == [.ping])
        #expect(throws: RedisError.self) { try machine.tick() }
    }

    @Test("Events that wait are bounded, the newest win, and the loss is told first")
    func overflow() async {
        var limits = RedisConfiguration.Limits()
        limits.eventsPerSubscription = 3
        let buffer = EventBuffer(limits: limits)
        for number in 0..<10 { buffer.append(.message(channel: "c", payload: [UInt8(number)])) }
        buffer.finish()
        var events: [RedisEvent] = []
        while let event = await buffer.next() { events.append(event) }
        #expect(
            events == [.overflowed(lost: 7)] + [7, 8, 9].map { .message(channel: "c", payload: [$0]) }
        )

        limits.bytesPerSubscription = 100
        let bytes = EventBuffer(limits: limits)
        bytes.append(.message(channel: "c", payload: [1]))
        bytes.append(.message(channel: "c", payload: Array(repeating: 2, count: 1000)))
        #expect(await bytes.next() == .overflowed(lost: 1))
        #expect(await bytes.next() == .message(channel: "c", payload: Array(repeating: 2, count: 1000)))
        bytes.append(.message(channel: "c", payload: [3]))
        bytes.append(.message(channel: "c", payload: [4]))
        #expect(await bytes.next() == .message(channel: "c", payload: [3]))
    }
}
