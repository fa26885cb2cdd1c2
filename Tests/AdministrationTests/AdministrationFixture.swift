import Administration
import Discovery
import FoundationEssentials
import HTTP
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Logging
import NIOCore
import Postgres
import ProviderSimulator
import Providers
import Registry
import Secrets
import ServiceLifecycle
import TestSupport
import Transfer

/// The operators' endpoints on a real socket, over a real database, with impersonated providers.
struct AdministrationFixture: Sendable {
    let port: Int
    let client: TransferClient
    let store: RegistryStore
    let feed: SnapshotFeed
    let database: Secret
    let simulator: String

    static let administratorKey = "admin-secret"
    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private static let template = DatabaseTemplate("administration") { url in
        let client = try PostgresClient(configuration: PostgresConfiguration(url: url), logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            _ = try await Migrator(client: client, logger: quiet).migrate()
            group.cancelAll()
        }
    }

    /// An answer, read to its end.
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let text: String

        var json: JSONValue? { try? JSONValue(parsing: self.text.utf8) }
        var message: String { self.json["error"]["message"]?.stringValue ?? "" }
        var code: String? { self.json["error"]["code"]?.stringValue }
    }

    /// Sends a request as the administrator.
    func admin(_ method: HTTPRequest.Method, _ path: String, _ body: String? = nil) async throws -> Answer {
        try await self.send(method, path, body, key: Self.administratorKey)
    }

    /// Sends a request.
    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        key: String? = nil,
        headers: HTTPFields = HTTPFields()
    ) async throws -> Answer {
        var headers = headers
        if let key { headers[.authorization] = "Bearer \(key)" }
        if body != nil { headers[.contentType] = "application/json" }
        let response = try await self.client.send(
            TransferRequest(
                method: method,
                url: "http://127.0.0.1:\(self.port)\(path)",
                headers: headers,
                body: body.map { .bytes(ByteBuffer(string: $0)) } ?? .none
            )
        )
        let answer = try await response.body.collect(upTo: 64 << 20)
        return Answer(status: response.status.code, headers: response.headers, text: String(buffer: answer))
    }

    /// Makes an impersonated provider misbehave.
    func simulate(_ behaviour: String, host: String) async throws {
        let body = "{\"simulate\": \"\(behaviour)\", \"host\": \"\(host)\"}"
        let response = try await self.client.send(
            TransferRequest(
                method: .post,
                url: "\(self.simulator)/_simulator/faults",
                body: .bytes(ByteBuffer(string: body))
            )
        )
        _ = try await response.body.collect(upTo: 1 << 20)
    }

    /// Runs a test over a database of its own.
    ///
    /// - Parameters:
    ///   - networks: Who may do without a key; the usual ones unless given.
    ///   - body: The test.
    /// - Throws: What the test throws.
    static func with(
        networks: TrustedNetworks? = nil,
        _ body: @escaping @Sendable (AdministrationFixture) async throws -> Void
    ) async throws {
        try await withDatabase(from: self.template) { url in
            try await self.with(database: url, networks: networks, body)
        }
    }

    /// Runs a test over a database that is migrated already.
    ///
    /// - Parameters:
    ///   - url: The database.
    ///   - networks: Who may do without a key; the usual ones unless given.
    ///   - acquireTimeout: How long a request waits for a connection to the database.
    ///   - body: The test.
    /// - Throws: What the test throws.
    static func with(
        database url: Secret,
        networks: TrustedNetworks? = nil,
        acquireTimeout: Duration = .seconds(5),
        _ body: @escaping @Sendable (AdministrationFixture) async throws -> Void
    ) async throws {
        let simulator = ProviderSimulator()
        var configuration = try PostgresConfiguration(url: url)
        configuration.acquireTimeout = acquireTimeout
        let postgres = try PostgresClient(configuration: configuration, logger: self.quiet)
        let transfer = try TransferClient(configuration: TransferConfiguration(), logger: self.quiet)
        let client = try TransferClient(configuration: TransferConfiguration(), logger: self.quiet)
        let store = RegistryStore(client: postgres)
        let feed = SnapshotFeed(store: store, period: .milliseconds(100), logger: self.quiet)
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            let base = ServiceGroup(services: [simulator, postgres, transfer, client, feed], logger: self.quiet)
            tasks.addTask { try await base.run() }
            let address = try await simulator.address.url
            let environment = try ProviderEnvironment(environment: [
                "ROSTER_EGRESS_URL": address, "OPENROUTER_API_KEY": "k", "OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k",
            ])
            let refresher = Refresher(
                store: store,
                feed: feed,
                transfer: transfer,
                environment: environment,
                logger: self.quiet
            )
            try await refresher.registerProviders()
            try await feed.wait(for: try await store.position().revision, timeout: .seconds(10))
            let authenticator = Authenticator(
                administratorKey: Secret(self.administratorKey),
                networks: try networks ?? TrustedNetworks()
            )
            let router = Router(context: ReplicaContext.self)
            router.add(middleware: RequestEnvelope { feed.snapshot })
            var operations = ModelEndpoints(store: store).operations
            operations += RowEndpoints(store: store, feed: feed).operations
            operations += SheetEndpoints(store: store, feed: feed).operations
            operations += PlanEndpoints(store: store, feed: feed).operations
            operations += HistoryEndpoints(store: store, feed: feed).operations
            operations += RegistryEndpoints(refresher: refresher, feed: feed, hardware: HardwareInventory()).operations
            operations += ModelSyncEndpoints(refresher: refresher, feed: feed).operations
            operations += KeyEndpoints(authenticator: authenticator, store: store, feed: feed).operations
            operations += HealthEndpoints(feed: feed).operations
            router.serve(ReferenceEndpoints(describing: operations).operations, authenticator: authenticator)
            let application = Application(
                router: router,
                server: .replica(),
                configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
                logger: self.quiet
            )
            let front = ServiceGroup(services: [application], logger: self.quiet)
            tasks.addTask { try await front.run() }
            var iterator = ports.makeAsyncIterator()
            let fixture = AdministrationFixture(
                port: await iterator.next() ?? 0,
                client: client,
                store: store,
                feed: feed,
                database: url,
                simulator: address
            )
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(fixture)) } catch { outcome = .failure(error) }
            await front.triggerGracefulShutdown()
            await base.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try outcome.get()
        }
    }
}
