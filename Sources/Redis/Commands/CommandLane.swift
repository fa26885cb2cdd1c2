import NIOConcurrencyHelpers
import NIOCore

/// The way of commands from callers' tasks to one connection after another, and of answers back.
///
/// Callers put commands into a locked mailbox and wake the event loop once per batch; there `CommandMachine` decides and
/// this type does. What gathers within one tick leaves in one write. It belongs to `RedisClient`, whose `run()` brings it
/// connections.
final class CommandLane: ConnectionLane {
    private enum Message {
        case submit(PendingCommand)
        case cancel(id: UInt64)
    }

    /// What callers and the event loop share. The lock is never held over a callback.
    private struct Mailbox {
        var messages: [Message] = []
        var isDrainScheduled = false
        var nextID: UInt64 = 0
        /// Commands and bytes that are in `messages` or on their way from there to the machine.
        var arriving = (commands: 0, bytes: 0)
        /// Commands and bytes that the machine held when it last looked.
        var held = (commands: 0, bytes: 0)
        /// Why commands are refused at once, if they are.
        var refusal: RedisError?
        var isClosing = false
        /// Everything has been answered, and the event loop may be gone.
        var isOver = false
    }

    /// What only the event loop touches.
    private struct Core {
        var machine: CommandMachine
        var handler: CommandHandler?
        var sweep: (at: NIODeadline, task: Scheduled<Void>)?
        /// Why the connection is to be closed once the replies at hand have been given out.
        var endOfConnection: RedisError?
    }

    /// Sweeps are at least this far apart, however many deadlines fall in between.
    private static let sweepInterval = TimeAmount.milliseconds(5)
    /// Commands up to this size are joined into one write; larger ones are not copied again.
    private static let joinedBytes = 4096

    private let eventLoop: any EventLoop
    private let configuration: RedisConfiguration
    private let mailbox = NIOLockedValueBox(Mailbox())
    private let core: NIOLoopBoundBox<Core>
    private let finished = Reply<Void, Never>()

    init(eventLoop: any EventLoop, configuration: RedisConfiguration) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        let machine = CommandMachine(patience: configuration.commandTimeout.timeAmount)
        self.core = NIOLoopBoundBox.makeBoxSendingValue(Core(machine: machine), eventLoop: eventLoop)
    }

    // MARK: Callers

    /// Sends one command and waits for its answer.
    func execute(_ command: RedisCommand) async throws(RedisError) -> RedisValue {
        guard !Task.isCancelled else { throw .cancelled(executed: false) }
        let draft = try self.draft(command)
        guard let pending = try self.submit(CollectionOfOne(draft)).first else { throw .clientClosed }
        return try await pending.reply.value { self.cancel(pending.id) }
    }

    /// Sends commands one after another without waiting in between, and without others' commands among them.
    func execute(pipeline: [RedisCommand]) async throws(RedisError) -> [Result<RedisValue, RedisError>] {
        guard !Task.isCancelled else { throw .cancelled(executed: false) }
        var drafts: [Draft] = []
        drafts.reserveCapacity(pipeline.count)
        for command in pipeline {
            drafts.append(try self.draft(command))
        }
        var results: [Result<RedisValue, RedisError>] = []
        results.reserveCapacity(pipeline.count)
        for pending in try self.submit(drafts) {
            do throws(RedisError) {
                results.append(.success(try await pending.reply.value { self.cancel(pending.id) }))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    private struct Draft {
        let command: RedisCommand
        let bytes: ByteBuffer
    }

    private func draft(_ command: RedisCommand) throws(RedisError) -> Draft {
        Draft(command: command, bytes: try command.formatted(limit: self.configuration.limits.commandBytes))
    }

    private func submit(_ drafts: some Collection<Draft>) throws(RedisError) -> [PendingCommand] {
        let now = NIODeadline.now()
        let bytes = drafts.reduce(0) { $0 + $1.bytes.readableBytes }
        let limits = self.configuration.limits
        let result = self.mailbox.withLockedValue {
            box -> Result<(commands: [PendingCommand], wake: Bool), RedisError> in
            if let refusal = box.refusal {
                return .failure(refusal)
            }
            guard box.arriving.commands + box.held.commands + drafts.count <= limits.waitingCommands,
                box.arriving.bytes + box.held.bytes + bytes <= limits.waitingBytes
            else {
                return .failure(
                    RedisError(
                        .tooManyWaiting,
                        "\(limits.waitingCommands) commands or \(limits.waitingBytes) bytes wait for Redis. Try again later."
                    )
                )
            }
            var commands: [PendingCommand] = []
            commands.reserveCapacity(drafts.count)
            for draft in drafts {
                let command = PendingCommand(
                    id: box.nextID,
                    name: draft.command.name,
                    bytes: draft.bytes,
                    size: draft.bytes.readableBytes,
                    deadline: now + (draft.command.timeout ?? self.configuration.commandTimeout).timeAmount,
                    mayBeRepeated: draft.command.isRepeatable,
                    reply: Reply()
                )
                box.nextID += 1
                box.messages.append(.submit(command))
                commands.append(command)
            }
            box.arriving.commands += drafts.count
            box.arriving.bytes += bytes
            defer { box.isDrainScheduled = true }
            return .success((commands, !box.isDrainScheduled))
        }
        let (commands, wake) = try result.get()
        if wake {
            self.eventLoop.execute { self.drain() }
        }
        return commands
    }

    private func cancel(_ id: UInt64) {
        let wake = self.mailbox.withLockedValue { box -> Bool in
            guard !box.isOver else { return false }
            box.messages.append(.cancel(id: id))
            defer { box.isDrainScheduled = true }
            return !box.isDrainScheduled
        }
        if wake {
            self.eventLoop.execute { self.drain() }
        }
    }

    // MARK: The client's run()

    /// Takes no new commands; ``waitUntilFinished()`` returns when those it has are answered.
    func close() {
        self.mailbox.withLockedValue { box in
            box.isClosing = true
            box.refusal = .clientClosed
        }
        self.eventLoop.execute {
            self.drain()
            self.core.value.machine.close()
            self.settle()
        }
    }

    /// Waits until everything has been answered after ``close()``, or the task is cancelled.
    func waitUntilFinished() async {
        await self.finished.value { self.finished.answer(.success(())) }
    }

    /// Gives every command up and closes the connection. Nothing runs on the event loop on its behalf afterwards.
    func abort() async throws {
        self.mailbox.withLockedValue { box in
            box.isClosing = true
            box.refusal = .clientClosed
        }
        try await self.eventLoop.submit {
            self.drain()
            self.give(self.core.value.machine.abort(.clientClosed))
            self.settle()
            self.core.value.sweep?.task.cancel()
            self.core.value.sweep = nil
            // A cancellation that comes from now on finds its command answered.
            self.mailbox.withLockedValue { box in
                box.isOver = true
                box.messages.removeAll()
            }
        }.value()
    }

    func serve(_ channel: any Channel) async throws(RedisError) -> RedisError {
        let ended = Reply<RedisError, Never>()
        return try await channel.serve(until: ended) { () throws(RedisError) in
            let handler = try CommandHandler(lane: self, ended: ended, replyLimit: self.configuration.limits.replyBytes)
            try channel.add(handler)
            self.core.value.handler = handler
            self.core.value.endOfConnection = nil
            self.write(self.core.value.machine.connected(now: .now()))
            self.settle()
        }
    }

    /// Tells whoever waits, and refuses others until there is a connection.
    func attemptFailed(_ error: RedisError) {
        self.eventLoop.execute {
            self.drain()
            self.give(self.core.value.machine.attemptFailed(error))
            self.settle()
        }
    }

    // MARK: The connection's handler, on the event loop

    func heard() {
        self.core.value.machine.heard(at: .now())
    }

    func received(_ value: RedisValue) throws(RedisError) {
        switch self.core.value.machine.received() {
        case .answer(let command):
            command.reply.answer(.success(value))
        case .drop:
            break
        case .unexpected(let error):
            throw error
        }
        if case .error(let message) = value, message.hasPrefix("READONLY"),
            case .sentinels = self.configuration.location
        {
            self.core.value.endOfConnection = RedisError(.connectionLost, "The server is no longer the master.")
        }
    }

    func readComplete() {
        self.settle()
    }

    func disconnected(_ error: RedisError, isFirstToBlame: Bool) {
        self.core.value.handler = nil
        self.give(self.core.value.machine.disconnected(error, isFirstToBlame: isFirstToBlame))
        self.settle()
    }

    // MARK: The event loop's work

    private func drain() {
        let messages = self.mailbox.withLockedValue { box -> [Message] in
            box.isDrainScheduled = false
            let messages = box.messages
            box.messages = []
            box.messages.reserveCapacity(min(messages.count, 1024))
            return messages
        }
        let now = NIODeadline.now()
        var writes: [ByteBuffer] = []
        var arrived = (commands: 0, bytes: 0)
        for message in messages {
            switch message {
            case .submit(let command):
                arrived.commands += 1
                arrived.bytes += command.size
                switch self.core.value.machine.submit(command, now: now) {
                case .write(let bytes): writes.append(bytes)
                case .wait: break
                case .refuse(let error): command.reply.answer(.failure(error))
                }
                self.sweep(noLaterThan: command.deadline)
            case .cancel(let id):
                if let answer = self.core.value.machine.cancel(id: id) {
                    answer.command.reply.answer(.failure(answer.error))
                }
            }
        }
        self.write(writes)
        self.settle(arrived: arrived)
    }

    /// Writes and flushes, small commands joined.
    private func write(_ writes: [ByteBuffer]) {
        guard let context = self.core.value.handler?.context, !writes.isEmpty else { return }
        var joined = ByteBuffer()
        for var bytes in writes {
            if bytes.readableBytes <= Self.joinedBytes, writes.count > 1 {
                joined.writeBuffer(&bytes)
                continue
            }
            if joined.readableBytes > 0 {
                context.write(NIOAny(joined), promise: nil)
                joined = ByteBuffer()
            }
            context.write(NIOAny(bytes), promise: nil)
        }
        if joined.readableBytes > 0 {
            context.write(NIOAny(joined), promise: nil)
        }
        context.flush()
    }

    private func give(_ answers: [CommandMachine.Answer]) {
        for answer in answers {
            answer.command.reply.answer(.failure(answer.error))
        }
    }

    /// After every event: tells callers how full it is, and ends what is over.
    /// - Parameter arrived: The commands, and their bytes, that have left the mailbox for the machine.
    private func settle(arrived: (commands: Int, bytes: Int) = (0, 0)) {
        let (held, bytes) = (self.core.value.machine.heldCommands, self.core.value.machine.heldBytes)
        let refusal: RedisError? =
            switch self.core.value.machine.state {
            case .unreachable(let error): error
            case .waiting(let isClosing), .connected(let isClosing): isClosing ? .clientClosed : nil
            case .closed: .clientClosed
            }
        self.mailbox.withLockedValue { box in
            box.arriving.commands -= arrived.commands
            box.arriving.bytes -= arrived.bytes
            box.held = (held, bytes)
            box.refusal = box.isClosing ? .clientClosed : refusal
        }
        if self.core.value.machine.isFinished {
            self.finished.answer(.success(()))
            self.core.value.endOfConnection = .clientClosed
        }
        if let error = self.core.value.endOfConnection, let handler = self.core.value.handler {
            self.core.value.handler = nil
            handler.end(error)
        }
    }

    private func sweep(noLaterThan deadline: NIODeadline) {
        if let sweep = self.core.value.sweep {
            guard deadline < sweep.at else { return }
            sweep.task.cancel()
        }
        let task = self.eventLoop.scheduleTask(deadline: deadline) { self.sweep() }
        self.core.value.sweep = (deadline, task)
    }

    private func sweep() {
        self.core.value.sweep = nil
        let now = NIODeadline.now()
        let sweep = self.core.value.machine.sweep(now: now)
        self.give(sweep.answers)
        if let silence = sweep.silence {
            self.core.value.endOfConnection = silence
        }
        if let next = sweep.next {
            self.sweep(noLaterThan: max(next, now + Self.sweepInterval))
        }
        self.settle()
    }
}
