import DequeModule
import Logging
import NIOConcurrencyHelpers
import Reactor

/// The connections of one client: the shell around ``PoolMachine``.
///
/// It asks the machine under a lock, answers callers outside of it, and leaves what takes time (opening, closing, pauses)
/// to ``run()``, which the client's own `run()` calls.
final class Pool: Sendable {
    /// What takes time. There are never more than connections, one pause and one shutdown.
    private enum Deed: Sendable {
        case open(Int, PoolMachine.Kind)
        case close(Connection)
        case pause(failures: Int)
        case limitShutdown
    }

    private struct State {
        var machine: PoolMachine
        var waiters: [PoolMachine.Waiter: Reply<Lent>] = [:]
        var connections: [Int: Connection] = [:]
        var deeds = Deque<Deed>()
        var lastWaiter: PoolMachine.Waiter = 0
        var lastFailure: PostgresError?
        var isRunning = false
    }

    /// A connection and its number in the machine.
    struct Lent: Sendable {
        let number: Int
        let connection: Connection
    }

    let configuration: PostgresConfiguration
    private let reactor: Reactor
    private let logger: Logger
    private let state: NIOLockedValueBox<State>
    private let hints: AsyncStream<Void>
    private let hint: AsyncStream<Void>.Continuation

    init(configuration: PostgresConfiguration, reactor: Reactor, logger: Logger) {
        self.configuration = configuration
        self.reactor = reactor
        self.logger = logger
        let limits = PoolMachine.Limits(
            shared: configuration.poolSize,
            leased: configuration.maximumLeases,
            waiters: configuration.maximumWaiters,
            statements: configuration.maximumStatementsPerConnection,
            // As soon as a statement has to wait behind another one: that may be slow.
            statementsBeforeGrowth: min(2, configuration.maximumStatementsPerConnection)
        )
        self.state = NIOLockedValueBox(State(machine: PoolMachine(limits: limits)))
        (self.hints, self.hint) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: Callers

    /// A shared connection to send one statement on, which reports by itself when it is answered.
    func sharedConnection(for statement: String) async throws(PostgresError) -> Connection {
        do throws(PostgresError) {
            return try await self.acquire(.shared).connection
        } catch {
            throw error.forStatement(statement, mayHaveBeenExecuted: false)
        }
    }

    /// A connection for the caller alone, to be given back with ``release(_:isFit:)``.
    func lease() async throws(PostgresError) -> Lent {
        try await self.acquire(.leased)
    }

    /// Gives a leased connection back.
    func release(_ lent: Lent, isFit: Bool) {
        self.handle(.released(lent.number, isFit: isFit))
    }

    /// How the pool stands, for tests and metrics.
    var status: PostgresClient.Status {
        self.state.withLockedValue { state in
            PostgresClient.Status(
                sharedConnections: state.machine.count(.shared),
                leasedConnections: state.machine.count(.leased),
                leases: state.machine.leases,
                statementsUnderWay: state.machine.statementsUnderWay,
                waiting: state.machine.waitingCount,
                lastFailure: state.lastFailure
            )
        }
    }

    private func acquire(_ kind: PoolMachine.Kind) async throws(PostgresError) -> Lent {
        let reply = Reply<Lent>()
        let waiter = self.state.withLockedValue { state in
            state.lastWaiter += 1
            state.waiters[state.lastWaiter] = reply
            return state.lastWaiter
        }
        let isWaiting = self.handle(kind == .shared ? .statement(waiter) : .lease(waiter), lookingAt: waiter)
        do {
            // Answered already, as nearly always: no timer, and no point at which a cancellation could be noticed.
            guard isWaiting else { return try await reply.valueDespiteCancellation() }
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await Task.sleep(for: self.configuration.acquireTimeout)
                    reply.answer(.failure(self.acquireTimedOut(kind)))
                }
                defer { group.cancelAll() }
                return try await reply.value()
            }
        } catch {
            self.state.withLockedValue { $0.waiters[waiter] = nil }
            self.handle(.abandon(waiter))
            throw error as? PostgresError
                ?? PostgresError(.cancelled, "the task was cancelled while it waited for a connection")
        }
    }

    private func acquireTimedOut(_ kind: PoolMachine.Kind) -> PostgresError {
        let (failure, isRunning, leases) = self.state.withLockedValue { state in
            (state.lastFailure, state.isRunning, state.machine.leases)
        }
        let time = self.configuration.acquireTimeout
        guard isRunning else {
            return PostgresError(.timedOut, "no connection within \(time): the client's run() is not running")
        }
        if var failure {
            failure.message = "no connection within \(time): \(failure.message)"
            return failure
        }
        guard kind == .leased, leases >= self.configuration.maximumLeases else {
            return PostgresError(.timedOut, "no connection to \(self.configuration.endpoint) within \(time)")
        }
        return PostgresError(
            .timedOut,
            "all \(leases) connections that may be leased were in use for \(time); raise maximumLeases, or hold them shorter"
        )
    }

    private func error(for refusal: PoolMachine.Refusal) -> PostgresError {
        switch refusal {
        case .closed:
            PostgresError(.closed, "the client has been shut down")
        case .queueFull:
            PostgresError(
                .tooManyWaiting,
                "\(self.configuration.maximumWaiters) callers wait for a connection to \(self.configuration.endpoint) already"
            )
        case .connectionsFull:
            PostgresError(
                .tooManyWaiting,
                "each of the \(self.configuration.poolSize) shared connections to \(self.configuration.endpoint) has "
                    + "\(self.configuration.maximumStatementsPerConnection) statements under way already"
            )
        }
    }

    // MARK: Events

    /// Tells the machine, and does what it says.
    ///
    /// - Returns: Whether the waiter, if one is named, still waits.
    @discardableResult
    private func handle(_ event: PoolMachine.Event, lookingAt waiter: PoolMachine.Waiter? = nil) -> Bool {
        let (answers, hasDeeds, isWaiting) = self.state.withLockedValue { state in
            let actions = state.machine.handle(event)
            let answers = self.perform(actions, on: &state)
            return (answers, !state.deeds.isEmpty, waiter.map { state.waiters[$0] != nil } ?? false)
        }
        for (reply, answer) in answers where !reply.answer(answer.mapError { $0 }) {
            // The caller had gone in the meantime.
            guard case .success(let lent) = answer else { continue }
            switch lent.connection.role {
            case .shared: self.handle(.finished(lent.number, 1))
            case .leased, .listener: self.handle(.released(lent.number, isFit: true))
            }
        }
        if hasDeeds { self.hint.yield() }
        return isWaiting
    }

    private func perform(
        _ actions: [PoolMachine.Action],
        on state: inout State
    ) -> [(Reply<Lent>, Result<Lent, PostgresError>)] {
        var answers: [(Reply<Lent>, Result<Lent, PostgresError>)] = []
        for action in actions {
            switch action {
            case .assign(let waiter, let number):
                guard let reply = state.waiters.removeValue(forKey: waiter),
                    let connection = state.connections[number]
                else { continue }
                answers.append((reply, .success(Lent(number: number, connection: connection))))
            case .refuse(let waiter, let refusal):
                guard let reply = state.waiters.removeValue(forKey: waiter) else { continue }
                answers.append((reply, .failure(self.error(for: refusal))))
            case .open(let number, let kind):
                state.deeds.append(.open(number, kind))
            case .close(let number):
                guard let connection = state.connections[number] else { continue }
                state.deeds.append(.close(connection))
            case .pause(let failures):
                state.deeds.append(.pause(failures: failures))
            case .stopped:
                self.hint.finish()
            }
        }
        return answers
    }

    private func lost(_ number: Int) {
        self.state.withLockedValue { $0.connections[number] = nil }
        self.handle(.lost(number))
    }

    // MARK: What takes time

    /// Opens and closes connections until a shutdown is over.
    ///
    /// - Throws: ``PostgresError`` if it is running or has ended already.
    func run() async throws(PostgresError) {
        let mayRun = self.state.withLockedValue { state in
            guard !state.isRunning, state.machine.phase == .running else { return false }
            state.isRunning = true
            return true
        }
        guard mayRun else { throw PostgresError(.closed, "run() is called once") }
        // The first connection is opened although nobody asks for it yet.
        self.handle(.retry)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.sweep() }
            for await _ in self.hints { self.start(in: &group) }
            // Cancelled, or over. Closing needs no patience, so it works in a cancelled task too.
            self.abort()
            self.start(in: &group)
            group.cancelAll()
        }
        // What was being opened while the others closed.
        for connection in self.state.withLockedValue({ Array($0.connections.values) }) {
            await connection.close(PostgresError(.closed, "the client has been shut down"))
        }
    }

    /// Lets statements and leases end, and takes no more.
    ///
    /// - Parameter others: Connections that are not the pool's, to be closed at once.
    func shutDown(closing others: [Connection]) {
        self.state.withLockedValue { state in
            state.deeds.append(contentsOf: others.map { .close($0) })
            state.deeds.append(.limitShutdown)
        }
        self.handle(.shutDown)
    }

    /// Ends everything now.
    func abort() {
        self.handle(.abort)
        self.hint.finish()
    }

    private func start(in group: inout DiscardingTaskGroup) {
        let deeds = self.state.withLockedValue { state in
            defer { state.deeds.removeAll() }
            return state.deeds
        }
        for deed in deeds {
            group.addTask {
                switch deed {
                case .open(let number, let kind):
                    await self.open(number, kind)
                case .close(let connection):
                    await connection.close(PostgresError(.closed, "the connection was closed by the client"))
                case .pause(let failures):
                    await self.pause(failures)
                case .limitShutdown:
                    await self.limitShutdown()
                }
            }
        }
    }

    private func open(_ number: Int, _ kind: PoolMachine.Kind) async {
        let events = Connection.Events(
            finished: { [weak self] count in self?.handle(.finished(number, count)) },
            closed: { [weak self] in self?.lost(number) }
        )
        do throws(PostgresError) {
            let connection = try await Connection.open(
                name: "\(kind) \(number)",
                role: kind == .shared ? .shared : .leased,
                configuration: self.configuration,
                reactor: self.reactor,
                events: events,
                logger: self.logger
            )
            self.state.withLockedValue { state in
                state.connections[number] = connection
                state.lastFailure = nil
            }
            self.handle(.opened(number))
            // It may have ended before it was entered above.
            if await connection.hasEnded { self.lost(number) }
        } catch {
            if error.code != .cancelled {
                self.state.withLockedValue { $0.lastFailure = error }
                self.logger.warning(
                    "no connection to PostgreSQL",
                    metadata: ["endpoint": "\(self.configuration.endpoint)", "error": "\(error)"]
                )
            }
            self.handle(.openFailed(number))
        }
    }

    private func pause(_ failures: Int) async {
        var generator = SystemRandomNumberGenerator()
        do {
            try await Task.sleep(for: self.configuration.backoff(afterFailures: failures, using: &generator))
            self.handle(.retry)
        } catch {
            // Cancelled: the client ends, and there is nothing to try again for.
            return
        }
    }

    private func limitShutdown() async {
        do {
            try await Task.sleep(for: self.configuration.shutdownTimeout)
            self.logger.warning("statements or leases outlasted the shutdown; their connections are closed")
            self.abort()
        } catch {
            // Cancelled: everything has ended in time.
            return
        }
    }

    private func sweep() async {
        do {
            while true {
                try await Task.sleep(for: self.configuration.idleTimeout / 2)
                self.handle(.sweep)
            }
        } catch {
            // Cancelled: the client ends.
            return
        }
    }
}
