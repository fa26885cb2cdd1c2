import Glibc
import Reactor

/// Which sockets libcurl wants to hear of, and which of them the reactor watches. A value of its engine's.
///
/// libcurl loses interest in a socket whenever a transfer ends and wants it back when the next one begins. The watch
/// stays in between, so that a request over a pooled connection costs no system call here. If such a socket does become
/// readable, the server has closed it or sends what nobody asked for: it is no longer watched, and shut down, so that
/// libcurl, which would take it for alive, opens another. (Not with TLS, where it may be no more than a session ticket.)
struct SocketTable {
    private struct Entry {
        var watch: Reactor.Watch?
        var watched: Reactor.Interest = []
        var wanted: Reactor.Interest = []
        var endsWhenReadable = false
    }

    /// By descriptor: small numbers that are used again.
    private var entries: [Entry] = []

    /// Notes what libcurl wants, and has the reactor watch for it.
    ///
    /// - Parameters:
    ///   - interest: What for; nothing, if libcurl has no transfer on it.
    ///   - socket: The descriptor.
    ///   - endsWhenReadable: Whether nothing may come on it while libcurl does not want to hear of it.
    ///   - reactor: Who watches.
    ///   - handler: Called with what was seen.
    /// - Throws: ``ReactorError`` if the kernel refuses.
    mutating func want(
        _ interest: Reactor.Interest,
        of socket: Int32,
        endsWhenReadable: Bool,
        on reactor: Reactor,
        _ handler: @escaping (Reactor.Interest) -> Void
    ) throws(ReactorError) {
        let index = Int(socket)
        while self.entries.count <= index { self.entries.append(Entry()) }
        self.entries[index].wanted = interest
        self.entries[index].endsWhenReadable = endsWhenReadable
        let watched = interest.isEmpty ? .readable : interest
        guard let watch = self.entries[index].watch else {
            guard !interest.isEmpty else { return }
            self.entries[index].watch = try reactor.watch(socket, for: watched, handler)
            self.entries[index].watched = watched
            return
        }
        guard self.entries[index].watched != watched else { return }
        do throws(ReactorError) {
            try reactor.update(watch, to: watched)
        } catch {
            // libcurl closes a socket that never got connected before it says that it is no longer interested.
            self.unwatch(index, on: reactor)
            guard !interest.isEmpty else { return }
            self.entries[index].watch = try reactor.watch(socket, for: watched, handler)
        }
        self.entries[index].watched = watched
    }

    /// Whether news of a socket are for libcurl; if not, there will be no more of them.
    mutating func isWanted(_ socket: Int32, on reactor: Reactor) -> Bool {
        let index = Int(socket)
        guard index < self.entries.count else { return false }
        guard self.entries[index].wanted.isEmpty else { return true }
        self.unwatch(index, on: reactor)
        // It fails where the other side has reset it, which comes to the same.
        if self.entries[index].endsWhenReadable { _ = shutdown(socket, Int32(SHUT_RDWR)) }
        return false
    }

    /// The socket is about to be closed, or was just opened with a number that a closed one had.
    mutating func forget(_ socket: Int32, on reactor: Reactor) {
        let index = Int(socket)
        guard index < self.entries.count else { return }
        self.unwatch(index, on: reactor)
        self.entries[index].wanted = []
    }

    private mutating func unwatch(_ index: Int, on reactor: Reactor) {
        guard let watch = self.entries[index].watch else { return }
        self.entries[index].watch = nil
        reactor.unwatch(watch)
    }
}
