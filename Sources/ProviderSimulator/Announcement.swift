import NIOConcurrencyHelpers

/// One value or error that many may wait for, before it is there or after.
final class Announcement<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, any Error>?
        var waiting: [Int: CheckedContinuation<Value, any Error>] = [:]
        var cancelled: Set<Int> = []
        var lastID = 0
    }

    private let state = NIOLockedValueBox(State())

    /// Announces the outcome. The first one counts.
    func announce(_ result: Result<Value, any Error>) {
        let waiting = self.state.withLockedValue { state -> [CheckedContinuation<Value, any Error>] in
            guard state.result == nil else { return [] }
            state.result = result
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume(with: result) }
    }

    /// The outcome, as soon as it is there.
    var value: Value {
        get async throws {
            let id = self.state.withLockedValue { state in
                state.lastID += 1
                return state.lastID
            }
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let result = self.state.withLockedValue { state -> Result<Value, any Error>? in
                        if let result = state.result { return result }
                        if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                        state.waiting[id] = continuation
                        return nil
                    }
                    if let result { continuation.resume(with: result) }
                }
            } onCancel: {
                let continuation = self.state.withLockedValue { state -> CheckedContinuation<Value, any Error>? in
                    guard state.result == nil else { return nil }
                    // A cancellation may come before the wait begins.
                    guard let waiting = state.waiting.removeValue(forKey: id) else {
                        state.cancelled.insert(id)
                        return nil
                    }
                    return waiting
                }
                continuation?.resume(throwing: CancellationError())
            }
        }
    }
}
