package import Secrets
internal import Subprocess

/// A statement that the server refused.
package struct StatementError: Error, CustomStringConvertible {
    package let description: String
}

/// Executes one statement by `psql`: how tests make databases, and look at them from the outside.
///
/// - Parameters:
///   - statement: SQL that the test wrote itself.
///   - database: Where to execute it.
/// - Returns: The rows, their columns separated by `|`.
/// - Throws: ``StatementError`` with the server's words.
@discardableResult
package func execute(_ statement: String, on database: Secret) async throws -> [String] {
    // The password travels in the environment: the arguments of a process can be read by everybody.
    let parts = database.exposed.split(separator: "@", maxSplits: 1)
    let credentials = parts[0].split(separator: ":")
    let result = try await run(
        .name("psql"),
        arguments: ["-XqtA", "-v", "ON_ERROR_STOP=1", "-d", "postgresql://roster@\(parts[1])", "-c", statement],
        environment: .inherit.updating(["PGPASSWORD": String(credentials[credentials.count - 1])]),
        output: .string(limit: 1 << 20),
        error: .string(limit: 1 << 16)
    )
    guard result.terminationStatus.isSuccess else { throw StatementError(description: result.standardError) }
    return result.standardOutput.split(separator: "\n").map(String.init)
}
