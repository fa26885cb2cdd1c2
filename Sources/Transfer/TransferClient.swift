import CCurl
import HTTPTypes
public import Logging
import NIOConcurrencyHelpers
import NIOCore
import Reactor
public import ServiceLifecycle

/// An HTTP client over libcurl: pooled connections, bodies that stream both ways, and time-outs of its own.
///
/// ```swift
/// let client = try TransferClient(configuration: TransferConfiguration(), logger: logger)
/// let response = try await client.send(TransferRequest(url: "https://api.example.com/v1/models"))
/// let body = try await response.body.collect(upTo: 1_048_576)
/// ```
///
/// Whoever makes it runs it as a service: the graceful shutdown refuses new transfers and lets running ones end. It
/// knows nothing of what it transfers; names are resolved and bodies are buffered off its event loops, which never wait.
public final class TransferClient: Service, Sendable {
    private let configuration: TransferConfiguration
    private let logger: Logger
    private let names: NameSource
    private let engines: [Engine]
    private let secondEngines: [Engine]
    private let turn = NIOLockedValueBox(0)
    private let uploads: AsyncStream<Exchange>
    private let uploadsInput: AsyncStream<Exchange>.Continuation

    /// libcurl's own initialisation, once per process.
    private static let isInitialised: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Makes a client and its event loops; connects nowhere.
    ///
    /// - Parameters:
    ///   - configuration: Pools, limits and trust.
    ///   - logger: Told of shutdowns that had to cancel transfers; never of URLs or fields.
    /// - Throws: `ReactorError` if the kernel refuses an event loop; ``TransferError`` if libcurl cannot be used.
    public init(configuration: TransferConfiguration, logger: Logger) throws {
        guard Self.isInitialised else {
            throw TransferError(.failed, host: "libcurl", reason: "it cannot be initialised in this process")
        }
        self.configuration = configuration
        self.logger = logger
        self.names = NameSource(lifetime: configuration.nameLifetime, limit: configuration.maximumNames)
        let count = max(1, configuration.reactors)
        let reactors = try (0..<count).map { try Reactor(name: "transfer-\($0)") }
        let part = configuration.share(of: count)
        self.engines = try reactors.map { try Engine(on: $0, version: .http1, configuration: part) }
        self.secondEngines =
            configuration.allowsHTTP2
            ? try reactors.map { try Engine(on: $0, version: .http2IfOffered, configuration: part) } : []
        (self.uploads, self.uploadsInput) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(configuration.maximumTransfers)
        )
    }

    deinit {
        // On their own threads; does nothing if `run()` has ended.
        for engine in self.engines + self.secondEngines { engine.closeNow() }
    }

    /// Runs until the graceful shutdown: then takes no new transfers, lets running ones end within the configured
    /// grace, cancels what is left and closes all connections. A cancellation does so without grace.
    public func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.closeWhenToldTo() }
            for await exchange in self.uploads {
                group.addTask {
                    await exchange.upload?.run { exchange.resumeSending() }
                }
            }
        }
    }

    /// Sends a request and waits for the head of its response.
    ///
    /// - Parameter request: What to send.
    /// - Returns: The response, whatever its status, with a body to be read.
    /// - Throws: Why there is none; a cancelled task gets ``TransferError/Code/cancelled``.
    public func send(_ request: TransferRequest) async throws(TransferError) -> TransferResponse {
        let started = ContinuousClock.now
        let origin = try Origin(of: request.url)
        try Self.check(request, to: origin)
        let addresses = origin.isAddress ? nil : try await self.addresses(of: origin, for: request)
        var upload: Upload?
        if case .stream(let length, let source) = request.body {
            upload = Upload(source, length: length, highMark: self.configuration.uploadHighMark)
        }
        let exchange = Exchange(
            request,
            to: origin,
            at: addresses,
            started: started,
            upload: upload,
            highMark: self.configuration.bodyHighMark,
            on: self.engine(for: request)
        )
        if upload != nil, case .dropped = self.uploadsInput.yield(exchange) {
            throw exchange.error(.tooManyWaiting, "too many streamed requests wait; try again later")
        }
        return try await exchange.response()
    }

    private static func check(_ request: TransferRequest, to origin: Origin) throws(TransferError) {
        let host = origin.displayName
        guard request.method != .connect else {
            throw TransferError(
                .invalidHeader,
                host: host,
                reason: "CONNECT asks for a tunnel, which this client has not"
            )
        }
        switch request.body {
        case .none:
            break
        case .bytes, .stream:
            guard request.method != .head else {
                throw TransferError(.writeFailed, host: host, reason: "a HEAD request has no body")
            }
        }
        if case .stream(.some(..<0), _) = request.body {
            throw TransferError(.writeFailed, host: host, reason: "the declared length of the body is negative")
        }
    }

    private func addresses(
        of origin: Origin,
        for request: TransferRequest
    ) async throws(TransferError) -> NameSource.Addresses {
        let limit = min(request.timeouts.connect, request.timeouts.total ?? request.timeouts.connect)
        do {
            return try await self.names.addresses(of: origin.host, within: limit)
        } catch is CancellationError {
            throw TransferError(.cancelled, host: origin.displayName, reason: "the caller cancelled the transfer")
        } catch {
            throw TransferError(.nameNotResolved, host: origin.displayName, reason: "\(error)")
        }
    }

    private func engine(for request: TransferRequest) -> Engine {
        let engines =
            request.version == .http2IfOffered && !self.secondEngines.isEmpty ? self.secondEngines : self.engines
        guard engines.count > 1 else { return engines[0] }
        let index = self.turn.withLockedValue { turn in
            turn = (turn + 1) % engines.count
            return turn
        }
        return engines[index]
    }

    private func closeWhenToldTo() async {
        var grace = self.configuration.shutdownGrace
        do { try await gracefulShutdown() } catch { grace = .zero }
        let limit = grace
        await withDiscardingTaskGroup { group in
            for engine in self.engines + self.secondEngines {
                group.addTask { await engine.shutDown(within: limit) }
            }
        }
        self.uploadsInput.finish()
    }
}

extension TransferConfiguration {
    /// The limits of one of several event loops.
    func share(of reactors: Int) -> TransferConfiguration {
        func part(_ whole: Int) -> Int { (whole + reactors - 1) / reactors }
        var share = self
        share.connectionsPerHost = part(self.connectionsPerHost)
        share.totalConnections = part(self.totalConnections)
        share.maximumTransfers = part(self.maximumTransfers)
        share.maximumWaiting = part(self.maximumWaiting)
        return share
    }
}
