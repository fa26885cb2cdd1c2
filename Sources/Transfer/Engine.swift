import CCurl
import HTTPTypes
import NIOCore
import Reactor

/// One pool of connections: a multi handle of libcurl on a reactor. Owned by a ``TransferClient``, which closes it.
///
/// It runs on the reactor's thread, where its sockets become ready, so it calls libcurl without locks and never waits.
/// Callbacks only take notes; everything else happens once per turn of the loop, when the turn ends (``settle()``):
/// driving what was added, taking what has ended, starting what waited, and handing over what came.
actor Engine {
    enum Place {
        case waiting(Exchange)
        case running(EasyHandle)
    }

    nonisolated let unownedExecutor: UnownedSerialExecutor
    nonisolated let reactor: Reactor
    nonisolated let version: TransferRequest.Version
    nonisolated let configuration: TransferConfiguration

    let multi: UnsafeMutableRawPointer
    let share: UnsafeMutableRawPointer
    let names = FieldNames()
    var sockets = SocketTable()
    var admission: Admission<ObjectIdentifier>
    var places: [ObjectIdentifier: Place] = [:]
    var handles: [EasyHandle?] = []
    var idleHandles: [Int] = []
    var routes: [Origin: Route] = [:]

    // What one turn of the loop brought.
    var now: ContinuousClock.Instant?
    var isSettling = false
    var touchedHandles: [Int] = []
    var ended: [(exchange: Exchange, head: PartialResponse?, outcome: HandOver.Outcome)] = []

    // Time.
    var curlIsDue = false
    /// How often libcurl was driven since a callback last brought something.
    var fruitlessDrives = 0
    var curlDeadline: ContinuousClock.Instant?
    var curlTimer: (timer: Reactor.Timer, due: ContinuousClock.Instant)?
    var sweepTimer: (timer: Reactor.Timer, due: ContinuousClock.Instant)?

    // The end.
    var isRefusing = false
    var isClosed = false
    var closed: [Reply<Void>] = []

    /// Makes a multi handle without connections.
    ///
    /// - Parameters:
    ///   - reactor: Where it runs.
    ///   - version: Which version of HTTP its connections speak.
    ///   - configuration: Its limits; already this engine's share.
    /// - Throws: ``TransferError`` if libcurl has no memory or lacks something.
    init(
        on reactor: Reactor,
        version: TransferRequest.Version,
        configuration: TransferConfiguration
    ) throws(TransferError) {
        let (multi, share) = try Self.makeMulti(configuration)
        self.multi = multi
        self.share = share
        self.reactor = reactor
        self.unownedExecutor = reactor.asUnownedSerialExecutor()
        self.version = version
        self.configuration = configuration
        // One transfer is one connection over HTTP/1.1.
        let running =
            switch version {
            case .http1: min(configuration.maximumTransfers, configuration.totalConnections)
            case .http2IfOffered: configuration.maximumTransfers
            }
        self.admission = Admission(
            connectionsPerHost: configuration.connectionsPerHost,
            streamsPerConnection: version == .http1 ? 1 : configuration.streamsPerConnection,
            maximumRunning: running,
            maximumWaiting: configuration.maximumWaiting
        )
        // The engine is closed, and with it the multi handle, before it ends: the callbacks find it alive.
        let this = Unmanaged.passUnretained(self).toOpaque()
        try Self.setCallbacks(of: multi, owner: this)
    }

    // MARK: From any thread

    /// Begins a transfer.
    nonisolated func submit(_ exchange: Exchange) {
        self.reactor.submit { self.assumeIsolated { $0.begin(exchange) } }
    }

    /// Ends a transfer whose reader has gone.
    nonisolated func cancel(_ exchange: Exchange) {
        self.reactor.submit { self.assumeIsolated { $0.drop(exchange) } }
    }

    /// Goes on with a transfer whose reader has caught up.
    nonisolated func resumeReceiving(_ exchange: Exchange) {
        self.reactor.submit { self.assumeIsolated { $0.unpause(exchange, receiving: true) } }
    }

    /// Goes on with a transfer whose body has bytes again, or an end.
    nonisolated func resumeSending(_ exchange: Exchange) {
        self.reactor.submit { self.assumeIsolated { $0.unpause(exchange, receiving: false) } }
    }

    // MARK: Transfers

    private func begin(_ exchange: Exchange) {
        // It may have been cancelled on the way here.
        guard exchange.isWanted else { return }
        self.scheduleSettling()
        guard !self.isRefusing else {
            self.end(exchange, .failed(exchange.error(.closed, "the client shuts down and takes no new transfers")))
            return
        }
        switch self.admission.ask(ObjectIdentifier(exchange), for: exchange.origin) {
        case .start:
            self.start(exchange)
        case .wait:
            self.places[ObjectIdentifier(exchange)] = .waiting(exchange)
            self.noteDeadline(Deadline.first(of: exchange))
        case .refuse:
            let waiting = self.configuration.maximumWaiting
            self.end(
                exchange,
                .failed(exchange.error(.tooManyWaiting, "\(waiting) transfers wait already; try again later"))
            )
        }
    }

    func start(_ exchange: Exchange) {
        do throws(TransferError) {
            let handle = try self.takeHandle()
            do throws(TransferError) {
                try handle.prepare(exchange, over: self.route(for: exchange), now: self.turn())
                let status = curl_multi_add_handle(self.multi, handle.raw)
                guard status == CURLM_OK else { throw exchange.error(.failed, Self.text(status)) }
            } catch {
                self.giveBack(handle)
                throw error
            }
            self.places[ObjectIdentifier(exchange)] = .running(handle)
            self.noteDeadline(Deadline.first(of: exchange))
        } catch {
            self.admission.ended(at: exchange.origin)
            self.end(exchange, .failed(error))
        }
    }

    /// Takes a running or waiting transfer out. Its exchange hears of it when the turn ends.
    func end(_ exchange: Exchange, _ outcome: HandOver.Outcome) {
        var head: PartialResponse?
        switch self.places.removeValue(forKey: ObjectIdentifier(exchange)) {
        case .waiting:
            self.admission.giveUp(ObjectIdentifier(exchange))
        case .running(let handle):
            // Closes the connection if the transfer has not ended, or the stream of an HTTP/2 connection.
            let status = curl_multi_remove_handle(self.multi, handle.raw)
            assert(status == CURLM_OK, Self.text(status))
            head = self.takeHead(of: handle)
            self.giveBack(handle)
            self.admission.ended(at: exchange.origin)
        case nil:
            break
        }
        self.ended.append((exchange, head, outcome))
        self.scheduleSettling()
    }

    private func drop(_ exchange: Exchange) {
        guard self.places[ObjectIdentifier(exchange)] != nil else { return }
        self.end(exchange, .failed(exchange.error(.cancelled, "the caller cancelled the transfer")))
    }

    private func unpause(_ exchange: Exchange, receiving: Bool) {
        guard case .running(let handle) = self.places[ObjectIdentifier(exchange)] else { return }
        self.unpause(handle, receiving: receiving)
    }

    func unpause(_ handle: EasyHandle, receiving: Bool) {
        // Cleared first: libcurl may bring what it kept, and be paused again, before the call returns.
        if receiving {
            guard handle.isReceivingPaused else { return }
            handle.isReceivingPaused = false
        } else {
            guard handle.isSendingPaused else { return }
            handle.isSendingPaused = false
        }
        handle.lastActivity = self.turn()
        var mask = CURLPAUSE_CONT
        if handle.isReceivingPaused { mask |= CURLPAUSE_RECV }
        if handle.isSendingPaused { mask |= CURLPAUSE_SEND }
        let status = curl_easy_pause(handle.raw, mask)
        self.scheduleSettling()
        guard status != CURLE_OK, let exchange = handle.exchange else { return }
        self.end(exchange, .failed(self.error(of: handle, status)))
    }

    private func route(for exchange: Exchange) -> Route? {
        guard let addresses = exchange.addresses else { return nil }
        let now = self.turn()
        if let known = self.routes[exchange.origin], known.serves(addresses, at: now) {
            return known.isKnown ? nil : known
        }
        if self.routes.count >= self.configuration.maximumNames {
            self.routes = self.routes.filter { now - $0.value.made < Route.lifetime }
            // What is forgotten here is given to libcurl again when it is next needed.
            if self.routes.count >= self.configuration.maximumNames { self.routes.removeAll() }
        }
        let route = Route(to: exchange.origin, at: addresses, now: now)
        self.routes[exchange.origin] = route
        return route
    }

    // MARK: Handles

    /// How many unused easy handles are kept.
    private static let maximumIdleHandles = 256

    private func takeHandle() throws(TransferError) -> EasyHandle {
        if let number = self.idleHandles.popLast(), let handle = self.handles[number] { return handle }
        let number = self.handles.firstIndex { $0 == nil } ?? self.handles.count
        let handle = try EasyHandle(
            number: number,
            engine: self,
            share: self.share,
            version: self.version,
            names: self.names,
            configuration: self.configuration,
            now: self.turn()
        )
        // The engine outlives its connections, which keep these callbacks.
        try handle.setSocketCallbacks(owner: Unmanaged.passUnretained(self).toOpaque())
        if number == self.handles.count { self.handles.append(handle) } else { self.handles[number] = handle }
        return handle
    }

    private func giveBack(_ handle: EasyHandle) {
        handle.forget()
        if self.idleHandles.count < Self.maximumIdleHandles {
            self.idleHandles.append(handle.number)
        } else {
            self.handles[handle.number] = nil
        }
    }

    // MARK: The end of a turn

    /// The time of this turn of the loop.
    func turn() -> ContinuousClock.Instant {
        if let now = self.now { return now }
        let now = ContinuousClock.now
        self.now = now
        self.scheduleSettling()
        return now
    }

    /// A callback brought something for a handle for the first time in this turn.
    func touched(_ number: Int) -> ContinuousClock.Instant {
        self.fruitlessDrives = 0
        self.touchedHandles.append(number)
        self.scheduleSettling()
        return self.turn()
    }

    func scheduleSettling() {
        guard !self.isSettling else { return }
        self.isSettling = true
        self.reactor.atEndOfTurn { self.assumeIsolated { $0.settle() } }
    }

    private func settle() {
        // libcurl may be due again at once, for a while: the sockets have their turn in between.
        for _ in 0..<4 {
            if self.curlIsDue { self.drive() }
            self.takeEnded()
            self.endEarly()
            while !self.isClosed, let next = self.admission.next() {
                guard case .waiting(let exchange) = self.places[next] else { continue }
                self.start(exchange)
            }
            guard self.curlIsDue else { break }
        }
        self.handOver()
        self.pauseIfFruitless()
        self.isSettling = false
        self.now = nil
        if self.curlIsDue || !self.ended.isEmpty { self.scheduleSettling() }
    }

    /// libcurl 7.88 asks to be driven at once, again and again, while an HTTP/2 stream cannot go on. It is made to wait
    /// for a moment when nothing comes of it, or it would take a whole core.
    private func pauseIfFruitless() {
        guard self.curlIsDue, self.fruitlessDrives > 16 else { return }
        self.curlIsDue = false
        let deadline = self.turn() + .milliseconds(min(self.fruitlessDrives / 16, 10))
        self.curlDeadline = deadline
        self.setCurlTimer(deadline)
    }

    private func drive() {
        self.curlIsDue = false
        guard !self.isClosed else { return }
        self.fruitlessDrives += 1
        var running: Int32 = 0
        self.check(curl_multi_socket_action(self.multi, transfer_socket_timeout(), 0, &running))
    }

    private func takeEnded() {
        guard !self.isClosed else { return }
        var left: Int32 = 0
        while let message = curl_multi_info_read(self.multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let status = transfer_result(message)
            guard let handle = Self.handle(of: easy), let exchange = handle.exchange else { continue }
            let isComplete = status == CURLE_OK && handle.failure == nil && handle.reader.isComplete
            self.end(exchange, isComplete ? .complete : .failed(self.error(of: handle, status)))
        }
    }

    /// Ends what libcurl would not end by itself.
    private func endEarly() {
        for number in self.touchedHandles {
            guard let handle = self.handles[number], handle.isTouched, let exchange = handle.exchange else { continue }
            if handle.failure != nil {
                self.end(exchange, .failed(self.error(of: handle, CURLE_OK)))
            } else if self.hasAllOfUnfinished(handle, exchange) {
                self.end(exchange, .complete)
            }
        }
    }

    private func handOver() {
        let touched = self.touchedHandles
        self.touchedHandles.removeAll(keepingCapacity: true)
        for number in touched {
            guard let handle = self.handles[number], handle.isTouched else { continue }
            handle.isTouched = false
            guard let exchange = handle.exchange else { continue }
            if handle.firstByteAt != nil, !handle.hasNotedIdleTime {
                // From here on another time-out holds, and it may be shorter than what was left of the first.
                handle.hasNotedIdleTime = true
                self.noteDeadline(.current(of: exchange, on: handle, now: self.turn()))
            }
            let head = self.takeHead(of: handle)
            if exchange.hand(head: head, outcome: nil) {
                self.unpause(handle, receiving: true)
            }
            if let head, head.status >= 400 {
                // libcurl stops sending then, but a transfer that is paused for want of a body would never end.
                self.unpause(handle, receiving: false)
            }
        }
        let ended = self.ended
        self.ended.removeAll(keepingCapacity: true)
        for (exchange, head, outcome) in ended {
            _ = exchange.hand(head: head, outcome: outcome)
        }
        if self.isRefusing, self.places.isEmpty { self.close() }
    }

    /// Whether a response over HTTP/2 is there in full while libcurl still tries to send the request's body.
    ///
    /// A server may answer early and want no more (RFC 9113 §8.1). libcurl 7.88 then never ends the transfer.
    private func hasAllOfUnfinished(_ handle: EasyHandle, _ exchange: Exchange) -> Bool {
        guard self.version == .http2IfOffered, handle.reader.isComplete, !exchange.request.decompress else {
            return false
        }
        switch exchange.request.body {
        case .none: return false
        case .bytes, .stream: break
        }
        guard handle.bodyBytes == handle.reader.head.contentLength else { return false }
        return (handle.number(CURLINFO_HTTP_VERSION) ?? 0) >= Int(CURL_HTTP_VERSION_2_0)
    }

    private func takeHead(of handle: EasyHandle) -> PartialResponse? {
        guard handle.reader.isComplete, !handle.isHeadHandedOver, let exchange = handle.exchange else { return nil }
        handle.isHeadHandedOver = true
        if self.version == .http2IfOffered {
            let multiplexes = (handle.number(CURLINFO_HTTP_VERSION) ?? 0) >= Int(CURL_HTTP_VERSION_2_0)
            self.admission.learn(exchange.origin, multiplexes: multiplexes)
        }
        let firstByte = handle.firstByteAt ?? self.turn()
        var head = handle.reader.head
        if exchange.request.decompress {
            // They told of the compressed body, which nobody will see.
            head.fields[.contentEncoding] = nil
            head.fields[.contentLength] = nil
        }
        return PartialResponse(
            status: head.status,
            fields: head.fields,
            contentLength: head.contentLength,
            timings: TransferResponse.Timings(
                connect: (handle.connectedAt ?? firstByte) - exchange.started,
                firstByte: firstByte - exchange.started
            ),
            connectionWasReused: handle.number(CURLINFO_NUM_CONNECTS) == 0
        )
    }
}
