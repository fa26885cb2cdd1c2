import DequeModule

/// Decides which caller gets which connection, and when connections are opened and closed.
///
/// A value: events in, actions out; no clock, no I/O, no connections, only their numbers. ``Pool`` owns it behind a lock.
struct PoolMachine: Sendable {
    typealias ConnectionNumber = Int
    typealias Waiter = UInt64

    struct Limits: Sendable {
        /// Connections for short statements.
        var shared: Int
        /// Connections for lessees.
        var leased: Int
        /// Callers that wait for a connection, of each kind.
        var waiters: Int
        /// Statements under way on one shared connection.
        var statements: Int
        /// A further shared connection is opened when each open one has this many statements under way.
        var statementsBeforeGrowth: Int
    }

    enum Kind: Sendable, Hashable { case shared, leased }

    enum Refusal: Sendable, Hashable {
        /// Every shared connection has as many statements under way as it may.
        case connectionsFull
        /// As many callers wait as may.
        case queueFull
        case closed
    }

    enum Event: Sendable {
        /// A caller wants to send a short statement.
        case statement(Waiter)
        /// A caller wants a connection for itself.
        case lease(Waiter)
        /// A waiting caller has gone.
        case abandon(Waiter)
        case opened(ConnectionNumber)
        case openFailed(ConnectionNumber)
        /// The pause after a failure is over.
        case retry
        /// That many statements on a shared connection have been answered.
        case finished(ConnectionNumber, Int)
        /// A lessee is done; an unfit connection has been closed by then, or is about to be.
        case released(ConnectionNumber, isFit: Bool)
        /// Time has passed: leased connections that nobody used since the last time are closed.
        case sweep
        /// An open connection has ended.
        case lost(ConnectionNumber)
        /// No more callers; connections close as their statements and leases end.
        case shutDown
        /// No more callers, and all connections close now.
        case abort
    }

    enum Action: Sendable, Hashable {
        case assign(Waiter, ConnectionNumber)
        case refuse(Waiter, Refusal)
        case open(ConnectionNumber, Kind)
        case close(ConnectionNumber)
        /// Say `retry` after a pause that grows with the failures in a row.
        case pause(failures: Int)
        /// The last connection that served anyone has gone after a shutdown.
        case stopped
    }

    enum Phase: Sendable, Hashable { case running, draining, stopped }

    private enum Use: Sendable, Hashable {
        case opening
        /// Of shared connections: how many statements are under way.
        case shared(statements: Int)
        case leased
        case idle(sweeps: Int)
        case closing
    }

    private struct Slot: Sendable {
        let number: ConnectionNumber
        let kind: Kind
        var use: Use
        /// It has answered something: if it is lost, it is not for the reason for which connecting would fail too.
        var hasServed = false
    }

    private(set) var phase = Phase.running
    private let limits: Limits
    private var slots: [Slot] = []
    private var statements = WaitingLine()
    private var lessees = WaitingLine()
    private var lastNumber = 0
    private var failures = 0
    private var isPausing = false

    init(limits: Limits) {
        self.limits = limits
    }

    mutating func handle(_ event: Event) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .statement(let waiter):
            self.admitStatement(waiter, &actions)
        case .lease(let waiter):
            self.admitLessee(waiter, &actions)
        case .abandon(let waiter):
            self.statements.remove(waiter)
            self.lessees.remove(waiter)
        case .opened(let number):
            self.opened(number, &actions)
        case .openFailed(let number):
            self.remove(number)
            self.countFailure(&actions)
        case .retry:
            self.isPausing = false
        case .finished(let number, let count):
            self.finished(number, count, &actions)
        case .released(let number, let isFit):
            self.released(number, isFit: isFit, &actions)
        case .sweep:
            self.sweep(&actions)
        case .lost(let number):
            self.lost(number, &actions)
        case .shutDown:
            self.shutDown(&actions)
        case .abort:
            self.abort(&actions)
        }
        self.plan(&actions)
        return actions
    }

    // MARK: Looking at it

    /// How many connections there are of a kind, those being opened or closed included.
    func count(_ kind: Kind) -> Int { self.slots.count { $0.kind == kind } }
    /// How many callers wait for a connection.
    var waitingCount: Int { self.statements.count + self.lessees.count }
    /// How many statements are under way on shared connections.
    var statementsUnderWay: Int {
        self.slots.reduce(into: 0) { sum, slot in
            if case .shared(let statements) = slot.use { sum += statements }
        }
    }
    /// How many connections are leased at present.
    var leases: Int { self.slots.count { $0.use == .leased } }

    // MARK: Callers

    private mutating func admitStatement(_ waiter: Waiter, _ actions: inout [Action]) {
        guard self.phase == .running else {
            actions.append(.refuse(waiter, .closed))
            return
        }
        guard let (index, statements) = self.leastLoaded() else {
            guard self.statements.count < self.limits.waiters else {
                actions.append(.refuse(waiter, .queueFull))
                return
            }
            self.statements.append(waiter)
            return
        }
        guard statements < self.limits.statements else {
            actions.append(.refuse(waiter, .connectionsFull))
            return
        }
        self.slots[index].use = .shared(statements: statements + 1)
        actions.append(.assign(waiter, self.slots[index].number))
    }

    private mutating func admitLessee(_ waiter: Waiter, _ actions: inout [Action]) {
        guard self.phase == .running else {
            actions.append(.refuse(waiter, .closed))
            return
        }
        let idle = self.slots.lastIndex { slot in
            if case .idle = slot.use { true } else { false }
        }
        if let idle {
            self.slots[idle].use = .leased
            actions.append(.assign(waiter, self.slots[idle].number))
        } else if self.lessees.count < self.limits.waiters {
            self.lessees.append(waiter)
        } else {
            actions.append(.refuse(waiter, .queueFull))
        }
    }

    private func leastLoaded() -> (index: Int, statements: Int)? {
        var least: (index: Int, statements: Int)?
        for (index, slot) in self.slots.enumerated() {
            guard case .shared(let statements) = slot.use else { continue }
            if let found = least, found.statements <= statements { continue }
            least = (index, statements)
        }
        return least
    }

    // MARK: Connections

    private mutating func opened(_ number: ConnectionNumber, _ actions: inout [Action]) {
        guard let index = self.index(number), self.slots[index].use == .opening else { return }
        guard self.phase == .running else {
            self.slots[index].use = .closing
            actions.append(.close(number))
            return
        }
        switch self.slots[index].kind {
        case .shared:
            self.slots[index].use = .shared(statements: self.serveStatements(number, besides: 0, &actions))
        case .leased:
            self.serveNextLessee(index, &actions)
        }
    }

    /// Gives waiting statements to a shared connection as far as it has room.
    ///
    /// - Returns: How many it has under way then.
    private mutating func serveStatements(
        _ number: ConnectionNumber,
        besides present: Int,
        _ actions: inout [Action]
    ) -> Int {
        var count = present
        while count < self.limits.statements, let waiter = self.statements.popFirst() {
            actions.append(.assign(waiter, number))
            count += 1
        }
        return count
    }

    private mutating func serveNextLessee(_ index: Int, _ actions: inout [Action]) {
        if let waiter = self.lessees.popFirst() {
            self.slots[index].use = .leased
            actions.append(.assign(waiter, self.slots[index].number))
        } else {
            self.slots[index].use = .idle(sweeps: 0)
        }
    }

    private mutating func finished(_ number: ConnectionNumber, _ count: Int, _ actions: inout [Action]) {
        guard let index = self.index(number), case .shared(let statements) = self.slots[index].use else { return }
        let left = self.serveStatements(number, besides: max(0, statements - count), &actions)
        self.slots[index].use = .shared(statements: left)
        self.slots[index].hasServed = true
        self.failures = 0
        if self.phase == .draining, left == 0 {
            self.slots[index].use = .closing
            actions.append(.close(number))
        }
    }

    private mutating func released(_ number: ConnectionNumber, isFit: Bool, _ actions: inout [Action]) {
        guard let index = self.index(number), self.slots[index].use == .leased else { return }
        if isFit {
            self.slots[index].hasServed = true
            self.failures = 0
        }
        if isFit, self.phase == .running {
            self.serveNextLessee(index, &actions)
        } else {
            self.slots[index].use = .closing
            actions.append(.close(number))
        }
    }

    private mutating func sweep(_ actions: inout [Action]) {
        for index in self.slots.indices {
            guard case .idle(let sweeps) = self.slots[index].use else { continue }
            if sweeps < 2 {
                self.slots[index].use = .idle(sweeps: sweeps + 1)
            } else {
                self.slots[index].use = .closing
                actions.append(.close(self.slots[index].number))
            }
        }
    }

    private mutating func lost(_ number: ConnectionNumber, _ actions: inout [Action]) {
        guard let index = self.index(number) else { return }
        let slot = self.slots.remove(at: index)
        if slot.use != .closing, !slot.hasServed { self.countFailure(&actions) }
        self.noteIfStopped(&actions)
    }

    private mutating func remove(_ number: ConnectionNumber) {
        self.slots.removeAll { $0.number == number }
    }

    private mutating func countFailure(_ actions: inout [Action]) {
        self.noteIfStopped(&actions)
        guard self.phase == .running else { return }
        self.failures += 1
        guard !self.isPausing else { return }
        self.isPausing = true
        actions.append(.pause(failures: self.failures))
    }

    // MARK: The end

    private mutating func shutDown(_ actions: inout [Action]) {
        guard self.phase == .running else { return }
        self.phase = .draining
        self.refuseEveryone(&actions)
        for index in self.slots.indices {
            switch self.slots[index].use {
            case .shared(statements: 0), .idle:
                self.slots[index].use = .closing
                actions.append(.close(self.slots[index].number))
            case .shared, .leased, .opening, .closing:
                break
            }
        }
        self.noteIfStopped(&actions)
    }

    private mutating func abort(_ actions: inout [Action]) {
        guard self.phase != .stopped else { return }
        self.phase = .draining
        self.refuseEveryone(&actions)
        for index in self.slots.indices {
            switch self.slots[index].use {
            case .shared, .idle, .leased:
                self.slots[index].use = .closing
                actions.append(.close(self.slots[index].number))
            case .opening, .closing:
                break
            }
        }
        self.noteIfStopped(&actions)
    }

    private mutating func refuseEveryone(_ actions: inout [Action]) {
        while let waiter = self.statements.popFirst() { actions.append(.refuse(waiter, .closed)) }
        while let waiter = self.lessees.popFirst() { actions.append(.refuse(waiter, .closed)) }
    }

    private mutating func noteIfStopped(_ actions: inout [Action]) {
        // What is still being opened need not be waited for: it serves nobody.
        guard self.phase == .draining, self.slots.allSatisfy({ $0.use == .opening }) else { return }
        self.phase = .stopped
        actions.append(.stopped)
    }

    // MARK: Opening

    /// Opens what is missing: one shared connection always, more when all are loaded, and one for each waiting lessee as
    /// far as the limits go. Nothing while a pause after a failure lasts.
    private mutating func plan(_ actions: inout [Action]) {
        guard self.phase == .running, !self.isPausing else { return }
        if self.wantsSharedConnection { self.open(.shared, &actions) }
        var opening = self.slots.count { $0.kind == .leased && $0.use == .opening }
        var all = self.count(.leased)
        while opening < self.lessees.count, all < self.limits.leased {
            self.open(.leased, &actions)
            opening += 1
            all += 1
        }
    }

    private var wantsSharedConnection: Bool {
        var count = 0
        for slot in self.slots where slot.kind == .shared {
            // One at a time: the next answer tells whether still more are needed.
            if slot.use == .opening { return false }
            if case .shared(let statements) = slot.use, statements < self.limits.statementsBeforeGrowth { return false }
            count += 1
        }
        return count < self.limits.shared
    }

    private mutating func open(_ kind: Kind, _ actions: inout [Action]) {
        self.lastNumber += 1
        self.slots.append(Slot(number: self.lastNumber, kind: kind, use: .opening))
        actions.append(.open(self.lastNumber, kind))
    }

    private func index(_ number: ConnectionNumber) -> Int? {
        self.slots.firstIndex { $0.number == number }
    }
}

/// First come, first served, and those who leave are forgotten at once.
private struct WaitingLine: Sendable {
    private var order = Deque<PoolMachine.Waiter>()
    private var present: Set<PoolMachine.Waiter> = []

    var count: Int { self.present.count }

    mutating func append(_ waiter: PoolMachine.Waiter) {
        self.order.append(waiter)
        self.present.insert(waiter)
    }

    mutating func remove(_ waiter: PoolMachine.Waiter) {
        guard self.present.remove(waiter) != nil else { return }
        // Their places are given up when most are empty, so that leaving stays cheap.
        guard self.order.count > 64, self.order.count > 2 * self.present.count else { return }
        self.order.removeAll { !self.present.contains($0) }
    }

    mutating func popFirst() -> PoolMachine.Waiter? {
        while let first = self.order.popFirst() {
            if self.present.remove(first) != nil { return first }
        }
        return nil
    }
}
