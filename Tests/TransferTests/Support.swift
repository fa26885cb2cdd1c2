import HTTPTypes
import Logging
import NIOCore
import Testing

@testable import Transfer

/// Runs a client as a service around a test and ends it afterwards.
func withClient<Result: Sendable>(
    _ configure: (inout TransferConfiguration) -> Void = { _ in },
    _ body: @Sendable (TransferClient) async throws -> Result
) async throws -> Result {
    var configuration = TransferConfiguration()
    configuration.shutdownGrace = .seconds(5)
    configure(&configuration)
    let client = try TransferClient(configuration: configuration, logger: Logger(label: "test"))
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.run() }
        let result: Result
        do {
            result = try await body(client)
        } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
        try await group.waitForAll()
        return result
    }
}

/// Runs a scripted server around a test and stops it afterwards.
func withServer<Result: Sendable>(
    sendBuffer: Int32? = nil,
    receiveBuffer: Int32? = nil,
    script: @escaping ScriptedServer.Script,
    _ body: @Sendable (ScriptedServer) async throws -> Result
) async throws -> Result {
    let server = try ScriptedServer(receiveBuffer: receiveBuffer, sendBuffer: sendBuffer, script: script)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

func eventually(
    _ what: Comment,
    within limit: Duration = .seconds(20),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while !(try await condition()) {
        try #require(ContinuousClock.now < deadline, what, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(1))
    }
}

/// Expects work to fail with a ``TransferError`` of a code.
func expectFailure<Result>(
    _ code: TransferError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ work: () async throws -> Result
) async {
    do {
        _ = try await work()
        Issue.record("it succeeded instead of failing with \(code)", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? TransferError)?.code == code, "\(error)", sourceLocation: sourceLocation)
    }
}

extension TransferClient {
    /// Sends and collects, as most callers do.
    func text(_ request: TransferRequest) async throws -> String {
        let response = try await self.send(request)
        return String(buffer: try await response.body.collect(upTo: 100_000_000))
    }

    /// The error that a request must end with, from the head or from the body.
    func failure(
        _ request: TransferRequest,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> TransferError {
        do throws(TransferError) {
            let response = try await self.send(request)
            let body = try await response.body.collect(upTo: 100_000_000)
            Issue.record(
                "it succeeded with \(response.status) and \(body.readableBytes) bytes",
                sourceLocation: sourceLocation
            )
            throw TransferError(.failed, host: "test", reason: "succeeded")
        } catch {
            return error
        }
    }
}
