import Testing

@testable import Postgres

/// The same numbers for the same seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// What a correct pool may do, checked action by action, and a world that does what the pool asks for, in any order.
private struct World {
    enum Link: Equatable { case opening, open, closing }

    struct Wire {
        let kind: PoolMachine.Kind
        var link = Link.opening
        var statements = 0
        var isLeased = false
    }

    let limits: PoolMachine.Limits
    var machine: PoolMachine
    var wires: [Int: Wire] = [:]
    var waitingStatements: [UInt64] = []
    var waitingLessees: [UInt64] = []
    var lastWaiter: UInt64 = 0
    var isPausing = false
    var isShutDown = false
    var stops = 0

    init(limits: PoolMachine.Limits) {
        self.limits = limits
        self.machine = PoolMachine(limits: limits)
    }

    mutating func send(_ event: PoolMachine.Event) throws {
        for action in self.machine.handle(event) { try self.check(action) }
        #expect(self.machine.waitingCount == self.waitingStatements.count + self.waitingLessees.count)
        #expect(
            self.machine.statementsUnderWay
                == self.wires.values.reduce(0) { $0 + ($1.link == .open ? $1.statements : 0) }
        )
        #expect(self.machine.leases == self.wires.values.count { $0.isLeased && $0.link == .open })
        // Nobody waits while something is free for them.
        if !self.waitingStatements.isEmpty {
            let limit = self.limits.statements
            #expect(!self.wires.values.contains { $0.kind == .shared && $0.link == .open && $0.statements < limit })
        }
        if !self.waitingLessees.isEmpty {
            #expect(!self.wires.values.contains { $0.kind == .leased && $0.link == .open && !$0.isLeased })
            let all = self.wires.values.count { $0.kind == .leased }
            let opening = self.wires.values.count { $0.kind == .leased && $0.link == .opening }
            #expect(self.isPausing || all == self.limits.leased || opening >= self.waitingLessees.count)
        }
        if !self.isShutDown, !self.isPausing {
            #expect(self.wires.values.contains { $0.kind == .shared })
        }
    }

    private mutating func check(_ action: PoolMachine.Action) throws {
        switch action {
        case .assign(let waiter, let number):
            let wire = try #require(self.wires[number])
            #expect(wire.link == .open)
            switch wire.kind {
            case .shared:
                try #require(self.waitingStatements.first == waiter)
                self.waitingStatements.removeFirst()
                #expect(wire.statements < self.limits.statements)
                self.wires[number]?.statements += 1
            case .leased:
                try #require(self.waitingLessees.first == waiter)
                self.waitingLessees.removeFirst()
                #expect(!wire.isLeased)
                self.wires[number]?.isLeased = true
            }
        case .refuse(let waiter, let refusal):
            let isStatement = self.waitingStatements.contains(waiter)
            #expect(isStatement || self.waitingLessees.contains(waiter))
            switch refusal {
            case .closed:
                #expect(self.isShutDown)
            case .queueFull:
                #expect((isStatement ? self.waitingStatements : self.waitingLessees).count == self.limits.waiters + 1)
            case .connectionsFull:
                #expect(isStatement)
                for wire in self.wires.values where wire.kind == .shared && wire.link == .open {
                    #expect(wire.statements == self.limits.statements)
                }
            }
            self.waitingStatements.removeAll { $0 == waiter }
            self.waitingLessees.removeAll { $0 == waiter }
        case .open(let number, let kind):
            #expect(self.wires[number] == nil && !self.isPausing && !self.isShutDown)
            self.wires[number] = Wire(kind: kind)
            #expect(self.wires.values.count { $0.kind == .shared } <= self.limits.shared)
            #expect(self.wires.values.count { $0.kind == .leased } <= self.limits.leased)
        case .close(let number):
            #expect(self.wires[number]?.link == .open)
            self.wires[number]?.link = .closing
        case .pause(let failures):
            #expect(!self.isPausing && failures > 0)
            self.isPausing = true
        case .stopped:
            #expect(self.isShutDown)
            #expect(self.wires.values.allSatisfy { $0.link == .opening })
            self.stops += 1
        }
    }

    /// One thing that can happen in the world as it is.
    mutating func step(_ generator: inout SeededGenerator) throws {
        func any(_ condition: (Wire) -> Bool) -> Int? {
            self.wires.filter { condition($0.value) }.keys.sorted().randomElement(using: &generator)
        }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<25:
            self.lastWaiter += 1
            self.waitingStatements.append(self.lastWaiter)
            try self.send(.statement(self.lastWaiter))
        case 25..<40:
            self.lastWaiter += 1
            self.waitingLessees.append(self.lastWaiter)
            try self.send(.lease(self.lastWaiter))
        case 40..<45:
            let waiting = self.waitingStatements + self.waitingLessees
            guard let waiter = waiting.randomElement(using: &generator) else { return }
            self.waitingStatements.removeAll { $0 == waiter }
            self.waitingLessees.removeAll { $0 == waiter }
            try self.send(.abandon(waiter))
        case 45..<60:
            guard let number = any({ $0.link == .opening }) else { return }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                self.wires[number] = nil
                try self.send(.openFailed(number))
            } else {
                self.wires[number]?.link = .open
                try self.send(.opened(number))
            }
        case 60..<75:
            guard let number = any({ $0.statements > 0 }) else { return }
            let count = Int.random(in: 1...(self.wires[number]?.statements ?? 1), using: &generator)
            self.wires[number]?.statements -= count
            try self.send(.finished(number, count))
        case 75..<85:
            guard let number = any({ $0.isLeased }) else { return }
            self.wires[number]?.isLeased = false
            try self.send(.released(number, isFit: Bool.random(using: &generator)))
        case 85..<90:
            guard let number = any({ $0.link != .opening }) else { return }
            self.wires[number] = nil
            try self.send(.lost(number))
        case 90..<95:
            guard self.isPausing else { return }
            self.isPausing = false
            try self.send(.retry)
        default:
            try self.send(.sweep)
        }
    }

    /// Whatever is under way ends, in any order.
    mutating func end(_ generator: inout SeededGenerator) throws {
        while let number = self.wires.keys.sorted().randomElement(using: &generator), let wire = self.wires[number] {
            if wire.link == .opening {
                self.wires[number]?.link = .open
                try self.send(.opened(number))
            } else if wire.statements > 0, wire.link == .open {
                self.wires[number]?.statements = 0
                try self.send(.finished(number, wire.statements))
            } else if wire.isLeased, wire.link == .open {
                self.wires[number]?.isLeased = false
                try self.send(.released(number, isFit: true))
            } else {
                #expect(wire.link == .closing)
                self.wires[number] = nil
                try self.send(.lost(number))
            }
        }
    }
}

@Suite struct PoolMachineTests {
    @Test func `any order of events keeps the limits and forgets nobody`() throws {
        for seed in UInt64(0)..<400 {
            var generator = SeededGenerator(seed: seed)
            var world = World(
                limits: PoolMachine.Limits(
                    shared: Int.random(in: 1...4, using: &generator),
                    leased: Int.random(in: 1...4, using: &generator),
                    waiters: Int.random(in: 1...12, using: &generator),
                    statements: Int.random(in: 1...6, using: &generator),
                    statementsBeforeGrowth: Int.random(in: 1...3, using: &generator)
                )
            )
            try world.send(.retry)
            for _ in 0..<300 { try world.step(&generator) }
            world.isShutDown = true
            try world.send(Bool.random(using: &generator) ? .shutDown : .abort)
            #expect(world.waitingStatements.isEmpty && world.waitingLessees.isEmpty)
            for _ in 0..<30 { try world.step(&generator) }
            try world.end(&generator)
            #expect(world.stops == 1, "seed \(seed)")
            #expect(world.machine.phase == .stopped)
        }
    }

    @Test func `shared connections are opened one by one as load grows, and no more than allowed`() {
        var machine = PoolMachine(
            limits: .init(shared: 2, leased: 1, waiters: 10, statements: 10, statementsBeforeGrowth: 2)
        )
        #expect(machine.handle(.retry) == [.open(1, .shared)])
        #expect(machine.handle(.opened(1)) == [])
        #expect(machine.handle(.statement(1)) == [.assign(1, 1)])
        #expect(machine.handle(.statement(2)) == [.assign(2, 1), .open(2, .shared)])
        #expect(machine.handle(.statement(3)) == [.assign(3, 1)])
        #expect(machine.handle(.opened(2)) == [])
        #expect(machine.handle(.statement(4)) == [.assign(4, 2)])
        #expect(machine.handle(.statement(5)) == [.assign(5, 2)])
        #expect(machine.handle(.statement(6)) == [.assign(6, 2)])
    }

    @Test func `failures to connect pause longer and longer, until a connection has served`() {
        var machine = PoolMachine(
            limits: .init(shared: 1, leased: 1, waiters: 10, statements: 10, statementsBeforeGrowth: 2)
        )
        #expect(machine.handle(.retry) == [.open(1, .shared)])
        #expect(machine.handle(.openFailed(1)) == [.pause(failures: 1)])
        #expect(machine.handle(.statement(1)) == [])
        #expect(machine.handle(.retry) == [.open(2, .shared)])
        #expect(machine.handle(.openFailed(2)) == [.pause(failures: 2)])
        #expect(machine.handle(.retry) == [.open(3, .shared)])
        #expect(machine.handle(.opened(3)) == [.assign(1, 3)])
        // It was lost before it answered anything, as behind a proxy whose server is away.
        #expect(machine.handle(.lost(3)) == [.pause(failures: 3)])
        #expect(machine.handle(.retry) == [.open(4, .shared)])
        #expect(machine.handle(.opened(4)) == [])
        #expect(machine.handle(.statement(2)) == [.assign(2, 4)])
        #expect(machine.handle(.finished(4, 1)) == [])
        #expect(machine.handle(.lost(4)) == [.open(5, .shared)])
    }

    @Test func `a leased connection that nobody uses is closed by the third sweep`() {
        var machine = PoolMachine(
            limits: .init(shared: 1, leased: 1, waiters: 10, statements: 10, statementsBeforeGrowth: 2)
        )
        #expect(machine.handle(.lease(1)) == [.open(1, .shared), .open(2, .leased)])
        #expect(machine.handle(.opened(2)) == [.assign(1, 2)])
        for _ in 0..<5 { #expect(machine.handle(.sweep) == []) }
        #expect(machine.handle(.released(2, isFit: true)) == [])
        #expect(machine.handle(.sweep) == [])
        #expect(machine.handle(.sweep) == [])
        #expect(machine.handle(.sweep) == [.close(2)])
    }
}
