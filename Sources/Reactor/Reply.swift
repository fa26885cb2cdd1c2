import NIOConcurrencyHelpers

/// A value that somebody will wait for, answered exactly once.
///
/// The first answer counts and later ones are dropped; a cancellation is an answer like any other, also when it comes
/// before the wait begins.
public final class Reply<Value: Sendable>: Sendable {
    private enum State {
        case fresh
        case waiting(CheckedContinuation<Value, any Error>)
        case answered(Result<Value, any Error>)
        case spent
    }

    private let state = NIOLockedValueBox(State.fresh)

    /// A reply nobody has answered or waits for.
    public init() {}

    /// Gives the answer, unless there is one.
    ///
    /// - Returns: Whether this answer is the one that counts.
    @discardableResult
    public func answer(_ result: Result<Value, any Error>) -> Bool {
        let (waiting, counts) = self.state.withLockedValue { state -> (CheckedContinuation<Value, any Error>?, Bool) in
            switch state {
            case .fresh:
                state = .answered(result)
                return (nil, true)
            case .waiting(let continuation):
                state = .spent
                return (continuation, true)
            case .answered, .spent:
                return (nil, false)
            }
        }
        waiting?.resume(with: result)
        return counts
    }

    /// Waits for the answer; may be called once.
    ///
    /// - Parameter onCancel: Called, after the wait was answered with `CancellationError`, when the task is cancelled
    ///   first; tells whoever would have answered that nobody wants it any more.
    /// - Returns: What was answered.
    /// - Throws: What was answered, or `CancellationError`.
    public func value(onCancel: @escaping @Sendable () -> Void = {}) async throws -> Value {
        try await withTaskCancellationHandler {
            try await self.valueDespiteCancellation()
        } onCancel: {
            if self.answer(.failure(CancellationError())) { onCancel() }
        }
    }

    /// Waits for the answer even when the task is cancelled, for what must not be left half done; may be called once.
    /// Whoever answers has to keep a deadline.
    ///
    /// - Returns: What was answered.
    /// - Throws: What was answered.
    public func valueDespiteCancellation() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let answered = self.state.withLockedValue { state -> Result<Value, any Error>? in
                switch state {
                case .fresh:
                    state = .waiting(continuation)
                    return nil
                case .answered(let result):
                    state = .spent
                    return result
                case .waiting, .spent:
                    preconditionFailure("a reply is waited for once")
                }
            }
            if let answered { continuation.resume(with: answered) }
        }
    }
}
