import Glibc
import NIOConcurrencyHelpers

/// Held while a descriptor exists that a child process would inherit, and while one is started: a child that holds a
/// connection keeps its other end from seeing that it was closed.
let inheritance = NIOLock()

/// A server that does exactly what a script says, byte by byte, faults included. Every connection has a thread of its
/// own, which runs the script from the beginning; the test that makes a server stops it.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (Peer) throws -> Void

    struct Failure: Error {
        let operation: String
        let number: Int32
    }

    /// What was seen of a request.
    struct Request: Sendable {
        var line: String
        var fields: [(name: String, value: String)]
        var body: [UInt8]

        func value(_ name: String) -> String? {
            self.fields.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    private struct State {
        var peers: [Int: Peer] = [:]
        var accepted = 0
        var threads = 0
        var isStopped = false
    }

    let port: Int
    private let listener: Int32
    private let state = NIOLockedValueBox(State())
    private let script: Script

    /// How many connections were accepted so far.
    var accepted: Int { self.state.withLockedValue { $0.accepted } }
    /// How many are open now.
    var open: Int { self.state.withLockedValue { $0.peers.count } }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(self.port)\(path)" }

    init(receiveBuffer: Int32? = nil, sendBuffer: Int32? = nil, script: @escaping Script) throws {
        self.script = script
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let listener = socket(AF_INET, kind, 0)
        guard listener >= 0 else { throw Failure(operation: "socket", number: errno) }
        self.listener = listener
        var on: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        if var size = receiveBuffer {
            setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        if var size = sendBuffer {
            setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 4_096) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard bound else { throw Failure(operation: "bind", number: errno) }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        self.startThread { $0.acceptAll() }
    }

    /// Ends all connections and waits until every thread has ended.
    func stop() async {
        let peers = self.state.withLockedValue { state in
            state.isStopped = true
            return Array(state.peers.values)
        }
        shutdown(self.listener, Int32(SHUT_RDWR))
        for peer in peers { peer.interrupt() }
        while self.state.withLockedValue({ $0.threads > 0 }) {
            for peer in self.state.withLockedValue({ Array($0.peers.values) }) { peer.interrupt() }
            await Task.yield()
        }
        close(self.listener)
    }

    private func acceptAll() {
        while true {
            var ready = pollfd(fd: self.listener, events: Int16(POLLIN), revents: 0)
            _ = poll(&ready, 1, -1)
            let socket = inheritance.withLock {
                let socket = accept(self.listener, nil, nil)
                if socket >= 0 { _ = fcntl(socket, F_SETFD, FD_CLOEXEC) }
                return socket
            }
            if self.state.withLockedValue({ $0.isStopped }) {
                if socket >= 0 { close(socket) }
                return
            }
            guard socket >= 0 else { continue }
            var on: Int32 = 1
            setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            let peer = Peer(socket)
            self.state.withLockedValue { state in
                state.accepted += 1
                peer.number = state.accepted
                state.peers[peer.number] = peer
            }
            self.startThread { server in
                do { try server.script(peer) } catch { peer.note(error) }
                peer.close()
                server.state.withLockedValue { _ = $0.peers.removeValue(forKey: peer.number) }
            }
        }
    }

    private final class Work: Sendable {
        let server: ScriptedServer
        let body: @Sendable (ScriptedServer) -> Void

        init(_ server: ScriptedServer, _ body: @escaping @Sendable (ScriptedServer) -> Void) {
            self.server = server
            self.body = body
        }
    }

    private func startThread(_ body: @escaping @Sendable (ScriptedServer) -> Void) {
        self.state.withLockedValue { $0.threads += 1 }
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, 524_288)
        let work = Unmanaged.passRetained(Work(self, body))
        let status = pthread_create(
            &thread,
            &attributes,
            { raw in
                guard let raw else { return nil }
                let work = Unmanaged<Work>.fromOpaque(raw).takeRetainedValue()
                work.body(work.server)
                work.server.state.withLockedValue { $0.threads -= 1 }
                return nil
            },
            work.toOpaque()
        )
        pthread_attr_destroy(&attributes)
        if status == 0 {
            pthread_detach(thread)
        } else {
            work.release()
            self.state.withLockedValue { $0.threads -= 1 }
        }
    }
}

/// The server's end of one connection, with blocking calls. Used by the thread of its script; `interrupt` and the
/// counters by others too.
final class Peer: Sendable {
    private struct State {
        var buffer: [UInt8] = []
        var written = 0
        var isClosed = false
        var number = 0
        var requests = 0
        var error: (any Error)?
    }

    private let socket: Int32
    private let state = NIOLockedValueBox(State())

    init(_ socket: Int32) {
        self.socket = socket
    }

    /// Which of the server's connections this is, from 1.
    var number: Int {
        get { self.state.withLockedValue { $0.number } }
        set { self.state.withLockedValue { $0.number = newValue } }
    }

    /// How many bytes were written so far.
    var written: Int { self.state.withLockedValue { $0.written } }

    func note(_ error: any Error) { self.state.withLockedValue { $0.error = error } }

    /// The next request with its whole body; nil when the other side has closed.
    func readRequest() throws -> ScriptedServer.Request? {
        guard var request = try self.readHead() else { return nil }
        if let length = request.value("Content-Length").flatMap({ Int($0) }) {
            request.body = try self.readBytes(length)
        } else if request.value("Transfer-Encoding")?.lowercased() == "chunked" {
            while true {
                let size = Int(try self.readLine(), radix: 16) ?? 0
                request.body += try self.readBytes(size)
                _ = try self.readLine()
                if size == 0 { break }
            }
        }
        return request
    }

    /// The head of the next request; nil when the other side has closed.
    func readHead() throws -> ScriptedServer.Request? {
        while true {
            if let head = self.state.withLockedValue({ state -> [UInt8]? in
                guard let end = state.buffer.firstEnd(of: [13, 10, 13, 10]) else { return nil }
                defer { state.buffer.removeFirst(end) }
                state.requests += 1
                return Array(state.buffer[..<end])
            }) {
                var lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n").map(String.init)
                let line = lines.removeFirst()
                let fields = lines.map { line -> (name: String, value: String) in
                    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                    let value = parts.count > 1 ? String(parts[1]) : ""
                    return (String(parts[0]), value.hasPrefix(" ") ? String(value.dropFirst()) : value)
                }
                return ScriptedServer.Request(line: line, fields: fields, body: [])
            }
            guard try self.readMore() else { return nil }
        }
    }

    func readLine() throws -> String {
        while true {
            if let line = self.state.withLockedValue({ state -> [UInt8]? in
                guard let end = state.buffer.firstEnd(of: [13, 10]) else { return nil }
                defer { state.buffer.removeFirst(end) }
                return Array(state.buffer[..<(end - 2)])
            }) {
                return String(decoding: line, as: UTF8.self)
            }
            guard try self.readMore() else { throw ScriptedServer.Failure(operation: "read", number: 0) }
        }
    }

    func readBytes(_ count: Int) throws -> [UInt8] {
        while self.state.withLockedValue({ $0.buffer.count < count }) {
            guard try self.readMore() else { throw ScriptedServer.Failure(operation: "read", number: 0) }
        }
        return self.state.withLockedValue { state in
            defer { state.buffer.removeFirst(count) }
            return Array(state.buffer[..<count])
        }
    }

    /// Reads and forgets until the other side closes or resets the connection.
    func waitForClose() {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while read(self.socket, &bytes, bytes.count) > 0 {}
    }

    func write(_ text: String) throws {
        try self.write(Array(text.utf8))
    }

    func write(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                send(self.socket, raw.baseAddress?.advanced(by: offset), bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ScriptedServer.Failure(operation: "send", number: errno) }
            offset += count
            self.state.withLockedValue { $0.written += count }
        }
    }

    /// Answers with a body of a known length and keeps the connection.
    func respond(_ body: String, status: String = "200 OK", fields: [String] = []) throws {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + fields
        try self.write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// Closes so that the other side gets a reset instead of an end.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(self.socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        self.close()
    }

    /// Waits a little: for faults that are about time.
    func pause(milliseconds: Int) {
        usleep(UInt32(milliseconds * 1_000))
    }

    /// Ends reads and writes of the script's thread.
    func interrupt() {
        self.state.withLockedValue { state in
            if !state.isClosed { shutdown(self.socket, Int32(SHUT_RDWR)) }
        }
    }

    func close() {
        self.state.withLockedValue { state in
            if !state.isClosed { Glibc.close(self.socket) }
            state.isClosed = true
        }
    }

    private func readMore() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(self.socket, &bytes, bytes.count)
        guard count > 0 else { return false }
        self.state.withLockedValue { $0.buffer += bytes[..<count] }
        return true
    }
}

extension [UInt8] {
    /// Where the first occurrence of a pattern ends.
    fileprivate func firstEnd(of pattern: [UInt8]) -> Int? {
        guard self.count >= pattern.count else { return nil }
        for start in 0...(self.count - pattern.count) where self[start] == pattern[0] {
            if self[start..<(start + pattern.count)].elementsEqual(pattern) { return start + pattern.count }
        }
        return nil
    }
}

/// A port whose queue of connections is full, so that the kernel answers no further one.
struct FullListener {
    let number: Int
    private let sockets: [Int32]

    init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var sockets = [listener]
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard bind(listener, address, length) == 0, listen(listener, 0) == 0,
                    getsockname(listener, address, &length) == 0
                else { return false }
                for _ in 0..<4 {
                    let kind =
                        Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
                    let client = socket(AF_INET, kind, 0)
                    _ = connect(client, address, length)
                    sockets.append(client)
                }
                return true
            }
        }
        guard isListening else { throw ScriptedServer.Failure(operation: "listen", number: errno) }
        self.number = Int(UInt16(bigEndian: address.sin_port))
        self.sockets = sockets
    }

    func close() {
        for socket in self.sockets { Glibc.close(socket) }
    }
}
