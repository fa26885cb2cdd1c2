package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// A client of one Redis server or master: commands over one connection, subscriptions over another.
///
/// `run()` owns the connections and opens new ones as they are lost; add it to a `ServiceGroup`. Commands may be sent from
/// any task at any time. They leave in order, those of one tick in one write, and nobody waits for another's answer.
/// Commands sent before the first connection wait for it. While the server cannot be reached they are refused at once
/// with `unreachable`, so that who can do without Redis does not lose time.
package final class RedisClient: Service, Sendable {
    /// Whether commands can reach the server.
    package enum Reachability: Sendable {
        /// No attempt has ended yet, or the connection has just been lost.
        case connecting
        /// Connected to the server at this address.
        case connected(RedisConfiguration.Address)
        /// The last attempt failed; another one follows.
        case unreachable(RedisError)
        /// `run()` has ended.
        case closed
    }

    private struct State {
        var hasRun = false
        var reachability = Reachability.connecting
        var subscriptionAddress: RedisConfiguration.Address?
    }

    /// What the client was made with.
    package let configuration: RedisConfiguration
    let commands: CommandLane
    let subscriptions: SubscriptionLane
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let state = NIOLockedValueBox(State())

    /// Makes a client that does nothing until ``run()``.
    /// - Parameters:
    ///   - configuration: Where the server is, and every limit.
    ///   - logger: Told about connections won and lost, never about commands or their arguments.
    ///   - eventLoopGroup: One of its event loops serves both connections. It must outlive the client's `run()`.
    package init(
        configuration: RedisConfiguration,
        logger: Logger,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        let eventLoop = eventLoopGroup.next()
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.commands = CommandLane(eventLoop: eventLoop, configuration: configuration)
        self.subscriptions = SubscriptionLane(eventLoop: eventLoop, configuration: configuration)
        var logger = logger
        logger[metadataKey: "redis.location"] = "\(configuration.location)"
        self.logger = logger
    }

    /// Whether commands can reach the server, as far as is known.
    package var reachability: Reachability {
        self.state.withLockedValue(\.reachability)
    }

    // MARK: Commands

    /// Sends a command and waits for its answer.
    /// - Parameter command: The command.
    /// - Returns: The answer; an error of the server is thrown instead.
    /// - Throws: ``RedisError``.
    package func send(_ command: RedisCommand) async throws(RedisError) -> RedisValue {
        let value = try await self.commands.execute(command)
        if case .error(let message) = value {
            throw RedisError(refused: message)
        }
        return value
    }

    /// Sends commands one right after another, without waiting in between. They are not a transaction: each one succeeds
    /// or fails by itself.
    /// - Parameter pipeline: The commands.
    /// - Returns: One result for each, in their order.
    /// - Throws: ``RedisError`` if they were refused before the first one was sent.
    package func send(
        pipeline: [RedisCommand]
    ) async throws(RedisError) -> [Result<RedisValue, RedisError>] {
        try await self.commands.execute(pipeline: pipeline).map { result in
            guard case .success(.error(let message)) = result else { return result }
            return .failure(RedisError(refused: message))
        }
    }

    /// Subscribes to channels and patterns.
    /// - Parameters:
    ///   - channels: The names of channels.
    ///   - patterns: Patterns of names, as `PSUBSCRIBE` takes them.
    /// - Returns: The messages; dropping it unsubscribes.
    package func subscribe(to channels: [String], patterns: [String] = []) -> RedisSubscription {
        let topics = channels.map { SubscriptionMachine.Topic.channel($0) } + patterns.map { .pattern($0) }
        return self.subscriptions.subscribe(Set(topics))
    }

    // MARK: Life

    /// Owns the connections until graceful shutdown or cancellation; to be called once.
    ///
    /// At graceful shutdown new commands are refused, those on their way are still answered, and subscriptions end. At
    /// cancellation everything is given up.
    /// - Throws: ``RedisError`` with `configuration` if TLS cannot be set up, or `closed` if it has run before.
    package func run() async throws {
        let isFirst = self.state.withLockedValue { state in
            defer { state.hasRun = true }
            return !state.hasRun
        }
        guard isFirst else {
            throw RedisError(.closed, "A Redis client runs once. Make another one.")
        }
        do {
            let connector = Connector(
                configuration: self.configuration,
                eventLoop: self.eventLoop,
                tls: try await self.configuration.tls?.makeContext(),
                sentinels: SentinelOrder(),
                logger: self.logger
            )
            await self.keepConnected(by: connector)
        } catch {
            try await self.end()
            throw error
        }
        try await self.end()
    }

    private func keepConnected(by connector: Connector) async {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await self.keepConnected(self.commands, by: connector, purpose: "commands") { change in
                        self.commandsChanged(change)
                    }
                }
                group.addTask {
                    await self.subscriptions.waitUntilWanted()
                    await self.keepConnected(self.subscriptions, by: connector, purpose: "subscriptions") { change in
                        guard case .connected(let address) = change else { return }
                        self.state.withLockedValue { $0.subscriptionAddress = address }
                    }
                }
                await self.commands.waitUntilFinished()
                group.cancelAll()
                await group.waitForAll()
            }
        } onGracefulShutdown: {
            self.commands.close()
            self.subscriptions.close()
        }
    }

    private func end() async throws {
        self.state.withLockedValue { $0.reachability = .closed }
        try await self.commands.abort()
        try await self.subscriptions.abort()
    }

    /// Remembers it; when the master has moved, subscriptions to the former one would stay silent.
    private func commandsChanged(_ change: Reachability) {
        let hasMoved = self.state.withLockedValue { state in
            state.reachability = change
            guard case .connected(let address) = change, let former = state.subscriptionAddress else { return false }
            return former != address
        }
        if hasMoved {
            self.subscriptions.reconnect()
        }
    }

    /// Brings a lane one connection after another until the task is cancelled.
    private func keepConnected(
        _ lane: some ConnectionLane,
        by connector: Connector,
        purpose: String,
        changed: (Reachability) -> Void
    ) async {
        var logger = self.logger
        logger[metadataKey: "redis.purpose"] = "\(purpose)"
        var backoff = self.configuration.backoff
        var generator = SystemRandomNumberGenerator()
        var failures = 0
        while !Task.isCancelled {
            do throws(RedisError) {
                let connection = try await connector.connect()
                let start = ContinuousClock.now
                changed(.connected(connection.address))
                failures = 0
                logger.info("connected to Redis", metadata: ["redis.address": "\(connection.address)"])
                let reason = try await lane.serve(connection.channel)
                guard !Task.isCancelled, reason.code != .closed else { return }
                changed(.connecting)
                logger.warning("connection to Redis lost", metadata: ["redis.reason": "\(reason)"])
                if start.duration(to: .now) > .seconds(1) {
                    backoff.reset()
                }
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                logger.log(
                    level: failures == 1 ? .warning : .debug,
                    "Redis cannot be reached",
                    metadata: ["redis.error": "\(error)", "redis.failures": "\(failures)"]
                )
                changed(.unreachable(error))
                lane.attemptFailed(error)
            }
            do {
                try await Task.sleep(for: backoff.next(using: &generator))
            } catch {
                return
            }
        }
    }
}
