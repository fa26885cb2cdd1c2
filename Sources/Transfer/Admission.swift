import DequeModule

/// Who may start, who waits, who is refused. A value: it knows tickets and numbers, no sockets and no time.
///
/// libcurl can queue too, but wakes a waiting transfer only when the first of its queue can start: a full host would
/// hold up all others.
struct Admission<Ticket: Hashable> {
    enum Verdict: Equatable {
        case start, wait, refuse
    }

    private struct Host {
        var running = 0
        var limit: Int
        /// Tickets in order of arrival, those that gave up included until there are too many of them.
        var queue = Deque<Ticket>()
        var waiting = 0
    }

    private let connectionsPerHost: Int
    private let streamsPerConnection: Int
    private let maximumRunning: Int
    private let maximumWaiting: Int
    private let maximumHosts = 1_024
    private var hosts: [Origin: Host] = [:]
    /// Whose turn it is among hosts with waiting tickets.
    private var turns = Deque<Origin>()
    private var places: [Ticket: Origin] = [:]
    private(set) var running = 0

    var waiting: Int { self.places.count }

    init(connectionsPerHost: Int, streamsPerConnection: Int, maximumRunning: Int, maximumWaiting: Int) {
        self.connectionsPerHost = max(1, connectionsPerHost)
        self.streamsPerConnection = max(1, streamsPerConnection)
        self.maximumRunning = max(1, maximumRunning)
        self.maximumWaiting = max(0, maximumWaiting)
    }

    mutating func ask(_ ticket: Ticket, for origin: Origin) -> Verdict {
        self.makeRoomForHosts()
        var host = self.hosts[origin] ?? Host(limit: self.connectionsPerHost)
        // Nobody overtakes those who wait for the same host.
        if host.waiting == 0, host.running < host.limit, self.running < self.maximumRunning {
            host.running += 1
            self.running += 1
            self.hosts[origin] = host
            return .start
        }
        guard self.places.count < self.maximumWaiting else { return .refuse }
        if host.waiting == 0 { self.turns.append(origin) }
        host.queue.append(ticket)
        host.waiting += 1
        self.hosts[origin] = host
        self.places[ticket] = origin
        return .wait
    }

    /// A transfer that was started has ended.
    mutating func ended(at origin: Origin) {
        self.running -= 1
        self.hosts[origin]?.running -= 1
    }

    /// A waiting ticket gives up.
    mutating func giveUp(_ ticket: Ticket) {
        guard let origin = self.places.removeValue(forKey: ticket), var host = self.hosts.removeValue(forKey: origin)
        else { return }
        host.waiting -= 1
        if host.waiting == 0 {
            host.queue.removeAll()
            self.turns.removeAll { $0 == origin }
        } else if host.queue.count > 2 * host.waiting + 16 {
            host.queue.removeAll { self.places[$0] == nil }
        }
        self.hosts[origin] = host
    }

    /// The next ticket that may start now, hosts taking turns; it counts as started.
    mutating func next() -> Ticket? {
        guard self.running < self.maximumRunning else { return nil }
        for _ in 0..<self.turns.count {
            guard let origin = self.turns.popFirst(), var host = self.hosts.removeValue(forKey: origin) else {
                return nil
            }
            guard host.running < host.limit else {
                self.hosts[origin] = host
                self.turns.append(origin)
                continue
            }
            var started: Ticket?
            while started == nil, let ticket = host.queue.popFirst() {
                if self.places.removeValue(forKey: ticket) != nil { started = ticket }
            }
            if started != nil {
                host.waiting -= 1
                host.running += 1
                self.running += 1
            }
            if host.waiting > 0 { self.turns.append(origin) }
            self.hosts[origin] = host
            if let started { return started }
        }
        return nil
    }

    /// A host has shown whether it takes many transfers over one connection.
    mutating func learn(_ origin: Origin, multiplexes: Bool) {
        self.hosts[origin]?.limit =
            multiplexes ? self.connectionsPerHost * self.streamsPerConnection : self.connectionsPerHost
    }

    private mutating func makeRoomForHosts() {
        guard self.hosts.count >= self.maximumHosts else { return }
        self.hosts = self.hosts.filter { $0.value.running > 0 || $0.value.waiting > 0 }
    }
}
