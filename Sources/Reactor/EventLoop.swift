import CReactor
import NIOConcurrencyHelpers

/// The thread behind a ``Reactor``: it waits for sockets, timers and jobs, and runs what became ready.
///
/// One turn handles ready sockets, then due timers, then the jobs that were waiting when it got to them, then what
/// asked for the end of the turn.
///
/// `@unchecked Sendable`: `jobs` and `thread` are locks; the descriptors and `name` are written before the thread starts;
/// `executor` is set once by `Reactor.init` before the thread starts; every other property is touched by the loop's
/// own thread only, which ``Reactor`` checks at each of its entrances.
final class EventLoop: @unchecked Sendable {
    private enum Job {
        case task(UnownedJob)
        case handler(@Sendable () -> Void)
    }

    private struct Jobs {
        var waiting: [Job] = []
        /// A wake-up is on its way or the loop is about to look: no further one is needed.
        var isAwake = false
        var isStopped = false
    }

    private struct WatchedDescriptor {
        let descriptor: Int32
        let handler: (Reactor.Interest) -> Void
    }

    weak var executor: Reactor?
    var timers = TimerQueue()
    var endOfTurn: [() -> Void] = []

    private let jobs = NIOLockedValueBox(Jobs())
    private let epoll: Int32
    private let wakeUp: Int32
    /// Set by the loop's thread itself before anything else. Not where `pthread_create` writes, which may be later than
    /// the thread begins.
    private let thread = NIOLockedValueBox<pthread_t?>(nil)
    private var name = ""
    private var watches: [UInt64: WatchedDescriptor] = [:]
    /// Which watch the kernel knows a descriptor's number by: libraries close descriptors before they say so, and the
    /// number is used again meanwhile.
    private var current: [Int32: UInt64] = [:]
    private var lastWatch = EventLoop.wakeUpNumber
    private var events = [epoll_event](repeating: epoll_event(), count: 256)

    private static let wakeUpNumber: UInt64 = 0

    init() throws(ReactorError) {
        self.epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard self.epoll >= 0 else { throw ReactorError("epoll_create1") }
        self.wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard self.wakeUp >= 0 else {
            let error = ReactorError("eventfd")
            close(self.epoll)
            throw error
        }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: Self.wakeUpNumber))
        guard epoll_ctl(self.epoll, EPOLL_CTL_ADD, self.wakeUp, &event) == 0 else {
            let error = ReactorError("epoll_ctl of the wake-up descriptor")
            close(self.wakeUp)
            close(self.epoll)
            throw error
        }
    }

    deinit {
        close(self.wakeUp)
        close(self.epoll)
    }

    var isCurrent: Bool {
        self.thread.withLockedValue { $0.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    /// Starts the thread, which keeps the loop alive until it ends.
    func start(named name: String) throws(ReactorError) {
        self.name = name
        let retained = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { raw in
                guard let raw else { return nil }
                let loop = Unmanaged<EventLoop>.fromOpaque(raw).takeRetainedValue()
                loop.thread.withLockedValue { $0 = pthread_self() }
                // A name is for whoever looks at the threads; the kernel cuts it at 15 bytes, and nothing depends on it.
                _ = reactor_name_thread(loop.name)
                loop.run()
                return nil
            },
            retained.toOpaque()
        )
        guard status == 0 else {
            retained.release()
            throw ReactorError("pthread_create", number: status)
        }
        pthread_detach(thread)
    }

    func stop() {
        let mustWake = self.jobs.withLockedValue { jobs in
            jobs.isStopped = true
            defer { jobs.isAwake = true }
            return !jobs.isAwake
        }
        if mustWake { self.wake() }
    }

    func enqueue(_ job: UnownedJob) {
        self.enqueue(.task(job))
    }

    func submit(_ handler: @escaping @Sendable () -> Void) {
        self.enqueue(.handler(handler))
    }

    private func enqueue(_ job: Job) {
        let mustWake = self.jobs.withLockedValue { jobs in
            jobs.waiting.append(job)
            defer { jobs.isAwake = true }
            return !jobs.isAwake
        }
        if mustWake { self.wake() }
    }

    func watch(
        _ descriptor: Int32,
        for interest: Reactor.Interest,
        _ handler: @escaping (Reactor.Interest) -> Void
    ) throws(ReactorError) -> Reactor.Watch {
        self.lastWatch += 1
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: self.lastWatch))
        guard epoll_ctl(self.epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw ReactorError("epoll_ctl(ADD) of descriptor \(descriptor)")
        }
        // The kernel took it, so an older watch of this number is of a descriptor that was closed.
        if let stale = self.current.updateValue(self.lastWatch, forKey: descriptor) { self.watches[stale] = nil }
        self.watches[self.lastWatch] = WatchedDescriptor(descriptor: descriptor, handler: handler)
        return Reactor.Watch(number: self.lastWatch, descriptor: descriptor)
    }

    func update(_ watch: Reactor.Watch, to interest: Reactor.Interest) throws(ReactorError) {
        guard self.watches[watch.number] != nil else { return }
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: watch.number))
        guard epoll_ctl(self.epoll, EPOLL_CTL_MOD, watch.descriptor, &event) == 0 else {
            throw ReactorError("epoll_ctl(MOD) of descriptor \(watch.descriptor)")
        }
    }

    func unwatch(_ watch: Reactor.Watch) {
        guard self.watches.removeValue(forKey: watch.number) != nil else { return }
        self.current[watch.descriptor] = nil
        var event = epoll_event()
        // It fails when the library has closed the descriptor already, which took it out of the set: what we want.
        _ = epoll_ctl(self.epoll, EPOLL_CTL_DEL, watch.descriptor, &event)
    }

    private func wake() {
        var one: UInt64 = 1
        // It can only fail by a counter that is full, and then the loop is going to wake up anyhow.
        _ = write(self.wakeUp, &one, MemoryLayout<UInt64>.size)
    }

    private func run() {
        while true {
            self.handleSockets()
            self.fireTimers()
            let isStopped = self.runJobs()
            self.finishTurn()
            if isStopped { return }
        }
    }

    private func handleSockets() {
        let count = epoll_wait(self.epoll, &self.events, Int32(self.events.count), self.millisecondsToWait())
        // It is interrupted by signals and debuggers; the next turn waits again.
        guard count > 0 else { return }
        for index in 0..<Int(count) {
            let event = self.events[index]
            guard event.data.u64 != Self.wakeUpNumber else {
                var counter: UInt64 = 0
                _ = read(self.wakeUp, &counter, MemoryLayout<UInt64>.size)
                continue
            }
            // Looked up each time: an earlier handler of this turn may have unwatched it.
            self.watches[event.data.u64]?.handler(Reactor.Interest(rawValue: event.events))
        }
    }

    private func millisecondsToWait() -> Int32 {
        let hasJobs = self.jobs.withLockedValue { jobs in
            if jobs.waiting.isEmpty && !jobs.isStopped { jobs.isAwake = false }
            return jobs.isAwake
        }
        // What asked for the end of a turn while one was ending would otherwise wait for the next socket.
        guard !hasJobs, self.endOfTurn.isEmpty else { return 0 }
        guard let next = self.timers.next else { return -1 }
        let (seconds, attoseconds) = (next - .now).components
        // Rounded up, or a timer that is due in half a millisecond would spin.
        let milliseconds = seconds.multipliedReportingOverflow(by: 1_000)
        guard !milliseconds.overflow, milliseconds.partialValue < Int64(Int32.max) - 1_000 else { return Int32.max }
        return max(0, Int32(milliseconds.partialValue + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }

    private func fireTimers() {
        guard self.timers.next != nil else { return }
        let now = ContinuousClock.Instant.now
        while let handler = self.timers.takeDue(now) { handler() }
    }

    private func runJobs() -> Bool {
        let (batch, isStopped) = self.jobs.withLockedValue { jobs in
            defer { jobs.waiting.removeAll(keepingCapacity: jobs.waiting.capacity <= 1_024) }
            return (jobs.waiting, jobs.isStopped)
        }
        guard !batch.isEmpty else { return isStopped }
        // A waiting job keeps its actor, which keeps the reactor; held here so that the last job does not end it midway.
        let executor = self.executor
        let unowned = executor?.asUnownedSerialExecutor()
        for job in batch {
            switch job {
            case .task(let job):
                if let unowned { job.runSynchronously(on: unowned) }
            case .handler(let handler):
                handler()
            }
        }
        return isStopped
    }

    private func finishTurn() {
        guard !self.endOfTurn.isEmpty else { return }
        let handlers = self.endOfTurn
        self.endOfTurn.removeAll(keepingCapacity: true)
        for handler in handlers { handler() }
    }
}
