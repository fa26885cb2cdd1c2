import Glibc
import NIOConcurrencyHelpers
@testable import Reactor
import Testing

/// An actor on a reactor, as the clients have them: what it does runs on the reactor's thread.
private actor Pipe {
    nonisolated let unownedExecutor: UnownedSerialExecutor
    struct Failure: Error { let number: Int32 }

    private let reactor: Reactor
    private let reading: Int32
    private let writing: Int32
    private var watch: Reactor.Watch?
    private(set) var received: [UInt8] = []
    private(set) var endedTurns = 0

    init(on reactor: Reactor) throws {
        self.reactor = reactor
        self.unownedExecutor = reactor.asUnownedSerialExecutor()
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 else { throw Failure(number: errno) }
        self.reading = ends[0]
        self.writing = ends[1]
    }

    func open() throws {
        self.watch = try self.reactor.watch(self.reading, for: .readable) { [weak self] _ in
            self?.assumeIsolated { pipe in pipe.drain() }
        }
    }

    private func drain() {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = read(self.reading, &buffer, buffer.count)
        if count > 0 { self.received += buffer.prefix(count) }
        self.reactor.atEndOfTurn { [weak self] in
            self?.assumeIsolated { pipe in pipe.endedTurns += 1 }
        }
    }

    nonisolated func send(_ byte: UInt8) {
        var byte = byte
        _ = write(self.writing, &byte, 1)
    }

    func pause() throws {
        guard let watch = self.watch else { return }
        try self.reactor.update(watch, to: [])
    }

    func resume() throws {
        guard let watch = self.watch else { return }
        try self.reactor.update(watch, to: .readable)
    }

    /// Closes a watched descriptor, watches another of the same number, and only then unwatches the first.
    func reuse() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(number: errno) }
        let old = try self.reactor.watch(ends[0], for: .readable) { _ in }
        close(ends[0])
        guard dup2(self.reading, ends[0]) == ends[0] else { throw Failure(number: errno) }
        if let watch = self.watch { self.reactor.unwatch(watch) }
        self.watch = try self.reactor.watch(ends[0], for: .readable) { [weak self] _ in
            self?.assumeIsolated { pipe in pipe.drain() }
        }
        self.reactor.unwatch(old)
        close(ends[1])
    }

    func shut() {
        if let watch = self.watch { self.reactor.unwatch(watch) }
        self.watch = nil
        close(self.reading)
        close(self.writing)
    }

    func nestedEndsOfTurn(_ depth: Int) async {
        let reply = Reply<Void>()
        self.nest(depth, reply)
        do { try await reply.value() } catch { Issue.record(error) }
    }

    private func nest(_ depth: Int, _ reply: Reply<Void>) {
        self.reactor.atEndOfTurn { [weak self] in
            self?.assumeIsolated { pipe in
                if depth == 0 { reply.answer(.success(())) } else { pipe.nest(depth - 1, reply) }
            }
        }
    }

    func timers(_ delays: [Duration], cancelling cancelled: Set<Int>) async -> [(index: Int, waited: Duration)] {
        let fired = NIOLockedValueBox<[(index: Int, waited: Duration)]>([])
        let timers = delays.enumerated().map { index, delay in
            let start = ContinuousClock.now
            return self.reactor.schedule(after: delay) {
                fired.withLockedValue { $0.append((index, ContinuousClock.now - start)) }
            }
        }
        for index in cancelled { self.reactor.cancel(timers[index]) }
        let reply = Reply<Void>()
        _ = self.reactor.schedule(after: (delays.max() ?? .zero) + .milliseconds(20)) { reply.answer(.success(())) }
        do { try await reply.value() } catch { Issue.record(error) }
        return fired.withLockedValue { $0 }
    }
}

private func eventually(_ what: Comment, _ condition: () async -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while !(await condition()) {
        try #require(ContinuousClock.now < deadline, what)
        await Task.yield()
    }
}

@Suite(.serialized) struct ReactorTests {
    @Test func `bytes of a watched descriptor arrive in order, also after a pause`() async throws {
        let pipe = try Pipe(on: Reactor(name: "test"))
        try await pipe.open()
        for byte in UInt8(0)..<100 { pipe.send(byte) }
        try await eventually("100 bytes") { await pipe.received.count == 100 }
        try await pipe.pause()
        pipe.send(100)
        #expect(await pipe.received.count == 100)
        try await pipe.resume()
        try await eventually("the byte sent during the pause") { await pipe.received.count == 101 }
        #expect(await pipe.received == Array(0...100))
        #expect(await pipe.endedTurns > 0)
        await pipe.shut()
    }

    @Test func `a watch of a closed descriptor does not stand in the way of its number's next one`() async throws {
        let pipe = try Pipe(on: Reactor(name: "test"))
        try await pipe.open()
        try await pipe.reuse()
        pipe.send(1)
        try await eventually("a byte") { await pipe.received == [1] }
        await pipe.shut()
    }

    @Test func `timers fire, not early, and cancelled ones never`() async throws {
        let pipe = try Pipe(on: Reactor(name: "test"))
        var generator = SystemRandomNumberGenerator()
        let delays = (0..<500).map { _ in Duration.milliseconds(Int.random(in: 0...40, using: &generator)) }
        let cancelled = Set((0..<500).filter { $0 % 3 == 0 })
        let fired = await pipe.timers(delays, cancelling: cancelled)
        #expect(Set(fired.map(\.index)) == Set(0..<500).subtracting(cancelled))
        #expect(fired.allSatisfy { $0.waited >= delays[$0.index] })
        await pipe.shut()
    }

    @Test func `due timers are taken in order of their deadlines, and forgotten ones leave no trace`() {
        let start = ContinuousClock.now
        var queue = TimerQueue()
        var order: [Int] = []
        let delays = (0..<1_000).map { _ in Int.random(in: 0...10_000) }
        let timers = delays.enumerated().map { index, delay in
            queue.add(at: start + .milliseconds(delay)) { order.append(index) }
        }
        for index in timers.indices where index % 4 != 0 { queue.remove(timers[index]) }
        #expect(queue.count == 250)
        while let handler = queue.takeDue(start + .seconds(20)) { handler() }
        #expect(order == timers.indices.filter { $0 % 4 == 0 }.sorted { (delays[$0], $0) < (delays[$1], $1) })
        #expect(queue.next == nil)
    }

    @Test func `a reactor's thread and descriptors are gone when nobody uses it any more`() async throws {
        func descriptors() -> Int {
            (0..<1_024).count { fcntl(Int32($0), F_GETFD) >= 0 }
        }
        let before = descriptors()
        do {
            let pipes = try (0..<20).map { _ in try Pipe(on: Reactor(name: "short-lived")) }
            for pipe in pipes {
                try await pipe.open()
                await pipe.shut()
            }
            #expect(descriptors() > before)
        }
        try await eventually("all descriptors closed") { descriptors() <= before }
    }

    @Test func `jobs from many threads all run`() async throws {
        let pipe = try Pipe(on: Reactor(name: "test"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<1_000 {
                group.addTask { _ = await pipe.received }
            }
        }
        await pipe.shut()
    }

    @Test(.timeLimit(.minutes(1)))
    func `what is asked for while a turn ends is called without another event`() async throws {
        let pipe = try Pipe(on: Reactor(name: "test"))
        await pipe.nestedEndsOfTurn(10)
        await pipe.shut()
    }

    @Test func `submitted handlers run on the thread in the order in which they were submitted`() async throws {
        let reactor = try Reactor(name: "test")
        let seen = NIOLockedValueBox<[Int]>([])
        let reply = Reply<Void>()
        for number in 0..<1_000 {
            reactor.submit {
                reactor.checkIsolated()
                seen.withLockedValue { $0.append(number) }
            }
        }
        reactor.submit { reply.answer(.success(())) }
        try await reply.value()
        #expect(seen.withLockedValue { $0 } == Array(0..<1_000))
    }

    @Test func `the first answer counts`() async throws {
        let reply = Reply<Int>()
        #expect(reply.answer(.success(1)))
        #expect(!reply.answer(.success(2)))
        #expect(try await reply.value() == 1)
    }

    @Test func `a cancellation before the wait is an answer`() async {
        let told = NIOLockedValueBox(0)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await Reply<Int>().value { told.withLockedValue { $0 += 1 } }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(told.withLockedValue { $0 } == 1)
    }

    @Test func `a wait despite cancellation ends with the answer`() async throws {
        let reply = Reply<Int>()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await reply.valueDespiteCancellation()
        }
        while !task.isCancelled { await Task.yield() }
        #expect(reply.answer(.success(1)))
        #expect(try await task.value == 1)
    }

    @Test func `names are resolved, addresses are left alone, and unknown names say so`() async throws {
        #expect(try await NameResolver.shared.addresses(of: "127.0.0.1", timeout: .seconds(1)) == ["127.0.0.1"])
        #expect(try await NameResolver.shared.addresses(of: "::1", timeout: .seconds(1)) == ["::1"])
        #expect(try await NameResolver.shared.addresses(of: "localhost", timeout: .seconds(5)).contains("127.0.0.1"))
        await #expect(throws: NameResolver.Failure.self) {
            try await NameResolver.shared.addresses(of: "no-such-host.invalid", timeout: .seconds(5))
        }
    }
}
