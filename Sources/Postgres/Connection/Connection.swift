import CPostgres
import DequeModule
import Logging
import Reactor
import Secrets

/// One connection to PostgreSQL, in pipeline mode but for COPY and scripts.
///
/// It runs on the reactor's thread, where its socket becomes ready: no call here waits, and none needs a lock. The pool,
/// a lease or a listener owns it; whoever drops the last reference closes it.
actor Connection {
    /// What its owner wants to hear, called on the reactor's thread.
    struct Events: Sendable {
        /// That many statements have been answered, or dropped before they were sent.
        var finished: @Sendable (Int) -> Void = { _ in }
        /// It was open and is not any more, for whatever reason; said once, before anyone who waited is answered.
        var closed: @Sendable () -> Void = {}
    }

    /// What it is used for.
    enum Role: Sendable {
        /// Short statements of many callers.
        case shared
        /// One caller at a time.
        case leased
        /// Notifications.
        case listener
    }

    enum State {
        case connecting(Reply<Void>)
        case open
        case closed(PostgresError)
    }

    nonisolated let unownedExecutor: UnownedSerialExecutor
    nonisolated let name: String
    nonisolated let role: Role
    nonisolated let configuration: PostgresConfiguration

    let reactor: Reactor
    let events: Events
    let logger: Logger
    private(set) var state: State
    /// Freed by `end`, or with the actor.
    private(set) var raw: OpaquePointer?
    var inFlight = Deque<StatementInFlight>()
    var exclusive: ExclusiveWork?
    var prepared: PreparedStatements
    var inbox: NotificationInbox
    /// How long answers may take at present, the server's own limit included; `nil` for ever.
    var allowance: Duration?
    /// When the server was last heard of, or first asked after a rest.
    var lastProgress = ContinuousClock.now
    var deadlineTimer: Reactor.Timer?
    var heartbeatTimer: Reactor.Timer?

    private var watch: Reactor.Watch?
    private var watchedFor: Reactor.Interest = []
    private let notices: NoticeSink
    private var connectTimer: Reactor.Timer?

    private init(
        name: String,
        role: Role,
        configuration: PostgresConfiguration,
        reactor: Reactor,
        events: Events,
        logger: Logger
    ) {
        self.name = name
        self.role = role
        self.configuration = configuration
        self.reactor = reactor
        self.unownedExecutor = reactor.asUnownedSerialExecutor()
        self.events = events
        self.logger = logger
        self.state = .connecting(Reply())
        self.prepared = PreparedStatements(limit: configuration.maximumPreparedStatements)
        self.inbox = NotificationInbox(limit: configuration.maximumNotifications)
        self.allowance = configuration.statementTimeout.map { $0 + configuration.answerGrace }
        self.notices = NoticeSink(logger: logger)
    }

    isolated deinit {
        if let watch = self.watch { self.reactor.unwatch(watch) }
        for timer in [self.connectTimer, self.deadlineTimer, self.heartbeatTimer].compactMap({ $0 }) {
            self.reactor.cancel(timer)
        }
        if let raw = self.raw { PQfinish(raw) }
    }

    // MARK: Opening

    /// Opens a connection to the first address that accepts one.
    ///
    /// libpq's own loop over hosts is not used: it keeps no time-out per host when it must not block, so that a host
    /// which swallows packets would hide the next one.
    ///
    /// - Throws: ``PostgresError`` with the reasons of all addresses.
    static func open(
        name: String,
        role: Role,
        configuration: PostgresConfiguration,
        reactor: Reactor,
        events: Events,
        logger: Logger
    ) async throws(PostgresError) -> Connection {
        let (addresses, unresolved) = try await Address.addresses(
            of: configuration.hosts,
            timeout: configuration.connectTimeout
        )
        var failures: [PostgresError] = unresolved.map { PostgresError(.connectionLost, $0) }
        // Only a primary can LISTEN.
        let rounds =
            role == .listener ? configuration.targetSession.roundsForListening : configuration.targetSession.rounds
        for round in rounds {
            for address in addresses {
                let connection = Connection(
                    name: name,
                    role: role,
                    configuration: configuration,
                    reactor: reactor,
                    events: events,
                    logger: logger
                )
                do throws(PostgresError) {
                    try await connection.connect(to: address, target: round)
                    return connection
                } catch {
                    if error.code == .cancelled { throw error }
                    failures.append(error)
                }
            }
        }
        guard let first = failures.first, failures.count > 1 else {
            throw failures.first ?? PostgresError(.configuration, "the connection string names no host")
        }
        let codes = Set(failures.map(\.code))
        throw PostgresError(
            codes.contains(.serverRefused) ? .serverRefused : codes.count == 1 ? first.code : .connectionLost,
            "none of the hosts can be used: " + failures.map(\.message).joined(separator: "; ")
        )
    }

    private func connect(to address: Address, target: TargetSession) async throws(PostgresError) {
        guard case .connecting(let reply) = self.state else { return }
        let keywords = address.keywords(for: target, self.configuration)
        self.raw = withCStrings(keywords.map(\.0)) { names in
            withCStrings(keywords.map(\.1)) { values in PQconnectStartParams(names, values, 0) }
        }
        guard let raw = self.raw else {
            throw self.end(PostgresError(.connectionLost, "out of memory for a connection"))
        }
        guard PQstatus(raw) != CONNECTION_BAD else {
            throw self.end(self.connectFailure(address))
        }
        // The sink outlives the PGconn: both belong to this actor, which finishes the one before it drops the other.
        PQsetNoticeProcessor(
            raw,
            { sink, message in
                guard let sink, let message else { return }
                Unmanaged<NoticeSink>.fromOpaque(sink).takeUnretainedValue().take(String(cString: message))
            },
            Unmanaged.passUnretained(self.notices).toOpaque()
        )
        let timeout = self.configuration.connectTimeout
        self.connectTimer = self.reactor.schedule(after: timeout) { [weak self] in
            self?.assumeIsolated { connection in
                let message = "\(address.description): no connection within \(timeout)"
                _ = connection.end(PostgresError(.timedOut, message))
            }
        }
        // As libpq wants it: at first as if it had asked to write (PostgreSQL documentation, 34.1, “PQconnectPoll”).
        self.watchWhileConnecting(.writable, address)
        do {
            try await reply.value()
        } catch let error as PostgresError {
            throw error
        } catch {
            throw self.end(PostgresError(.cancelled, "cancelled while connecting to \(address.description)"))
        }
    }

    /// The descriptor can be another one after each step, even of the same number, so it is watched anew.
    private func watchWhileConnecting(_ interest: Reactor.Interest, _ address: Address) {
        guard let raw = self.raw else { return }
        do throws(ReactorError) {
            self.watch = try self.reactor.watch(PQsocket(raw), for: interest) { [weak self] _ in
                self?.assumeIsolated { connection in connection.stepConnecting(address) }
            }
        } catch {
            _ = self.end(PostgresError(.connectionLost, "\(address.description): \(error)"))
        }
    }

    private func stepConnecting(_ address: Address) {
        guard let raw = self.raw, case .connecting(let reply) = self.state else { return }
        // Before libpq may close it: afterwards its number could already be another's.
        if let watch = self.watch { self.reactor.unwatch(watch) }
        self.watch = nil
        switch PQconnectPoll(raw) {
        case PGRES_POLLING_READING:
            self.watchWhileConnecting(.readable, address)
        case PGRES_POLLING_WRITING:
            self.watchWhileConnecting(.writable, address)
        case PGRES_POLLING_OK:
            self.established(raw, address, reply)
        default:
            _ = self.end(self.connectFailure(address))
        }
    }

    private func established(_ raw: OpaquePointer, _ address: Address, _ reply: Reply<Void>) {
        if let timer = self.connectTimer { self.reactor.cancel(timer) }
        self.connectTimer = nil
        guard PQsetnonblocking(raw, 1) == 0, PQenterPipelineMode(raw) == 1 else {
            _ = self.end(self.connectFailure(address))
            return
        }
        do throws(ReactorError) {
            self.watchedFor = .readable
            self.watch = try self.reactor.watch(PQsocket(raw), for: .readable) { [weak self] _ in
                self?.assumeIsolated { connection in connection.socketReady() }
            }
        } catch {
            _ = self.end(PostgresError(.connectionLost, "\(address.description): \(error)"))
            return
        }
        self.state = .open
        reply.answer(.success(()))
    }

    private func connectFailure(_ address: Address) -> PostgresError {
        var message = self.raw.flatMap { PQerrorMessage($0) }.map { String(cString: $0) } ?? "unknown reason"
        message = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        // No message of libpq's quotes the password; should one ever do, it is not passed on.
        for keyword in ["password", "sslpassword"] {
            guard let secret = self.configuration.keywords[keyword]?.exposed, secret.utf8.count > 2 else { continue }
            message = message.split(separator: secret).joined(separator: "‹secret›")
        }
        // An error message of the server's is the only thing that is marked so by libpq.
        let isServers = message.contains("FATAL: ")
        return PostgresError(isServers ? .serverRefused : .connectionLost, "\(address.description): \(message)")
    }

    // MARK: Working

    /// Whether the socket has not taken all that was to be written.
    var isWriteBlocked: Bool { self.watchedFor.contains(.writable) }

    /// Reads what came and writes what waits, whenever the socket is ready for either.
    private func socketReady() {
        guard let raw = self.raw else { return }
        let isAlive = PQconsumeInput(raw) == 1
        self.lastProgress = .now
        // What came before the end still counts.
        self.takeResults()
        guard self.raw != nil else { return }
        if isAlive, PQstatus(raw) == CONNECTION_OK {
            self.flush()
        } else {
            self.endBroken()
        }
    }

    /// Writes what libpq has gathered; what the socket does not take waits until it is writable.
    func flush() {
        guard let raw = self.raw, let watch = self.watch else { return }
        let status = PQflush(raw)
        guard status >= 0 else {
            // The server may have said why before it hung up.
            _ = PQconsumeInput(raw)
            self.takeResults()
            self.endBroken()
            return
        }
        let interest: Reactor.Interest = status == 0 ? .readable : [.readable, .writable]
        if interest != self.watchedFor {
            do throws(ReactorError) {
                try self.reactor.update(watch, to: interest)
                self.watchedFor = interest
            } catch {
                _ = self.end(PostgresError(.connectionLost, "\(self.name): \(error)"))
                return
            }
        }
        if status == 0 { self.copyDrained() }
    }

    func endBroken() {
        let reason = self.raw.flatMap { PQerrorMessage($0) }.map { String(cString: $0).firstLine } ?? ""
        let said = self.notices.lastWords.map { ", after the server said “\($0)”" } ?? ""
        _ = self.end(
            PostgresError(
                .connectionLost,
                "the connection to \(self.configuration.endpoint) broke: \(reason.isEmpty ? "closed" : reason)\(said)"
            )
        )
    }

    /// Closes the connection and answers everyone who waits. Afterwards nothing is left to do; again is no error.
    ///
    /// - Parameter reason: What those who wait, and whoever comes later, are told.
    /// - Returns: The reason it really ended for, for `throw`.
    func end(_ reason: PostgresError) -> PostgresError {
        let wasOpen: Bool
        switch self.state {
        case .closed(let error):
            return error
        case .open:
            wasOpen = true
            self.state = .closed(reason)
        case .connecting(let reply):
            wasOpen = false
            self.state = .closed(reason)
            reply.answer(.failure(reason))
        }
        if let watch = self.watch { self.reactor.unwatch(watch) }
        self.watch = nil
        for timer in [self.connectTimer, self.deadlineTimer, self.heartbeatTimer].compactMap({ $0 }) {
            self.reactor.cancel(timer)
        }
        (self.connectTimer, self.deadlineTimer, self.heartbeatTimer) = (nil, nil, nil)
        if let raw = self.raw { PQfinish(raw) }
        self.raw = nil
        if wasOpen { self.events.closed() }
        self.endExclusive(reason)
        let lost = self.inFlight
        self.inFlight.removeAll()
        for statement in lost {
            // The server's own last words about a statement say more. A success does not count: it is durable only with
            // the end of its implicit transaction, which has not been heard of.
            var error = reason.forStatement(statement.request.key.text, mayHaveBeenExecuted: true)
            if case .failure(let said) = statement.outcome { error = said }
            statement.reply.answer(.failure(error))
        }
        self.inbox.wake()
        return reason
    }

    /// Closes the connection on behalf of its owner.
    func close(_ reason: PostgresError) {
        _ = self.end(reason)
    }

    /// Whether it has been closed or broke.
    var hasEnded: Bool {
        if case .closed = self.state { true } else { false }
    }

    /// The connection, or why there is none any more.
    func opened(for statement: String) throws(PostgresError) -> OpaquePointer {
        if let raw = self.raw, case .open = self.state { return raw }
        guard case .closed(let reason) = self.state else {
            throw PostgresError(.connectionLost, "the connection is not open yet", statement: statement)
        }
        throw reason.forStatement(statement, mayHaveBeenExecuted: false)
    }

    // MARK: Time

    /// Sets the timer that looks after the oldest answer that is due, unless it is set.
    func armDeadline() {
        guard self.deadlineTimer == nil, let allowance = self.allowance, self.isAwaitingServer else { return }
        var next = self.lastProgress + allowance
        let now = ContinuousClock.now
        if let due = self.inFlight.lazy.compactMap(\.deadline).first(where: { $0 > now }) { next = min(next, due) }
        self.deadlineTimer = self.reactor.schedule(after: max(next - now, .milliseconds(1))) { [weak self] in
            self?.assumeIsolated { connection in connection.checkDeadlines() }
        }
    }

    /// Whether the server has something to do; a COPY whose next rows the caller has not brought waits for the caller.
    private var isAwaitingServer: Bool {
        !self.inFlight.isEmpty || self.exclusive?.isAwaitingServer == true
    }

    private func checkDeadlines() {
        self.deadlineTimer = nil
        guard let allowance = self.allowance, self.isAwaitingServer else { return }
        let now = ContinuousClock.now
        guard now - self.lastProgress < allowance else {
            // The server keeps the statement's own limit, and says so; silence means that it or the way to it is dead.
            let message = "\(self.configuration.endpoint) has not answered for \(allowance); the connection was closed"
            _ = self.end(PostgresError(.timedOut, message))
            return
        }
        for statement in self.inFlight {
            guard let deadline = statement.deadline, deadline <= now else { break }
            statement.reply.answer(
                .failure(
                    PostgresError(
                        .timedOut,
                        "no answer within \(allowance), statements before it on the connection included",
                        statement: statement.request.key.text,
                        mayHaveBeenExecuted: true
                    )
                )
            )
        }
        self.armDeadline()
    }
}

/// Where libpq's notices go instead of standard error. Its connection owns it; called on the reactor's thread only,
/// because libpq parses messages nowhere else, which is also why `lastWords` needs no lock.
private final class NoticeSink {
    private let logger: Logger
    /// Why the server is about to hang up, if it said so while nobody waited for an answer.
    private(set) var lastWords: String?

    init(logger: Logger) {
        self.logger = logger
    }

    func take(_ message: String) {
        let line = message.firstLine
        if line.hasPrefix("FATAL:") || line.hasPrefix("PANIC:") { self.lastWords = line }
        self.logger.debug("PostgreSQL says", metadata: ["notice": "\(line)"])
    }
}

/// Calls with an array of C strings that ends with a null pointer; it lives as long as the call.
private func withCStrings<R>(_ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R) -> R {
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(bytes.count)
        bytes += string.utf8CString
    }
    return bytes.withUnsafeBufferPointer { bytes in
        let pointers = offsets.map { offset in bytes.baseAddress.map { $0 + offset } } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
