import CPostgres
import DequeModule
import Logging
import Reactor

/// A statement that was sent and is not answered yet.
struct StatementInFlight {
    let request: Request
    let reply: Reply<PostgresRows>
    /// The name it is prepared under, if it is.
    let preparedName: String?
    /// The answer to its preparation comes before its own.
    var awaitsPreparation: Bool
    /// It is the connection's own, and no caller's.
    var isHousekeeping = false
    let sent: ContinuousClock.Instant
    let deadline: ContinuousClock.Instant?
    var outcome: Result<PostgresRows, PostgresError>?
    var isStale = false
}

extension Connection {
    /// Sends a statement and waits for its answer.
    ///
    /// A cancelled caller goes on at once; the answer is dropped when it comes. Each call is reported to the owner as
    /// finished exactly once, unless the connection ends before.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - despiteCancellation: Waits for the answer even if the task is cancelled; for the ends of transactions.
    /// - Returns: The rows.
    /// - Throws: ``PostgresError``. A ``PostgresError/Code/connectionLost`` that cannot have been executed was not sent.
    func perform(_ request: Request, despiteCancellation: Bool = false) async throws(PostgresError) -> PostgresRows {
        guard despiteCancellation || !Task.isCancelled else {
            self.events.finished(1)
            throw PostgresError(.cancelled, "the task was cancelled before the statement", statement: request.key.text)
        }
        let reply = Reply<PostgresRows>()
        try self.send(request, reply)
        do {
            return try await despiteCancellation ? reply.valueDespiteCancellation() : reply.value()
        } catch let error as PostgresError {
            throw error
        } catch {
            throw PostgresError(
                .cancelled,
                "the task was cancelled while the statement was under way",
                statement: request.key.text,
                mayHaveBeenExecuted: true
            )
        }
    }

    /// Sends several statements at once and waits for all answers.
    ///
    /// - Throws: The first failure.
    func perform(_ requests: [Request]) async throws(PostgresError) {
        var replies: [(Request, Reply<PostgresRows>)] = []
        for request in requests {
            let reply = Reply<PostgresRows>()
            try self.send(request, reply)
            replies.append((request, reply))
        }
        for (request, reply) in replies {
            do {
                _ = try await reply.value()
            } catch let error as PostgresError {
                throw error
            } catch {
                throw PostgresError(.cancelled, "the task was cancelled", statement: request.key.text)
            }
        }
    }

    /// Sends a statement nobody waits for.
    func send(_ request: Request, _ reply: Reply<PostgresRows>) throws(PostgresError) {
        let raw = try self.opened(for: request.key.text)
        guard self.exclusive == nil else {
            self.events.finished(1)
            throw PostgresError(
                .misuse,
                "the connection is busy with COPY or a script; wait for its end",
                statement: request.key.text
            )
        }
        try self.send(request, reply, on: raw, isRepeated: false)
    }

    /// Queues a statement and sends it. A repeated one is parsed for itself, so that it depends on nothing that others
    /// have prepared.
    private func send(
        _ request: Request,
        _ reply: Reply<PostgresRows>,
        on raw: OpaquePointer,
        isRepeated: Bool
    ) throws(PostgresError) {
        // Before sending: the server's clock for it must not have started earlier than ours.
        let now = ContinuousClock.now
        if self.inFlight.isEmpty { self.lastProgress = now }
        var isQueued: Bool
        var preparedName: String?
        var awaitsPreparation = false
        if request.isPrepared, !isRepeated {
            let name: String
            switch self.prepared.use(request.key) {
            case .prepared(let known):
                name = known
                isQueued = true
            case .new(let new, let evicted):
                name = new
                awaitsPreparation = true
                isQueued = evicted.map { self.deallocate($0, on: raw) } ?? true
                isQueued =
                    isQueued
                    && request.key.types.withUnsafeBufferPointer { types in
                        PQsendPrepare(raw, name, request.key.text, Int32(types.count), types.baseAddress)
                    } == 1
            }
            preparedName = name
            isQueued =
                isQueued
                && request.send { PQsendQueryPrepared(raw, name, $0, $1, $2, $3, 0) } == 1
        } else {
            isQueued =
                request.send { count, values, lengths, formats in
                    request.key.types.withUnsafeBufferPointer { types in
                        PQsendQueryParams(raw, request.key.text, count, types.baseAddress, values, lengths, formats, 0)
                    }
                } == 1
        }
        guard isQueued, PQpipelineSync(raw) == 1 else {
            // Half a statement may be queued: what follows would be answered wrongly.
            self.endBroken()
            _ = try self.opened(for: request.key.text)
            return
        }
        self.inFlight.append(
            StatementInFlight(
                request: request,
                reply: reply,
                preparedName: preparedName,
                awaitsPreparation: awaitsPreparation,
                sent: now,
                deadline: self.allowance.map { now + $0 }
            )
        )
        self.armDeadline()
        self.flush()
    }

    /// Drops a prepared statement; in the pipeline, so that statements before it can still use it.
    private func deallocate(_ name: String, on raw: OpaquePointer) -> Bool {
        let reply = Reply<PostgresRows>()
        guard PQsendQueryParams(raw, "DEALLOCATE \(name)", 0, nil, nil, nil, nil, 0) == 1, PQpipelineSync(raw) == 1
        else {
            return false
        }
        do throws(PostgresError) {
            let now = ContinuousClock.now
            let statement = StatementInFlight(
                request: try Request(SQL(unescaped: "DEALLOCATE \(name)"), prepares: false),
                reply: reply,
                preparedName: nil,
                awaitsPreparation: false,
                isHousekeeping: true,
                sent: now,
                deadline: self.allowance.map { now + $0 }
            )
            self.inFlight.append(statement)
            return true
        } catch {
            return false
        }
    }

    /// Hands on all results that have come in full.
    func takeResults() {
        var answers: [(Reply<PostgresRows>, Result<PostgresRows, PostgresError>)] = []
        var emptyAnswers = 0
        while let raw = self.raw, self.expectsResults, PQisBusy(raw) == 0 {
            guard let pointer = PQgetResult(raw) else {
                // The end of one statement's results, or of an exclusive work.
                if self.exclusive != nil {
                    guard self.exclusiveResultsEnded(raw) else { break }
                    continue
                }
                emptyAnswers += 1
                guard PQstatus(raw) == CONNECTION_OK, emptyAnswers < 3 else { break }
                continue
            }
            emptyAnswers = 0
            let result = PGResult(adopting: pointer)
            if self.exclusive != nil {
                guard self.takeExclusive(result) else { break }
            } else if result.status == PGRES_PIPELINE_SYNC {
                if let answer = self.finishFirst() { answers.append(answer) }
            } else {
                self.takeForFirst(result)
            }
        }
        if let raw = self.raw {
            self.takeNotifications(raw)
            if !answers.isEmpty, self.inFlight.isEmpty {
                self.checkTransactionIsOver(raw)
            }
        }
        guard !answers.isEmpty else { return }
        // In this order, so that whoever has its answer finds the pool without it.
        self.events.finished(answers.count)
        for (reply, result) in answers { reply.answer(result.mapError { $0 }) }
    }

    private func takeForFirst(_ result: consuming PGResult) {
        let status = result.status
        let text = self.inFlight[0].request.key.text
        switch status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            guard !self.inFlight[0].awaitsPreparation else {
                self.inFlight[0].awaitsPreparation = false
                return
            }
            let key = self.inFlight[0].request.key
            var known: ResultColumns?
            if let name = self.inFlight[0].preparedName { known = self.prepared.columns(of: key, named: name) }
            let buffer = ResultBuffer(result, known: known)
            if known == nil, let name = self.inFlight[0].preparedName {
                self.prepared.remember(buffer.columns, of: key, named: name)
            }
            self.inFlight[0].outcome = .success(PostgresRows(result: buffer, statement: text))
        case PGRES_FATAL_ERROR:
            // The first says why; libpq adds one of its own when the server hangs up thereafter.
            if case .failure = self.inFlight[0].outcome { return }
            var error = PostgresError(result, statement: text)
            self.inFlight[0].isStale = PostgresError.isStalePreparedStatement(result)
            // The code is that of pg_cancel_backend too; what tells them apart is how long it took.
            if error.sqlState == "57014", let allowance = self.allowance,
                .now - self.inFlight[0].sent >= allowance - self.configuration.answerGrace
            {
                error.code = .timedOut
            }
            self.inFlight[0].outcome = .failure(error)
        case PGRES_PIPELINE_ABORTED:
            // What was sent behind a failed preparation; the failure is the answer.
            break
        default:
            _ = self.end(
                PostgresError(
                    .misuse,
                    "a statement that begins COPY was sent as a query; use copyIn on a leased connection",
                    statement: text
                )
            )
        }
    }

    /// Takes the first statement in flight out; all of its results have come.
    ///
    /// - Returns: The answer; none if it was sent anew, or was the connection's own.
    private func finishFirst() -> (Reply<PostgresRows>, Result<PostgresRows, PostgresError>)? {
        let statement = self.inFlight.removeFirst()
        if statement.isHousekeeping { return nil }
        if case .failure(let error) = statement.outcome, let name = statement.preparedName, let raw = self.raw {
            if statement.awaitsPreparation || statement.isStale {
                let wasKnown = self.prepared.forget(statement.request.key, named: name)
                // Its columns have changed, so the server still has it.
                if wasKnown, error.sqlState == "0A000", !self.deallocate(name, on: raw) { self.endBroken() }
            }
            if statement.isStale, let raw = self.raw, self.mayRepeat(raw) {
                do throws(PostgresError) {
                    try self.send(statement.request, statement.reply, on: raw, isRepeated: true)
                    return nil
                } catch {
                    return (statement.reply, .failure(error))
                }
            }
        }
        let missing = PostgresError(
            .connectionLost,
            "the server ended the statement without an answer",
            statement: statement.request.key.text,
            mayHaveBeenExecuted: true
        )
        return (statement.reply, statement.outcome ?? .failure(missing))
    }

    /// In a transaction the failure has undone it, and repeating would hide why.
    private func mayRepeat(_ raw: OpaquePointer) -> Bool {
        if self.role == .shared { return true }
        return self.inFlight.isEmpty && self.transactionStatus(raw) == PQTRANS_IDLE
    }

    /// The session's state, to be asked for while nothing is in flight.
    func transactionStatus(_ raw: OpaquePointer) -> PGTransactionStatusType {
        // No result is pending: this only lets libpq leave the pipeline's last step, without which it calls itself busy.
        while let pointer = PQgetResult(raw) { PQclear(pointer) }
        return PQtransactionStatus(raw)
    }

    /// A transaction that a shared connection were in would swallow the statements of everyone else.
    private func checkTransactionIsOver(_ raw: OpaquePointer) {
        guard self.role == .shared, self.transactionStatus(raw) != PQTRANS_IDLE else { return }
        self.logger.error("a statement left a transaction open on a shared connection; it is undone")
        _ = self.end(
            PostgresError(.misuse, "a statement began a transaction on a shared connection; use transaction(…)")
        )
    }
}
