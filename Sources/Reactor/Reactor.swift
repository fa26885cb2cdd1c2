import CReactor
import Glibc
import NIOConcurrencyHelpers

/// The event loop for sockets that C libraries hand us: one thread, one epoll set, timers, and a serial executor.
///
/// An actor that names a reactor as its executor runs where its socket becomes ready, so it can call a C library
/// without locks and never has to wait. Whoever uses a reactor owns it; its thread ends by itself once nobody refers
/// to it any more, which cannot be earlier than the end of the last actor that runs on it.
///
/// Everything but ``enqueue(_:)`` and ``submit(_:)`` must be called on the reactor's own thread, that is from an actor that runs on it.
public final class Reactor: SerialExecutor, Sendable {
    /// What a descriptor is watched for, and what was seen on it.
    public struct Interest: OptionSet, Sendable {
        /// The bits of `EPOLLIN` and its kin.
        public let rawValue: UInt32

        /// Bytes can be read, or the other side has closed.
        public static let readable = Interest(rawValue: EPOLLIN.rawValue)
        /// Bytes can be written.
        public static let writable = Interest(rawValue: EPOLLOUT.rawValue)
        /// The socket failed or both directions are closed; always watched for.
        public static let failed = Interest(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)

        /// Takes epoll's own bits.
        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }
    }

    /// One watched descriptor. It stays valid until it is unwatched; the descriptor's number may be reused after that.
    public struct Watch: Hashable, Sendable {
        let number: UInt64
        let descriptor: Int32
    }

    /// One timer that has been set.
    public struct Timer: Hashable, Sendable {
        let number: UInt64
    }

    private let loop: EventLoop

    /// Starts the thread.
    ///
    /// - Parameter name: The thread's name as `ps -L` and debuggers show it; at most 15 bytes count.
    /// - Throws: ``ReactorError`` if the kernel refuses an epoll set, an eventfd or a thread.
    public init(name: String) throws(ReactorError) {
        self.loop = try EventLoop()
        self.loop.executor = self
        try self.loop.start(named: name)
    }

    deinit {
        self.loop.stop()
    }

    /// Runs a job of an actor on the reactor's thread. May be called from any thread.
    public func enqueue(_ job: consuming ExecutorJob) {
        self.loop.enqueue(UnownedJob(job))
    }

    /// Calls a handler on the reactor's thread, in order with the jobs of actors. May be called from any thread.
    ///
    /// It hands work over without a task and without waiting. A handler that is to run even when the reactor's last
    /// user lets go of it keeps the reactor.
    public func submit(_ handler: @escaping @Sendable () -> Void) {
        self.loop.submit(handler)
    }

    /// Traps when the caller is not on the reactor's thread.
    public func checkIsolated() {
        precondition(self.loop.isCurrent, "called off the thread of the reactor that it belongs to")
    }

    /// Whether the caller is on the reactor's thread.
    public func isIsolatingCurrentContext() -> Bool? {
        self.loop.isCurrent
    }

    /// Calls a handler whenever a descriptor is ready, until it is unwatched.
    ///
    /// - Parameters:
    ///   - descriptor: An open, non-blocking descriptor, watched at most once at a time.
    ///   - interest: What to wait for; failure is always reported.
    ///   - handler: Called on the reactor's thread with what was seen.
    /// - Returns: What to name the watch by from now on.
    /// - Throws: ``ReactorError`` if the kernel refuses, with the descriptor and its reason.
    public func watch(
        _ descriptor: Int32,
        for interest: Interest,
        _ handler: @escaping (Interest) -> Void
    ) throws(ReactorError) -> Watch {
        self.checkIsolated()
        return try self.loop.watch(descriptor, for: interest, handler)
    }

    /// Changes what a watched descriptor is waited for.
    public func update(_ watch: Watch, to interest: Interest) throws(ReactorError) {
        self.checkIsolated()
        try self.loop.update(watch, to: interest)
    }

    /// Stops watching; the handler is not called again, not even for what this turn of the loop has already seen.
    /// The descriptor may be closed before or after. If it was closed and its number is watched again, that newer watch
    /// stays.
    public func unwatch(_ watch: Watch) {
        self.checkIsolated()
        self.loop.unwatch(watch)
    }

    /// Calls a handler once, on the reactor's thread, when a duration has passed.
    public func schedule(after duration: Duration, _ handler: @escaping () -> Void) -> Timer {
        self.checkIsolated()
        return self.loop.timers.add(at: .now + duration, handler)
    }

    /// Forgets a timer. One that has fired or was cancelled before is no error.
    public func cancel(_ timer: Timer) {
        self.checkIsolated()
        self.loop.timers.remove(timer)
    }

    /// Calls a handler once when the current turn of the loop ends: after all ready sockets, due timers and jobs of
    /// the turn. What a socket brought in many pieces can so be handed on in one.
    public func atEndOfTurn(_ handler: @escaping () -> Void) {
        self.checkIsolated()
        self.loop.endOfTurn.append(handler)
    }
}

/// A refusal of the kernel that a reactor cannot work without.
public struct ReactorError: Error, CustomStringConvertible {
    /// The system call that failed, and the descriptor if there is one.
    public let operation: String
    /// The C library's error number.
    public let number: Int32

    init(_ operation: String, number: Int32 = reactor_errno()) {
        self.operation = operation
        self.number = number
    }

    /// What failed, and the system's reason.
    public var description: String {
        "\(self.operation) failed: \(String(cString: strerror(self.number)))"
    }
}
