import DequeModule
import NIOCore

/// What happens to commands: when they are written, answered, repeated and given up.
///
/// A value without clock and I/O: events go in with the time at which they happened, actions come out. `CommandLane` owns
/// it, on its event loop, and does what it says. Commands stay in order through everything that happens to connections.
struct CommandMachine {
    /// A command and what the caller is to be told.
    struct Answer {
        let command: PendingCommand
        let error: RedisError
    }

    enum State {
        /// Commands wait for a connection; if closing, no new ones are taken.
        case waiting(closing: Bool)
        /// The last attempt to connect has failed: commands are refused until one succeeds.
        case unreachable(RedisError)
        /// Commands are written as they come; if closing, no new ones are taken.
        case connected(closing: Bool)
        /// Nothing is taken any more and nothing waits.
        case closed
    }

    private struct Slot {
        var command: PendingCommand
        let writtenAt: NIODeadline
        /// The caller has gone; the reply will be dropped.
        var isAbandoned = false
    }

    /// How long a server may be silent while it owes an answer.
    private let patience: TimeAmount
    private(set) var state = State.waiting(closing: false)
    /// Commands that no connection has seen, or that will be sent again. Empty while connected.
    private var unsent = Deque<PendingCommand>()
    /// Commands that the server owes an answer, in order. Empty while not connected.
    private var inFlight = Deque<Slot>()
    private var lastHeard = NIODeadline.uptimeNanoseconds(0)
    /// The bytes of all commands held.
    private(set) var heldBytes = 0

    /// Makes a machine without a connection.
    /// - Parameter patience: How long a server may be silent while it owes an answer.
    init(patience: TimeAmount) {
        self.patience = patience
    }

    /// The number of commands held, those of callers who have gone included.
    var heldCommands: Int { self.unsent.count + self.inFlight.count }

    // MARK: Callers

    enum Submission {
        case write(ByteBuffer)
        case wait
        case refuse(RedisError)
    }

    /// A caller sends a command.
    mutating func submit(_ command: PendingCommand, now: NIODeadline) -> Submission {
        switch self.state {
        case .waiting(closing: false):
            self.heldBytes += command.size
            self.unsent.append(command)
            return .wait
        case .connected(closing: false):
            self.heldBytes += command.size
            return .write(self.take(command, writtenAt: now))
        case .unreachable(let error):
            return .refuse(error)
        case .waiting(closing: true), .connected(closing: true), .closed:
            return .refuse(.clientClosed)
        }
    }

    /// A caller's task is cancelled.
    /// - Returns: The answer, unless there was one before.
    mutating func cancel(id: UInt64) -> Answer? {
        if let index = self.unsent.firstIndex(ofID: id, by: \.id) {
            let command = self.unsent.remove(at: index)
            self.heldBytes -= command.size
            return Answer(command: command, error: .cancelled(executed: command.wasSentBefore))
        }
        guard let index = self.inFlight.firstIndex(ofID: id, by: \.command.id), !self.inFlight[index].isAbandoned else {
            return nil
        }
        self.inFlight[index].isAbandoned = true
        return Answer(command: self.inFlight[index].command, error: .cancelled(executed: true))
    }

    // MARK: The connection

    /// A connection is ready.
    /// - Returns: What has been waiting for it, to be written in this order.
    mutating func connected(now: NIODeadline) -> [ByteBuffer] {
        switch self.state {
        case .waiting(let closing):
            self.state = .connected(closing: closing)
        case .unreachable:
            self.state = .connected(closing: false)
        case .connected, .closed:
            return []
        }
        self.lastHeard = now
        var writes: [ByteBuffer] = []
        writes.reserveCapacity(self.unsent.count)
        while let command = self.unsent.popFirst() {
            writes.append(self.take(command, writtenAt: now))
        }
        return writes
    }

    /// An attempt to connect has failed: whoever waits is told, and new commands are refused until one succeeds.
    mutating func attemptFailed(_ error: RedisError) -> [Answer] {
        switch self.state {
        case .waiting(closing: false), .unreachable:
            self.state = .unreachable(error)
        case .waiting(closing: true), .closed, .connected:
            break
        }
        return self.giveUpUnsent(error)
    }

    /// The connection has ended. What may be repeated waits for the next one; the rest is given up.
    /// - Parameters:
    ///   - error: Why it ended.
    ///   - isFirstToBlame: Whether it ended because of the reply to the first command, which is then not repeated.
    /// - Returns: Whom to tell.
    mutating func disconnected(_ error: RedisError, isFirstToBlame: Bool = false) -> [Answer] {
        switch self.state {
        case .connected(let closing):
            self.state = .waiting(closing: closing)
        case .waiting, .unreachable, .closed:
            return []
        }
        var answers: [Answer] = []
        var isFirst = true
        while var slot = self.inFlight.popFirst() {
            defer { isFirst = false }
            guard !slot.isAbandoned, slot.command.mayBeRepeated, !(isFirst && isFirstToBlame) else {
                self.heldBytes -= slot.command.size
                if !slot.isAbandoned {
                    answers.append(Answer(command: slot.command, error: error.executed(true)))
                }
                continue
            }
            slot.command.mayBeRepeated = false
            slot.command.wasSentBefore = true
            self.unsent.append(slot.command)
        }
        return answers
    }

    enum Received {
        /// Give it to this caller.
        case answer(PendingCommand)
        /// The caller has gone.
        case drop
        /// Nothing was asked: close the connection.
        case unexpected(RedisError)
    }

    /// The server has sent a reply.
    mutating func received() -> Received {
        guard let slot = self.inFlight.popFirst() else {
            return .unexpected(RedisError(.protocolViolation, "The server sent a reply to nothing that was asked."))
        }
        self.heldBytes -= slot.command.size
        return slot.isAbandoned ? .drop : .answer(slot.command)
    }

    /// Bytes have arrived, so the server lives.
    mutating func heard(at now: NIODeadline) {
        self.lastHeard = now
    }

    // MARK: Time

    struct Sweep {
        var answers: [Answer] = []
        /// Why the connection is to be closed, if it is: the server owes an answer and has been silent for too long.
        var silence: RedisError?
        /// When to sweep again; `nil` if nobody waits.
        var next: NIODeadline?
    }

    /// Gives up what has waited for too long.
    mutating func sweep(now: NIODeadline) -> Sweep {
        var sweep = Sweep()
        for command in self.unsent where command.deadline <= now {
            self.heldBytes -= command.size
            sweep.answers.append(Answer(command: command, error: .timedOut(command, executed: command.wasSentBefore)))
        }
        self.unsent.removeAll { $0.deadline <= now }
        for index in self.inFlight.indices where self.inFlight[index].command.deadline <= now {
            let slot = self.inFlight[index]
            guard !slot.isAbandoned else { continue }
            self.inFlight[index].isAbandoned = true
            sweep.answers.append(Answer(command: slot.command, error: .timedOut(slot.command, executed: true)))
        }
        let waiting = self.unsent.lazy.map(\.deadline).min()
        let flying = self.inFlight.lazy.filter { !$0.isAbandoned }.map(\.command.deadline).min()
        let dead = self.endOfPatience
        if let dead, dead <= now, let first = self.inFlight.first {
            sweep.silence = RedisError(.connectionLost, "The server has sent nothing since \(first.command.name).")
        }
        sweep.next = [waiting, flying, dead].compactMap { $0 }.filter { $0 > now }.min()
        return sweep
    }

    /// When a server that owes an answer and sends nothing is taken for dead: not before the first command's own time is
    /// over, because that is the one that the server may be busy with.
    private var endOfPatience: NIODeadline? {
        guard let first = self.inFlight.first else { return nil }
        return max(max(self.lastHeard, first.writtenAt) + self.patience, first.command.deadline)
    }

    // MARK: The end

    /// Takes no new commands; those it has are still answered.
    mutating func close() {
        switch self.state {
        case .waiting: self.state = .waiting(closing: true)
        case .connected: self.state = .connected(closing: true)
        case .unreachable: self.state = .closed
        case .closed: break
        }
    }

    /// Whether it is closing and nothing is left to wait for, so that the connection may be closed.
    var isFinished: Bool {
        switch self.state {
        case .closed: true
        case .waiting(closing: true), .connected(closing: true): self.heldCommands == 0
        case .waiting(closing: false), .connected(closing: false), .unreachable: false
        }
    }

    /// Gives everything up.
    mutating func abort(_ error: RedisError) -> [Answer] {
        self.state = .closed
        var answers = self.giveUpUnsent(error)
        while let slot = self.inFlight.popFirst() {
            self.heldBytes -= slot.command.size
            if !slot.isAbandoned {
                answers.append(Answer(command: slot.command, error: error.executed(true)))
            }
        }
        return answers
    }

    private mutating func giveUpUnsent(_ error: RedisError) -> [Answer] {
        var answers: [Answer] = []
        while let command = self.unsent.popFirst() {
            self.heldBytes -= command.size
            answers.append(Answer(command: command, error: error.executed(command.wasSentBefore)))
        }
        return answers
    }

    /// Moves a command to those in flight; its bytes are kept only if they may be needed again.
    private mutating func take(_ command: PendingCommand, writtenAt now: NIODeadline) -> ByteBuffer {
        var kept = command
        if !command.mayBeRepeated {
            kept.bytes = ByteBuffer()
        }
        self.inFlight.append(Slot(command: kept, writtenAt: now))
        return command.bytes
    }
}

extension RedisError {
    static let clientClosed = RedisError(.closed, "The Redis client is shutting down and takes no more commands.")

    static func cancelled(executed: Bool) -> RedisError {
        RedisError(.cancelled, "The task that waited for Redis was cancelled.", mayHaveBeenExecuted: executed)
    }

    static func timedOut(_ command: PendingCommand, executed: Bool) -> RedisError {
        RedisError(.timedOut, "Redis has not answered \(command.name) in time.", mayHaveBeenExecuted: executed)
    }
}

extension Deque {
    /// Bisection over elements whose identifiers ascend.
    fileprivate func firstIndex(ofID id: UInt64, by identifier: (Element) -> UInt64) -> Int? {
        var low = self.startIndex
        var high = self.endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if identifier(self[middle]) < id {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < self.endIndex && identifier(self[low]) == id ? low : nil
    }
}
