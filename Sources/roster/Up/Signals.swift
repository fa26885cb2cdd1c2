import Glibc
import UnixSignals

/// Broken pipes as errors instead of the end of the process: a client that has gone must not take a server with it.
enum BrokenPipes {
    /// For the whole process.
    static func ignore() {
        signal(SIGPIPE, SIG_IGN)
    }
}

/// A person who presses Ctrl-C a second time does not want to wait for an orderly end.
enum SecondInterrupt {
    /// Does the work; a second SIGINT meanwhile ends the process at once. What it started ends by itself, because the
    /// kernel closes the pipes that hold it.
    ///
    /// - Parameter work: The work, which ends in order at the first one.
    /// - Returns: What the work returns.
    /// - Throws: What the work throws.
    static func endsProcess<Value: Sendable>(
        during work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            let interrupts = await UnixSignalsSequence(trapping: .sigint)
            group.addTask {
                var count = 0
                for await _ in interrupts {
                    count += 1
                    if count > 1 { _exit(130) }
                }
                return nil
            }
            group.addTask { try await work() }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let value = ended { return value }
            }
            throw CancellationError()
        }
    }
}
