@testable import Discovery
import FoundationEssentials
import HTTPTypes
import JSON
import Logging
import NIOCore
import Postgres
import ProviderSimulator
import Providers
import Registry
import Secrets
import TestSupport
import Testing
import Transfer

/// What a test of refreshes needs: a database of its own, impersonated providers, and a refresher between them.
struct RefreshBench: Sendable {
    let refresher: Refresher
    /// Another replica's, on the same registry, with leases that it must renew all the time.
    let other: Refresher
    let store: RegistryStore
    let transfer: TransferClient
    let simulator: SimulatorAddress
    let database: Secret

    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private static let template = DatabaseTemplate("discovery") { url in
        let client = try PostgresClient(configuration: PostgresConfiguration(url: url), logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            _ = try await Migrator(client: client, logger: quiet).migrate()
            group.cancelAll()
        }
    }

    /// Runs a test.
    ///
    /// - Parameters:
    ///   - recordings: A folder of recorded lists that the impersonated providers serve; `nil` for their own.
    ///   - selected: The recording that a provider serves instead of its newest.
    ///   - keys: The environment beside the address of the impersonated providers.
    ///   - body: The test.
    /// - Throws: What the test throws, or why the bench could not be built.
    static func with(
        recordings: String? = nil,
        selected: [String: String] = [:],
        keys: [String: String] = RefreshBench.allKeys,
        _ body: @escaping @Sendable (RefreshBench) async throws -> Void
    ) async throws {
        try await withDatabase(from: self.template) { url in
            var configuration = SimulatorConfiguration()
            configuration.recordings = recordings
            configuration.selectedRecordings = selected
            let simulator = ProviderSimulator(configuration)
            let client = try PostgresClient(configuration: PostgresConfiguration(url: url), logger: Self.quiet)
            let transfer = try TransferClient(configuration: TransferConfiguration(), logger: Self.quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await simulator.run() }
                group.addTask { try await client.run() }
                group.addTask { try await transfer.run() }
                let address = try await simulator.address
                let environment = try ProviderEnvironment(
                    environment: keys.merging(["ROSTER_EGRESS_URL": address.url]) { _, new in new }
                )
                let store = RegistryStore(client: client)
                let refreshers = [Duration.seconds(30), .milliseconds(600)].map { span in
                    Refresher(
                        store: store,
                        feed: nil,
                        transfer: transfer,
                        environment: environment,
                        logger: Self.quiet,
                        leaseSpan: span
                    )
                }
                try await refreshers[0].registerProviders()
                try await body(
                    RefreshBench(
                        refresher: refreshers[0],
                        other: refreshers[1],
                        store: store,
                        transfer: transfer,
                        simulator: address,
                        database: url
                    )
                )
                group.cancelAll()
            }
        }
    }

    static let author = Authorship(actor: "test")

    /// A key for every provider.
    static let allKeys = Dictionary(
        ProviderCatalog.seeded.compactMap { $0.keyVariables.first }.map { ($0, "k") },
        uniquingKeysWith: { first, _ in first }
    )

    /// Makes the impersonated providers behave in some way.
    func simulate(_ behaviour: String, host: String? = nil, count: Int? = nil) async throws {
        var fault: JSONObject = ["simulate": .string(behaviour)]
        fault["host"] = JSONValue(host)
        fault["count"] = JSONValue(count)
        try await self.control(.post, "faults", body: JSONValue.object(fault))
    }

    /// Makes an impersonated provider list what a test says.
    func list(_ body: JSONValue, of slug: String) async throws {
        try await self.control(.put, "lists/\(slug)?as-is", body: body)
    }

    /// How many requests the impersonated providers have seen.
    func requestCount() async throws -> Int64 {
        try await self.control(.get, "state")["requests"]?.int64Value ?? 0
    }

    @discardableResult
    private func control(_ method: HTTPRequest.Method, _ path: String, body: JSONValue? = nil) async throws -> JSONValue
    {
        let response = try await self.transfer.send(
            TransferRequest(
                method: method,
                url: "\(self.simulator.url)/_simulator/\(path)",
                body: body.map { .bytes(ByteBuffer(bytes: $0.serialized())) } ?? .none
            )
        )
        let answer = try await response.body.collect(upTo: 16 << 20)
        try #require((200..<300).contains(response.status.code), "\(String(buffer: answer))")
        return try JSONValue(parsing: Array(answer.readableBytesView))
    }
}
