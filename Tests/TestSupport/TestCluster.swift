package import LocalCluster
package import Secrets

/// The PostgreSQL that all tests of this process share: started when the first test needs it.
///
/// It has no end of its own. When the process ends, in whatever way, its supervisor ends the server and its janitor
/// removes the data.
package enum TestCluster {
    /// The server; every caller waits for the same start.
    package static var postgres: PostgresServer {
        get async throws { try await self.starting.value }
    }

    // Owned by the process, like every `static let`.
    private static let starting = Task {
        let (started, start) = AsyncThrowingStream.makeStream(
            of: PostgresServer.self,
            bufferingPolicy: .bufferingNewest(1)
        )
        Task {
            do {
                try await LocalCluster.runPostgres(.init(.throwaway())) { server in
                    start.yield(server)
                    // Until the process ends: nobody cancels this task.
                    try await Task.sleep(for: .seconds(366 * 24 * 3600))
                }
            } catch {
                start.finish(throwing: error)
            }
        }
        for try await server in started { return server }
        throw CancellationError()
    }
}

/// Runs `body` with an empty database of its own, on the server that all tests share.
package func withDatabase<Value>(_ body: (Secret) async throws -> Value) async throws -> Value {
    try await withDatabase(copyOf: "template0", body)
}

/// Runs `body` with a copy of a database that is prepared once for all tests, as by migrating it.
package func withDatabase<Value>(
    from template: DatabaseTemplate,
    _ body: (Secret) async throws -> Value
) async throws -> Value {
    try await withDatabase(copyOf: try await template.name(), body)
}

/// Runs `body` with a Redis of its own, which it may also pause, kill and start again.
///
/// Not a database number of a shared one: channels, scripts and memory are shared by all numbers of a Redis.
package func withRedis<Value>(_ body: (RedisServer) async throws -> Value) async throws -> Value {
    try await LocalCluster.runRedis(.init(.throwaway()), body: body)
}

/// Runs `body` with a PostgreSQL of its own, which it may also pause, kill and start again.
package func withPostgres<Value>(_ body: (PostgresServer) async throws -> Value) async throws -> Value {
    try await LocalCluster.runPostgres(.init(.throwaway()), body: body)
}

private func withDatabase<Value>(
    copyOf template: String,
    _ body: (Secret) async throws -> Value
) async throws -> Value {
    let server = try await TestCluster.postgres
    let name = DatabaseTemplate.newName(for: "test")
    try await execute("CREATE DATABASE \(name) TEMPLATE \(template)", on: server.url)
    let outcome: Result<Value, any Error>
    do {
        outcome = .success(try await body(server.url(ofDatabase: name)))
    } catch {
        outcome = .failure(error)
    }
    // Also when the test was cancelled, and whatever it left connected.
    let url = server.url
    try await Task { _ = try await execute("DROP DATABASE \(name) WITH (FORCE)", on: url) }.value
    return try outcome.get()
}
