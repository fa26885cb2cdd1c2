package import Testing

/// Waits until a condition holds, and records an issue when it does not in time.
///
/// - Parameters:
///   - limit: How long the condition may take.
///   - what: What is waited for, as the issue names it ("the replica serves revision 7").
///   - sourceLocation: Where the issue is recorded.
///   - condition: Asked again every 10 ms; an error counts as "not yet", and the last one is named by the issue.
/// - Returns: Whether it held.
/// - Throws: `CancellationError` when the test is cancelled.
@discardableResult
package func eventually(
    within limit: Duration = .seconds(10),
    _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    var lastError: (any Error)?
    while true {
        do {
            if try await condition() { return true }
            lastError = nil
        } catch let error as CancellationError {
            throw error
        } catch {
            lastError = error
        }
        guard ContinuousClock.now < deadline else { break }
        try await Task.sleep(for: .milliseconds(10))
    }
    let reason = lastError.map { "; the last error was: \($0)" } ?? ""
    Issue.record("Not within \(limit): \(what)\(reason)", sourceLocation: sourceLocation)
    return false
}
