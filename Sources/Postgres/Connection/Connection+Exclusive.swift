import CPostgres
import Reactor

/// What a connection does outside pipeline mode, with nothing else beside it.
enum ExclusiveWork {
    /// Several statements in one message.
    case script(Reply<Void>, text: String, failure: PostgresError?)
    /// `COPY … FROM STDIN` was sent; the server has not asked for rows yet.
    case copyStarting(Reply<Void>, text: String, failure: PostgresError?)
    /// Rows are sent; somebody may wait until the socket has taken the last ones.
    case copying(text: String, drain: Reply<Void>?)
    /// The end was sent, or the reason to undo it all.
    case copyEnding(Reply<Int>, text: String, outcome: Result<Int, PostgresError>?)

    var isAwaitingServer: Bool {
        switch self {
        case .script, .copyStarting, .copyEnding: true
        case .copying(_, let drain): drain != nil
        }
    }
}

extension Connection {
    /// Whether results can come. While rows are copied libpq would give the same “copy in” again and again.
    var expectsResults: Bool {
        switch self.exclusive {
        case nil: !self.inFlight.isEmpty
        case .script, .copyStarting, .copyEnding: true
        case .copying: false
        }
    }

    // MARK: Scripts

    /// Runs several statements in one message, in one implicit transaction unless they say otherwise
    /// (PostgreSQL documentation, 55.2.2.1). What they return is dropped.
    func script(_ text: String) async throws(PostgresError) {
        let reply = Reply<Void>()
        try self.begin(text, as: .script(reply, text: text, failure: nil))
        do {
            try await reply.value()
        } catch {
            throw Self.mapped(error, text)
        }
    }

    // MARK: COPY

    /// Sends `COPY … FROM STDIN` and waits until the server asks for rows.
    func beginCopy(_ text: String) async throws(PostgresError) {
        let reply = Reply<Void>()
        try self.begin(text, as: .copyStarting(reply, text: text, failure: nil))
        do {
            try await reply.value()
        } catch {
            throw Self.mapped(error, text)
        }
    }

    /// Sends rows, and returns when the socket has taken them: as fast as the server reads.
    func copy(_ bytes: [UInt8]) async throws(PostgresError) {
        while true {
            guard case .copying(let text, nil) = self.exclusive else { throw try self.notCopying() }
            let raw = try self.opened(for: text)
            let status = bytes.withUnsafeBytes { bytes in
                PQputCopyData(raw, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
            }
            guard status >= 0 else {
                self.endBroken()
                throw try self.notCopying()
            }
            self.flush()
            try await self.drainCopy(despiteCancellation: false)
            // 0: libpq's buffer had no room for them.
            if status == 1 { return }
        }
    }

    /// Ends the rows, or has the server undo them.
    ///
    /// - Parameter reason: Why the rows are to be undone; `nil` if they are all there. Undoing is waited for even if the
    ///   task is cancelled.
    /// - Returns: How many rows the server has taken.
    /// - Throws: ``PostgresError`` with the server's reason; always if the rows were to be undone.
    func endCopy(undoing reason: String?) async throws(PostgresError) -> Int {
        while true {
            guard case .copying(let text, _) = self.exclusive else { throw try self.notCopying() }
            let raw = try self.opened(for: text)
            let status = PQputCopyEnd(raw, reason)
            guard status >= 0 else {
                self.endBroken()
                throw try self.notCopying()
            }
            guard status == 1 else {
                self.flush()
                try await self.drainCopy(despiteCancellation: true)
                continue
            }
            let reply = Reply<Int>()
            self.exclusive = .copyEnding(reply, text: text, outcome: nil)
            self.lastProgress = .now
            self.armDeadline()
            self.flush()
            // An error that came while rows were sent has been read already: the socket will not announce it again.
            self.takeResults()
            do {
                return try await reason == nil ? reply.value() : reply.valueDespiteCancellation()
            } catch {
                throw Self.mapped(error, text)
            }
        }
    }

    /// The socket has taken everything.
    func copyDrained() {
        guard case .copying(let text, let drain?) = self.exclusive else { return }
        self.exclusive = .copying(text: text, drain: nil)
        drain.answer(.success(()))
    }

    private func drainCopy(despiteCancellation: Bool) async throws(PostgresError) {
        guard self.isWriteBlocked, case .copying(let text, _) = self.exclusive else { return }
        let drain = Reply<Void>()
        self.exclusive = .copying(text: text, drain: drain)
        self.lastProgress = .now
        self.armDeadline()
        do {
            try await despiteCancellation ? drain.valueDespiteCancellation() : drain.value()
        } catch {
            throw Self.mapped(error, text)
        }
    }

    private func notCopying() throws(PostgresError) -> PostgresError {
        _ = try self.opened(for: "COPY")
        return PostgresError(.misuse, "no COPY is under way on this connection, or two callers write to it at once")
    }

    // MARK: What they have in common

    private func begin(_ text: String, as work: ExclusiveWork) throws(PostgresError) {
        let raw = try self.opened(for: text)
        guard self.exclusive == nil, self.inFlight.isEmpty else {
            throw PostgresError(
                .misuse,
                "COPY and scripts need a connection on which nothing is under way",
                statement: text
            )
        }
        guard !text.utf8.contains(0) else {
            throw PostgresError(.encoding, "a statement cannot contain the NUL character")
        }
        _ = self.transactionStatus(raw)
        guard PQexitPipelineMode(raw) == 1, PQsendQuery(raw, text) == 1 else {
            self.endBroken()
            _ = try self.opened(for: text)
            return
        }
        self.exclusive = work
        self.lastProgress = .now
        self.armDeadline()
        self.flush()
    }

    /// Takes one result of the work.
    ///
    /// - Returns: Whether more results can be asked for.
    func takeExclusive(_ result: consuming PGResult) -> Bool {
        let status = result.status
        switch self.exclusive {
        case .script(let reply, let text, let failure):
            switch status {
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                _ = self.end(
                    PostgresError(.misuse, "a script cannot contain COPY from or to the client", statement: text)
                )
                return false
            case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
                let error = failure ?? PostgresError(result, statement: text)
                self.exclusive = .script(reply, text: text, failure: error)
            default:
                break
            }
            return true
        case .copyStarting(let reply, let text, let failure):
            if status == PGRES_COPY_IN {
                self.exclusive = .copying(text: text, drain: nil)
                reply.answer(.success(()))
                return false
            }
            let misuse = PostgresError(.misuse, "the statement is no COPY … FROM STDIN", statement: text)
            if status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH {
                _ = self.end(misuse)
                return false
            }
            let error = status == PGRES_FATAL_ERROR ? PostgresError(result, statement: text) : misuse
            self.exclusive = .copyStarting(reply, text: text, failure: failure ?? error)
            return true
        case .copyEnding(let reply, let text, let outcome):
            let new: Result<Int, PostgresError> =
                status == PGRES_COMMAND_OK
                ? .success(result.affectedRows) : .failure(PostgresError(result, statement: text))
            self.exclusive = .copyEnding(reply, text: text, outcome: outcome ?? new)
            return true
        case .copying, nil:
            return false
        }
    }

    /// All results of the work have come: back to pipeline mode.
    ///
    /// - Returns: Whether the connection can go on.
    func exclusiveResultsEnded(_ raw: OpaquePointer) -> Bool {
        // The last words of a connection that broke look the same as the end of the results.
        guard PQstatus(raw) == CONNECTION_OK, PQenterPipelineMode(raw) == 1 else { return false }
        let work = self.exclusive
        self.exclusive = nil
        switch work {
        case .script(let reply, _, let failure):
            reply.answer(failure.map { .failure($0) } ?? .success(()))
        case .copyStarting(let reply, let text, let failure):
            let missing = PostgresError(.connectionLost, "the server did not answer COPY", statement: text)
            reply.answer(.failure(failure ?? missing))
        case .copyEnding(let reply, let text, let outcome):
            let missing = PostgresError(
                .connectionLost,
                "the server ended COPY without an answer",
                statement: text,
                mayHaveBeenExecuted: true
            )
            reply.answer((outcome ?? .failure(missing)).mapError { $0 })
        case .copying, nil:
            break
        }
        return true
    }

    /// The connection has ended in the middle of it.
    func endExclusive(_ reason: PostgresError) {
        let work = self.exclusive
        self.exclusive = nil
        switch work {
        case .script(let reply, let text, let failure):
            reply.answer(.failure(failure ?? reason.forStatement(text, mayHaveBeenExecuted: true)))
        case .copyStarting(let reply, let text, let failure):
            reply.answer(.failure(failure ?? reason.forStatement(text, mayHaveBeenExecuted: false)))
        case .copying(let text, let drain):
            drain?.answer(.failure(reason.forStatement(text, mayHaveBeenExecuted: false)))
        case .copyEnding(let reply, let text, let outcome):
            let unknown = reason.forStatement(text, mayHaveBeenExecuted: true)
            reply.answer((outcome ?? .failure(unknown)).mapError { $0 })
        case nil:
            break
        }
    }

    // MARK: Leases

    /// Makes the connection fit for the next lessee.
    ///
    /// - Parameter discardingSession: Whether settings, temporary tables, cursors and locks of the session may be left.
    /// - Returns: Whether it is fit; if not, it has been closed.
    func settle(discardingSession: Bool) async -> Bool {
        self.allowance = self.configuration.statementTimeout.map { $0 + self.configuration.answerGrace }
        guard let raw = self.raw, self.isAtRest,
            self.transactionStatus(raw) == PQTRANS_IDLE
        else {
            _ = self.end(PostgresError(.closed, "the lease ended while a statement or transaction was under way"))
            return false
        }
        guard discardingSession else { return true }
        do throws(PostgresError) {
            self.prepared.forgetAll()
            _ = try await self.perform(
                Request(SQL(unescaped: "DISCARD ALL"), prepares: false),
                despiteCancellation: true
            )
            return true
        } catch {
            _ = self.end(error)
            return false
        }
    }

    /// Whether nothing at all is under way.
    var isAtRest: Bool { self.inFlight.isEmpty && self.exclusive == nil }

    /// What ``allow(_:)`` was last told.
    var timeout: Duration? { self.allowance.map { $0 - self.configuration.answerGrace } }

    /// Waits longer, or less long, for answers from now on; the server was told the same.
    func allow(_ timeout: Duration?) {
        self.allowance = timeout.map { $0 + self.configuration.answerGrace }
        if let timer = self.deadlineTimer { self.reactor.cancel(timer) }
        self.deadlineTimer = nil
        self.armDeadline()
    }

    /// A failure of a wait in our words: there are no others than ours and the cancellation.
    private static func mapped(_ error: any Error, _ text: String) -> PostgresError {
        error as? PostgresError
            ?? PostgresError(.cancelled, "the task was cancelled", statement: text, mayHaveBeenExecuted: true)
    }
}
