import CCurl
import Reactor

/// Time-outs, all but the one for connecting, which is libcurl's.
///
/// A deadline that moves with every chunk is not set anew with every chunk: one timer stands at the earliest deadline
/// there was, and when it fires, all transfers are asked what theirs is now. (A deadline only ever moves into the future,
/// except when the first byte of a response comes, which is noted.) With transfers that do not run into their
/// deadlines this happens a few times a minute, whatever their number.
extension Engine {
    /// How close together two sweeps may be.
    private static let sweepInterval = Duration.milliseconds(5)

    func noteDeadline(_ deadline: Deadline) {
        self.setSweep(deadline.at)
    }

    private func setSweep(_ due: ContinuousClock.Instant) {
        if let set = self.sweepTimer {
            guard set.due > due else { return }
            self.reactor.cancel(set.timer)
        }
        let timer = self.reactor.schedule(after: due - self.turn()) { self.assumeIsolated { $0.sweep() } }
        self.sweepTimer = (timer, due)
    }

    private func sweep() {
        self.sweepTimer = nil
        let now = self.turn()
        var next: ContinuousClock.Instant?
        var late: [(Exchange, TransferError)] = []
        for place in self.places.values {
            let deadline: Deadline
            switch place {
            case .waiting(let exchange):
                deadline = .first(of: exchange)
                if deadline.at <= now {
                    late.append((exchange, deadline.error(of: exchange, "while it waited for a free connection")))
                }
            case .running(let handle):
                guard let exchange = handle.exchange else { continue }
                deadline = .current(of: exchange, on: handle, now: now)
                if deadline.at <= now {
                    late.append((exchange, self.described(deadline.error(of: exchange, nil), handle)))
                }
            }
            if deadline.at > now { next = min(next ?? deadline.at, deadline.at) }
        }
        for (exchange, error) in late { self.end(exchange, .failed(error)) }
        if let next { self.setSweep(max(next, now + Self.sweepInterval)) }
    }
}

/// When a transfer fails if nothing comes, and how.
struct Deadline {
    let at: ContinuousClock.Instant
    let code: TransferError.Code
    let limit: Duration

    /// The one a transfer has when it is submitted.
    static func first(of exchange: Exchange) -> Deadline {
        let timeouts = exchange.request.timeouts
        let firstByte = Deadline(
            at: exchange.started + timeouts.firstByte,
            code: .firstByteTimedOut,
            limit: timeouts.firstByte
        )
        return firstByte.orTotal(of: exchange)
    }

    /// The one a running transfer has now.
    static func current(of exchange: Exchange, on handle: EasyHandle, now: ContinuousClock.Instant) -> Deadline {
        let timeouts = exchange.request.timeouts
        let deadline: Deadline
        if handle.firstByteAt == nil {
            // While the sequence of the request's body has nothing to send, the server owes nothing.
            let isWaiting = exchange.upload?.isWaitingForSource ?? false
            let start = isWaiting ? now : exchange.upload == nil ? exchange.started : handle.lastActivity
            deadline = Deadline(
                at: max(start, exchange.started) + timeouts.firstByte,
                code: .firstByteTimedOut,
                limit: timeouts.firstByte
            )
        } else {
            // While the reader is behind, the server cannot send.
            let start = handle.isReceivingPaused ? now : handle.lastActivity
            deadline = Deadline(at: start + timeouts.idle, code: .idleTimedOut, limit: timeouts.idle)
        }
        return deadline.orTotal(of: exchange)
    }

    func error(of exchange: Exchange, _ circumstance: String?) -> TransferError {
        let what =
            switch self.code {
            case .firstByteTimedOut: "the response did not begin within \(self.limit)"
            case .idleTimedOut: "the response stood still for \(self.limit)"
            default: "the transfer took longer than \(self.limit)"
            }
        return exchange.error(self.code, circumstance.map { "\(what), \($0)" } ?? what)
    }

    private func orTotal(of exchange: Exchange) -> Deadline {
        guard let total = exchange.request.timeouts.total, exchange.started + total < self.at else { return self }
        return Deadline(at: exchange.started + total, code: .totalTimedOut, limit: total)
    }
}
