import FoundationEssentials
import Gateway
import HTTP
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Logging
import NIOCore
import ProviderSimulator
import Providers
import Registry
import Secrets
import ServiceLifecycle
import Transfer

/// A gateway on a real socket, the simulator behind it, and a client in front of it.
struct GatewayFixture: Sendable {
    /// Where the gateway listens.
    let port: Int
    /// Where the simulator listens.
    let simulator: String
    /// A client of both, apart from the gateway's own.
    let client: TransferClient

    /// A key for inference, one that has expired, one that was revoked, one for reading only.
    static let key = "rk_client_0000000000000000000000000000000000000"
    static let expiredKey = "rk_expired"
    static let revokedKey = "rk_revoked"
    static let readerKey = "rk_reader"
    static let administratorKey = "admin-secret"
    static let providerKey = "sk-of-the-operator"

    /// An answer, read to its end.
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let body: ByteBuffer

        var text: String { String(buffer: self.body) }
        var json: JSONValue? { try? JSONValue(parsing: self.body.readableBytesUInt8Span) }
        var message: String { self.json["error"]["message"]?.stringValue ?? "" }
        var code: String? { self.json["error"]["code"]?.stringValue }
    }

    /// Sends a chat request and reads its answer.
    func chat(_ body: String, key: String? = Self.key, headers: HTTPFields = HTTPFields()) async throws -> Answer {
        try await self.chat(ByteBuffer(string: body), key: key, headers: headers)
    }

    /// Sends a chat request and reads its answer.
    func chat(_ body: ByteBuffer, key: String? = Self.key, headers: HTTPFields = HTTPFields()) async throws -> Answer {
        let response = try await self.open(body, key: key, headers: headers)
        return Answer(
            status: response.status.code,
            headers: response.headers,
            body: try await response.body.collect(upTo: 64 << 20)
        )
    }

    /// Sends a chat request and returns as soon as there is a head.
    func open(
        _ body: ByteBuffer,
        key: String? = Self.key,
        headers: HTTPFields = HTTPFields()
    ) async throws -> TransferResponse {
        var headers = headers
        headers[.contentType] = "application/json"
        if let key { headers[.authorization] = "Bearer \(key)" }
        var request = TransferRequest(
            method: .post,
            url: "http://127.0.0.1:\(self.port)/v1/chat/completions",
            headers: headers,
            body: .bytes(body)
        )
        request.returnPoint = .head
        return try await self.client.send(request)
    }

    /// A request for an answer of a model.
    static func body(_ model: String, isStream: Bool = false) -> String {
        let stream = isStream ? ",\"stream\":true" : ""
        return "{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]\(stream)}"
    }

    /// What the simulator says about itself.
    func state() async throws -> JSONValue { try await self.control("state") }

    /// The requests that the simulator has seen, oldest first.
    func requests() async throws -> [JSONValue] {
        try await self.control("requests")["requests"]?.arrayValue ?? []
    }

    private func control(_ path: String) async throws -> JSONValue {
        let response = try await self.client.send(TransferRequest(url: "\(self.simulator)/_simulator/\(path)"))
        let body = try await response.body.collect(upTo: 256 << 20)
        return try JSONValue(parsing: body.readableBytesUInt8Span)
    }
}

/// Offers of OpenAI's under names that tell the simulator how to behave (`gpt-4o-mini#status=429`), and providers that cannot
/// be called, each for a reason of its own.
func testSnapshot(models: [String], baseURLs: [String: String] = [:]) -> Snapshot {
    let now = Date()
    func key(
        _ id: Int64,
        _ key: String,
        _ scope: APIKey.Scope,
        expiresAt: Date? = nil,
        revokedAt: Date? = nil
    ) -> APIKey {
        APIKey(
            id: id,
            hash: KeyHash(of: Secret(key)),
            prefix: String(key.prefix(7)),
            description: "test",
            scopes: [scope],
            expiresAt: expiresAt,
            revokedAt: revokedAt,
            createdAt: now
        )
    }
    var providers = [
        Provider(id: 1, slug: "openai", name: "OpenAI", kind: .text, adapter: "openai"),
        Provider(id: 2, slug: "openrouter", name: "OpenRouter", kind: .aggregator, adapter: "openrouter"),
        Provider(id: 3, slug: "asleep", name: "Asleep", kind: .text, adapter: "openai-compatible", isActive: false),
    ]
    for (slug, url) in baseURLs.sorted(by: { $0.key < $1.key }) {
        providers.append(
            Provider(
                id: Int64(providers.count + 1),
                slug: slug,
                name: slug,
                kind: .local,
                adapter: "openai-compatible",
                baseURL: url
            )
        )
    }
    var rows = models.enumerated().map { Model(id: Int64($0 + 1), providerID: 1, apiName: $1, name: $1) }
    func add(_ provider: Int64, _ name: String, _ change: (inout Model) -> Void = { _ in }) {
        var model = Model(id: Int64(rows.count + 1), providerID: provider, apiName: name, name: name)
        change(&model)
        rows.append(model)
    }
    add(1, "old-model") { $0.isActive = false }
    add(1, "text-embedding-3-small") { $0.outputModalities = ["embeddings"] }
    add(2, "keyless/model")
    add(3, "sleeping-model")
    for provider in providers.dropFirst(3) { add(provider.id, "\(provider.slug)-model") }
    return Snapshot(
        revision: 17,
        readAt: now,
        providers: providers,
        models: rows,
        routes: [Route(id: 1, name: "default", strategy: .ordered, isActive: true, members: ["openai/gpt-4o-mini"])],
        keys: [
            key(1, GatewayFixture.key, .inference),
            key(2, GatewayFixture.expiredKey, .inference, expiresAt: now - 60),
            key(3, GatewayFixture.revokedKey, .inference, revokedAt: now - 60),
            key(4, GatewayFixture.readerKey, .reader),
        ]
    )
}

/// Runs `body` against a gateway, and ends everything afterwards.
///
/// - Parameters:
///   - models: Offers of OpenAI's beside `gpt-4o-mini`.
///   - baseURLs: Further servers by slug, each with a model called after it.
///   - settings: The gateway's limits.
///   - body: The test.
/// - Throws: What the test throws.
func withGateway(
    models: [String] = [],
    baseURLs: [String: String] = [:],
    settings: InferenceSettings = InferenceSettings(),
    _ body: (GatewayFixture) async throws -> Void
) async throws {
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var configuration = SimulatorConfiguration()
    configuration.acceptsUnknownModels = true
    configuration.acceptedKeys = ["openai": Secret(GatewayFixture.providerKey)]
    configuration.keptRequests = 1_000
    let simulator = ProviderSimulator(configuration, logger: quiet)
    let upstream = try TransferClient(configuration: TransferConfiguration(), logger: quiet)
    let client = try TransferClient(configuration: TransferConfiguration(), logger: quiet)
    let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))

    try await withThrowingTaskGroup(of: Void.self) { tasks in
        let base = ServiceGroup(services: [simulator, upstream, client], logger: quiet)
        tasks.addTask { try await base.run() }
        let address = try await simulator.address.url
        let environment = try ProviderEnvironment(environment: [
            "ROSTER_EGRESS_URL": address, "OPENAI_API_KEY": GatewayFixture.providerKey,
        ])
        // Servers of the test's own are reached directly: the egress would put the simulator in between.
        let direct = try ProviderEnvironment(environment: [
            "OPENAI_API_KEY": GatewayFixture.providerKey, "OPENAI_BASE_URL": "\(address)/api.openai.com/v1",
        ])
        let snapshot = testSnapshot(models: ["gpt-4o-mini"] + models, baseURLs: baseURLs)
        let router = Router(context: ReplicaContext.self)
        router.add(middleware: RequestEnvelope { snapshot })
        router.serve(
            InferenceEndpoints(
                environment: baseURLs.isEmpty ? environment : direct,
                transfer: upstream,
                settings: settings
            ).operations,
            authenticator: Authenticator(
                administratorKey: Secret(GatewayFixture.administratorKey),
                networks: try TrustedNetworks()
            )
        )
        let application = Application(
            router: router,
            server: .replica(),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) },
            logger: quiet
        )
        let front = ServiceGroup(services: [application], logger: quiet)
        tasks.addTask { try await front.run() }
        var iterator = ports.makeAsyncIterator()
        let found = await iterator.next() ?? 0
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(GatewayFixture(port: found, simulator: address, client: client)))
        } catch {
            outcome = .failure(error)
        }
        await front.triggerGracefulShutdown()
        await base.triggerGracefulShutdown()
        try await tasks.waitForAll()
        try outcome.get()
    }
}
