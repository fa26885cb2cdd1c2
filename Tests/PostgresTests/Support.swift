import Glibc
import Logging
import NIOConcurrencyHelpers
import Postgres
import Secrets
import ServiceLifecycle
import Testing

/// A logger that drops everything: failures are looked for in errors.
let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Remembers what was logged.
struct RecordingLogHandler: LogHandler {
    let messages: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let metadata = event.metadata ?? [:]
        self.messages.withLockedValue { $0.append("\(event.message) \(metadata)") }
    }
}

/// Runs a client as a service for as long as a body takes, then shuts it down gracefully.
@discardableResult
func withClient<R>(
    _ url: Secret,
    _ configure: (inout PostgresConfiguration) -> Void = { _ in },
    logger: Logger = silent,
    _ body: (PostgresClient) async throws -> R
) async throws -> R {
    var configuration = try PostgresConfiguration(url: url)
    configure(&configuration)
    let client = try PostgresClient(configuration: configuration, logger: logger)
    let services = ServiceGroup(
        services: [client],
        gracefulShutdownSignals: [],
        cancellationSignals: [],
        logger: silent
    )
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await services.run() }
        let result: R
        do {
            result = try await body(client)
        } catch {
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
            throw error
        }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
        return result
    }
}

/// The same with a second client, whose statements never wait behind the first one's.
func withTwoClients(
    _ url: Secret,
    _ configure: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresClient, PostgresClient) async throws -> Void
) async throws {
    try await withClient(url, configure) { client in
        try await withClient(url, configure) { observer in try await body(client, observer) }
    }
}

/// The same on the server that all tests share.
@discardableResult
func withSharedClient<R>(
    _ configure: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (PostgresClient) async throws -> R
) async throws -> R {
    try await withClient(PostgresServerProcess.sharedServer().url(), configure, logger: silent, body)
}

/// Waits until a condition holds.
func eventually(
    within limit: Duration = .seconds(20),
    _ what: Comment,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while !(try await condition()) {
        try #require(ContinuousClock.now < deadline, what)
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// The error that a body throws.
func failure<R>(
    _ location: SourceLocation = #_sourceLocation,
    of body: () async throws -> R
) async throws -> PostgresError {
    do {
        _ = try await body()
    } catch let error as PostgresError {
        return error
    }
    return try #require(nil as PostgresError?, "no error was thrown", sourceLocation: location)
}

/// How many sockets of this process are connected to a port.
func sockets(connectedTo port: Int) -> Int {
    (Int32(0)..<4_096).count { descriptor in
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
        }
        return status == 0 && Int32(address.sin_family) == AF_INET && Int(UInt16(bigEndian: address.sin_port)) == port
    }
}
