import NIOConcurrencyHelpers

/// An answer that one task waits for and that is given exactly once.
///
/// Whoever owns it must answer it in the end, also after a cancellation: only the owner knows whether the command has
/// been sent. Any thread may answer and one task may wait, in either order.
final class Reply<Value: Sendable, Failure: Error>: Sendable {
    private enum State {
        case fresh
        case waiting(CheckedContinuation<Result<Value, Failure>, Never>)
        case answered(Result<Value, Failure>)
        case spent
    }

    private let state = NIOLockedValueBox(State.fresh)

    /// Gives the answer. The first one counts, later ones are dropped.
    /// - Parameter result: The answer.
    func answer(_ result: Result<Value, Failure>) {
        let continuation = self.state.withLockedValue { state -> CheckedContinuation<Result<Value, Failure>, Never>? in
            switch state {
            case .fresh:
                state = .answered(result)
                return nil
            case .waiting(let continuation):
                state = .spent
                return continuation
            case .answered, .spent:
                return nil
            }
        }
        continuation?.resume(returning: result)
    }

    /// Waits for the answer; to be called once.
    /// - Parameter onCancel: Tells the owner, who then answers. It may run before the wait begins.
    /// - Returns: The answer.
    /// - Throws: The answer, if it is a failure.
    func value(onCancel: @escaping @Sendable () -> Void) async throws(Failure) -> Value {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = self.state.withLockedValue { state -> Result<Value, Failure>? in
                    switch state {
                    case .fresh:
                        state = .waiting(continuation)
                        return nil
                    case .answered(let result):
                        state = .spent
                        return result
                    case .waiting, .spent:
                        preconditionFailure("an answer is waited for once")
                    }
                }
                if let early {
                    continuation.resume(returning: early)
                }
            }
        } onCancel: {
            onCancel()
        }
        return try result.get()
    }
}
