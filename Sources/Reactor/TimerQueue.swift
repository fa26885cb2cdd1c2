import HeapModule

/// The timers of one event loop, earliest first.
///
/// A cancelled timer only loses its handler; the heap is rebuilt when most of its entries are such. A request that sets
/// and cancels three time-outs so costs three small steps.
struct TimerQueue {
    private struct Entry: Comparable {
        let deadline: ContinuousClock.Instant
        let number: UInt64

        static func < (left: Entry, right: Entry) -> Bool {
            (left.deadline, left.number) < (right.deadline, right.number)
        }
    }

    private var entries = Heap<Entry>()
    private var handlers: [UInt64: () -> Void] = [:]
    private var last: UInt64 = 0

    /// When the loop has to wake up for a timer; possibly for one that was cancelled.
    var next: ContinuousClock.Instant? {
        self.entries.min?.deadline
    }

    /// How many timers are set.
    var count: Int { self.handlers.count }

    mutating func add(at deadline: ContinuousClock.Instant, _ handler: @escaping () -> Void) -> Reactor.Timer {
        self.last += 1
        self.entries.insert(Entry(deadline: deadline, number: self.last))
        self.handlers[self.last] = handler
        return Reactor.Timer(number: self.last)
    }

    mutating func remove(_ timer: Reactor.Timer) {
        self.handlers[timer.number] = nil
        guard self.entries.count > 64, self.entries.count > 2 * self.handlers.count else { return }
        let handlers = self.handlers
        self.entries = Heap(self.entries.unordered.filter { handlers[$0.number] != nil })
    }

    /// Takes the next due handler out; the caller calls it when the queue is free again, as it may set other timers.
    mutating func takeDue(_ now: ContinuousClock.Instant) -> (() -> Void)? {
        while let first = self.entries.min, first.deadline <= now {
            self.entries.removeMin()
            if let handler = self.handlers.removeValue(forKey: first.number) { return handler }
        }
        return nil
    }
}
