import CCurl
import Reactor

/// Sockets and timers: what libcurl wants to hear of, and the reactor's news.
extension Engine {
    static func makeMulti(
        _ configuration: TransferConfiguration
    ) throws(TransferError) -> (multi: UnsafeMutableRawPointer, share: UnsafeMutableRawPointer) {
        guard let multi = curl_multi_init() else { throw Self.refused("no memory for a multi handle") }
        guard let share = curl_share_init() else {
            curl_multi_cleanup(multi)
            throw Self.refused("no memory for a share handle")
        }
        // Sessions of TLS belong to the pool: whichever handle connects next can resume them. All on one thread, so
        // libcurl needs no locks.
        let shared = transfer_share(share, CURL_LOCK_DATA_SSL_SESSION)
        let total = configuration.totalConnections
        let statuses = [
            transfer_multi_set_long(multi, CURLMOPT_MAXCONNECTS, total),
            transfer_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, total),
            transfer_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, configuration.streamsPerConnection),
            transfer_multi_set_long(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX),
        ]
        guard shared == CURLSHE_OK, statuses.allSatisfy({ $0 == CURLM_OK }) else {
            curl_multi_cleanup(multi)
            curl_share_cleanup(share)
            throw Self.refused("libcurl refuses an option of its multi handle")
        }
        return (multi, share)
    }

    static func setCallbacks(of multi: UnsafeMutableRawPointer, owner: UnsafeMutableRawPointer) throws(TransferError) {
        let socket = transfer_on_socket(
            multi,
            { easy, socket, what, owner, _ in
                guard let owner else { return 0 }
                let engine = Unmanaged<Engine>.fromOpaque(owner).takeUnretainedValue()
                let number = easy.flatMap { Engine.handle(of: $0)?.number }
                engine.assumeIsolated { $0.wants(what, of: socket, for: number) }
                return 0
            },
            owner
        )
        let timer = transfer_on_timer(
            multi,
            { _, milliseconds, owner in
                guard let owner else { return 0 }
                let engine = Unmanaged<Engine>.fromOpaque(owner).takeUnretainedValue()
                engine.assumeIsolated { $0.wantsTime(milliseconds) }
                return 0
            },
            owner
        )
        guard socket == CURLM_OK, timer == CURLM_OK else { throw Self.refused(Self.text(socket)) }
    }

    static func text(_ status: CURLMcode) -> String {
        "libcurl says: \(String(cString: curl_multi_strerror(status)))"
    }

    private static func refused(_ reason: String) -> TransferError {
        TransferError(.failed, host: "libcurl", reason: reason)
    }

    // MARK: Sockets

    private func wants(_ what: Int32, of socket: curl_socket_t, for number: Int?) {
        let interest: Reactor.Interest
        switch what {
        case CURL_POLL_IN: interest = .readable
        case CURL_POLL_OUT: interest = .writable
        case CURL_POLL_INOUT: interest = [.readable, .writable]
        default: interest = []
        }
        // libcurl has easy handles of its own, which it uses to end connections with.
        let handle = number.flatMap { self.handles.indices.contains($0) ? self.handles[$0] : nil }
        do throws(ReactorError) {
            // A transfer that is paused has no interest either, but the connection is its own.
            let isIdle = interest.isEmpty && handle?.isReceivingPaused != true
            let endsWhenReadable = isIdle && handle?.exchange?.origin.scheme == .http
            try self.sockets.want(
                interest,
                of: socket,
                endsWhenReadable: endsWhenReadable,
                on: self.reactor
            ) { seen in
                self.assumeIsolated { $0.isReady(socket, seen) }
            }
        } catch {
            // libcurl would give up all transfers if it were told; this one is ended when the turn ends.
            guard let handle else { return }
            handle.failure = (.failed, "its socket cannot be watched: \(error)")
            handle.touch()
        }
    }

    /// The handle that libcurl knows as this.
    static func handle(of easy: UnsafeMutableRawPointer) -> EasyHandle? {
        var owner: UnsafeMutableRawPointer?
        guard transfer_get_pointer(easy, CURLINFO_PRIVATE, &owner) == CURLE_OK, let owner else { return nil }
        return Unmanaged<EasyHandle>.fromOpaque(owner).takeUnretainedValue()
    }

    private func isReady(_ socket: curl_socket_t, _ seen: Reactor.Interest) {
        guard !self.isClosed, self.sockets.isWanted(socket, on: self.reactor) else { return }
        var mask: Int32 = 0
        if seen.contains(.readable) { mask |= CURL_CSELECT_IN }
        if seen.contains(.writable) { mask |= CURL_CSELECT_OUT }
        if !seen.isDisjoint(with: .failed) { mask |= CURL_CSELECT_ERR }
        self.fruitlessDrives = 0
        var running: Int32 = 0
        self.check(curl_multi_socket_action(self.multi, socket, mask, &running))
        self.scheduleSettling()
    }

    /// A socket is new, or about to be closed.
    func forget(_ socket: curl_socket_t) {
        self.sockets.forget(socket, on: self.reactor)
    }

    /// What the multi handle itself refuses is a fault that no single transfer can be told.
    func check(_ status: CURLMcode) {
        assert(status == CURLM_OK, Self.text(status))
    }

    // MARK: libcurl's timer

    private func wantsTime(_ milliseconds: Int) {
        switch milliseconds {
        case 0:
            // Not from within the callback: libcurl is called when the turn ends, once for all that was added in it.
            self.curlIsDue = true
            self.curlDeadline = nil
            self.scheduleSettling()
        case 1...:
            let deadline = self.turn() + .milliseconds(milliseconds)
            self.curlDeadline = deadline
            self.setCurlTimer(deadline)
        default:
            self.curlDeadline = nil
        }
    }

    /// A timer that is set for an earlier time stays: it is cheaper to find nothing to do than to set it anew for each
    /// transfer.
    func setCurlTimer(_ deadline: ContinuousClock.Instant) {
        if let set = self.curlTimer {
            guard set.due > deadline else { return }
            self.reactor.cancel(set.timer)
        }
        let timer = self.reactor.schedule(after: deadline - self.turn()) {
            self.assumeIsolated { $0.curlTimerFired() }
        }
        self.curlTimer = (timer, deadline)
    }

    private func curlTimerFired() {
        self.curlTimer = nil
        guard let deadline = self.curlDeadline else { return }
        guard deadline <= self.turn() else {
            self.setCurlTimer(deadline)
            return
        }
        self.curlDeadline = nil
        self.curlIsDue = true
        self.scheduleSettling()
    }
}

extension EasyHandle {
    /// Sockets are opened by us so that no child process inherits them, and closed by us so that the reactor forgets
    /// them first; libcurl closes some without asking, so that a new one may have the number of one that is still
    /// watched. A connection remembers these callbacks of the handle that opened it; the user pointer is the engine,
    /// which outlives its connections.
    func setSocketCallbacks(owner: UnsafeMutableRawPointer) throws(TransferError) {
        try self.check(
            transfer_on_open(
                self.raw,
                { owner, _, address in
                    guard let owner, let address else { return transfer_bad_socket() }
                    let engine = Unmanaged<Engine>.fromOpaque(owner).takeUnretainedValue()
                    let socket = transfer_open_socket(address)
                    engine.assumeIsolated { $0.forget(socket) }
                    return socket
                },
                owner
            )
        )
        try self.check(
            transfer_on_close(
                self.raw,
                { owner, socket in
                    guard let owner else { return -1 }
                    let engine = Unmanaged<Engine>.fromOpaque(owner).takeUnretainedValue()
                    engine.assumeIsolated { $0.forget(socket) }
                    return close(socket)
                },
                owner
            )
        )
    }
}
