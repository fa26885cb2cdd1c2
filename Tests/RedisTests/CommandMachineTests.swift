import NIOCore
import Testing

@testable import Redis

/// `CommandMachine` under random orders of events, against a model of a wire.
///
/// One case at a time: many at once would keep the threads from the tests that wait for servers.
@Suite(.serialized) struct CommandMachineTests {
    private struct World {
        var machine = CommandMachine(patience: .milliseconds(300))
        var generator: SeededGenerator
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var nextID: UInt64 = 0
        /// The commands that the server has yet to answer, as their bytes say.
        var wire: [UInt64] = []
        var isConnected = false
        var timesWritten: [UInt64: Int] = [:]
        var isRepeatable: [UInt64: Bool] = [:]
        var outcomes: [UInt64: Int] = [:]

        init(seed: UInt64) {
            self.generator = SeededGenerator(seed: seed)
        }

        mutating func step() {
            self.now = self.now + .milliseconds(Int64.random(in: 0...20, using: &self.generator))
            switch Int.random(in: 0..<20, using: &self.generator) {
            case 0...7: self.submit()
            case 8...11: self.receive()
            case 12: self.cancel()
            case 13...14: self.sweep()
            case 15...16: self.connect()
            case 17: self.disconnect(isFirstToBlame: Bool.random(using: &self.generator))
            case 18: self.give(self.isConnected ? [] : self.machine.attemptFailed(RedisError(.unreachable, "test")))
            default:
                if Int.random(in: 0..<40, using: &self.generator) == 0 { self.machine.close() }
            }
            #expect(self.machine.heldBytes == self.machine.heldCommands * 8)
            if self.isConnected { #expect(self.machine.heldCommands == self.wire.count) }
        }

        mutating func submit() {
            let id = self.nextID
            self.nextID += 1
            self.isRepeatable[id] = Bool.random(using: &self.generator)
            let command = PendingCommand(
                id: id,
                name: "TEST",
                bytes: ByteBuffer(integer: id),
                size: 8,
                deadline: self.now + .milliseconds(Int64.random(in: 1...200, using: &self.generator)),
                mayBeRepeated: self.isRepeatable[id] ?? false,
                reply: Reply()
            )
            switch self.machine.submit(command, now: self.now) {
            case .write(let bytes): self.write([bytes])
            case .wait: #expect(!self.isConnected)
            case .refuse(let error):
                #expect(!error.mayHaveBeenExecuted)
                self.outcomes[id, default: 0] += 1
            }
        }

        mutating func write(_ writes: [ByteBuffer]) {
            #expect(self.isConnected || writes.isEmpty)
            for bytes in writes {
                guard let id = bytes.getInteger(at: bytes.readerIndex, as: UInt64.self) else {
                    Issue.record("a command was written without its bytes")
                    continue
                }
                if let last = self.wire.last { #expect(last < id, "commands stay in order") }
                self.wire.append(id)
                self.timesWritten[id, default: 0] += 1
            }
        }

        mutating func receive() {
            guard self.isConnected else { return }
            self.machine.heard(at: self.now)
            switch self.machine.received() {
            case .answer(let command):
                #expect(command.id == self.wire.removeFirst(), "a reply belongs to the first command on the wire")
                self.outcomes[command.id, default: 0] += 1
            case .drop:
                #expect(self.outcomes[self.wire.removeFirst()] == 1, "only an answered command's reply is dropped")
            case .unexpected:
                #expect(self.wire.isEmpty)
                self.disconnect(isFirstToBlame: true)
            }
        }

        mutating func cancel() {
            guard self.nextID > 0 else { return }
            let id = UInt64.random(in: 0..<self.nextID, using: &self.generator)
            let wasAnswered = self.outcomes[id] != nil
            let answer = self.machine.cancel(id: id)
            #expect((answer == nil) == wasAnswered)
            self.give(answer.map { [$0] } ?? [])
        }

        mutating func sweep() {
            let sweep = self.machine.sweep(now: self.now)
            for answer in sweep.answers {
                #expect(answer.error.code == .timedOut)
                #expect(answer.command.deadline <= self.now)
            }
            self.give(sweep.answers)
            if let next = sweep.next { #expect(next > self.now) }
            if sweep.silence != nil { self.disconnect(isFirstToBlame: false) }
        }

        mutating func connect() {
            guard !self.isConnected else { return }
            if case .closed = self.machine.state { return }
            self.isConnected = true
            self.write(self.machine.connected(now: self.now))
        }

        mutating func disconnect(isFirstToBlame: Bool) {
            guard self.isConnected else { return }
            self.isConnected = false
            let first = self.wire.first
            self.wire = []
            self.give(self.machine.disconnected(RedisError(.connectionLost, "test"), isFirstToBlame: isFirstToBlame))
            if isFirstToBlame, let first { #expect(self.outcomes[first] == 1, "the first is not repeated") }
        }

        mutating func give(_ answers: [CommandMachine.Answer]) {
            for answer in answers {
                self.outcomes[answer.command.id, default: 0] += 1
                #expect(answer.error.mayHaveBeenExecuted == (self.timesWritten[answer.command.id] != nil))
            }
        }
    }

    @Test(
        "Every command is answered once, in order, and says if it may have been executed",
        arguments: 1...150 as ClosedRange<UInt64>
    )
    func random(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<400 { world.step() }
        world.give(world.machine.abort(.clientClosed))

        #expect(world.machine.heldCommands == 0)
        #expect(world.machine.heldBytes == 0)
        #expect(world.machine.isFinished)
        for id in 0..<world.nextID {
            #expect(world.outcomes[id] == 1, "command \(id)")
            #expect(world.timesWritten[id, default: 0] <= (world.isRepeatable[id] == true ? 2 : 1))
        }
    }

    private func command(_ id: UInt64, deadline: NIODeadline, mayBeRepeated: Bool = false) -> PendingCommand {
        PendingCommand(
            id: id,
            name: "TEST",
            bytes: ByteBuffer(integer: id),
            size: 8,
            deadline: deadline,
            mayBeRepeated: mayBeRepeated,
            reply: Reply()
        )
    }

    @Test("A server that is slow is not taken for dead, a silent one is")
    func silence() {
        let start = NIODeadline.uptimeNanoseconds(0)
        var machine = CommandMachine(patience: .seconds(1))
        _ = machine.connected(now: start)
        _ = machine.submit(self.command(0, deadline: start + .seconds(1)), now: start + .milliseconds(10))
        _ = machine.submit(self.command(1, deadline: start + .seconds(2)), now: start + .milliseconds(10))
        machine.heard(at: start + .milliseconds(20))
        let slow = machine.sweep(now: start + .seconds(1))
        #expect(slow.silence == nil)
        #expect(slow.answers.map(\.command.id) == [0])
        #expect(slow.next == start + .milliseconds(1020))

        // Also when all callers have gone.
        #expect(machine.cancel(id: 1)?.error.code == .cancelled)
        let patient = machine.sweep(now: start + .milliseconds(1019))
        #expect(patient.silence == nil)
        #expect(patient.next == start + .milliseconds(1020))
        #expect(machine.sweep(now: start + .milliseconds(1020)).silence != nil)

        // A command with a long time of its own keeps the connection alive for as long.
        _ = machine.disconnected(RedisError(.connectionLost, "test"))
        _ = machine.connected(now: start)
        _ = machine.submit(self.command(2, deadline: start + .seconds(60)), now: start)
        #expect(machine.sweep(now: start + .seconds(59)).silence == nil)
        #expect(machine.sweep(now: start + .seconds(60)).silence != nil)
    }

    @Test("Closing waits for what has been accepted")
    func closing() {
        let start = NIODeadline.uptimeNanoseconds(0)
        var machine = CommandMachine(patience: .seconds(1))
        _ = machine.submit(self.command(0, deadline: start + .seconds(1)), now: start)
        machine.close()
        #expect(!machine.isFinished)
        guard case .refuse(let error) = machine.submit(self.command(1, deadline: start + .seconds(1)), now: start)
        else {
            Issue.record("a closing machine took a command")
            return
        }
        #expect(error.code == .closed)
        #expect(machine.connected(now: start).count == 1)
        #expect(!machine.isFinished)
        _ = machine.received()
        #expect(machine.isFinished)
    }
}
