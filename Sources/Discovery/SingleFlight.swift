import NIOConcurrencyHelpers

/// Lets callers who want the same thing at the same time share one piece of work.
///
/// The first caller does it in its own task; the others wait for its result. If the first is cancelled, one of the
/// others begins anew, so that nobody's cancellation is somebody else's.
package final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Flight {
        var waiters: [UInt64: CheckedContinuation<Value?, any Error>] = [:]
    }

    private struct Guarded {
        var flights: [Key: Flight] = [:]
        var lastWaiter: UInt64 = 0
    }

    private let guarded = NIOLockedValueBox(Guarded())

    /// Nothing is under way.
    package init() {}

    /// Does the work, or waits for whoever does it already.
    ///
    /// - Parameters:
    ///   - key: What makes two pieces of work the same.
    ///   - work: The work.
    /// - Returns: Its result.
    /// - Throws: What the work throws, or `CancellationError`.
    package func run(_ key: Key, _ work: @Sendable () async throws -> Value) async throws -> Value {
        while true {
            let isFirst = self.guarded.withLockedValue { guarded in
                guard guarded.flights[key] == nil else { return false }
                guarded.flights[key] = Flight()
                return true
            }
            if isFirst {
                let result: Result<Value, any Error>
                do { result = .success(try await work()) } catch { result = .failure(error) }
                self.land(key, result)
                return try result.get()
            }
            if let value = try await self.join(key) { return value }
        }
    }

    private func land(_ key: Key, _ result: Result<Value, any Error>) {
        let flight = self.guarded.withLockedValue { $0.flights.removeValue(forKey: key) }
        for waiter in (flight?.waiters ?? [:]).values {
            switch result {
            case .success(let value): waiter.resume(returning: value)
            case .failure(is CancellationError): waiter.resume(returning: nil)
            case .failure(let error): waiter.resume(throwing: error)
            }
        }
    }

    /// The result of the flight under way; `nil` if there is none any more, or if it was given up.
    private func join(_ key: Key) async throws -> Value? {
        let number = self.guarded.withLockedValue { guarded in
            guarded.lastWaiter += 1
            return guarded.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waits = self.guarded.withLockedValue { guarded in
                    guarded.flights[key]?.waiters.updateValue(continuation, forKey: number)
                    return guarded.flights[key] != nil
                }
                if !waits { continuation.resume(returning: nil) }
                // The cancellation may have come before the waiter was there for it to find.
                if Task.isCancelled { self.leave(key, number) }
            }
        } onCancel: {
            self.leave(key, number)
        }
    }

    private func leave(_ key: Key, _ number: UInt64) {
        let waiter = self.guarded.withLockedValue { $0.flights[key]?.waiters.removeValue(forKey: number) }
        waiter?.resume(throwing: CancellationError())
    }
}
