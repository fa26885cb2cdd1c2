import HTTP
import HTTPTypes
import NIOConcurrencyHelpers

/// Lets a few imports be under way at a time: each holds its whole file in memory.
///
/// Used from any task.
struct ImportSlots: Sendable {
    private let taken = NIOLockedValueBox(0)

    /// The most imports at once.
    static let most = 2

    /// Runs an import.
    ///
    /// - Parameter body: The import.
    /// - Returns: What the body returned.
    /// - Throws: 503 while others are under way; what the body throws.
    func use<Value>(_ body: () async throws -> Value) async throws -> Value {
        let isFree = self.taken.withLockedValue { taken -> Bool in
            guard taken < Self.most else { return false }
            taken += 1
            return true
        }
        guard isFree else {
            var refusal = APIError(
                .serviceUnavailable,
                .server,
                code: "busy",
                "\(Self.most) imports are under way on this replica already. Try again soon."
            )
            refusal.headers[.retryAfter] = "2"
            throw refusal
        }
        defer { self.taken.withLockedValue { $0 -= 1 } }
        return try await body()
    }
}
