import Secrets
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// Opens connections that are ready for use: found (by sentinels, where there are any), encrypted, signed in and verified.
///
/// A value that the tasks of `RedisClient.run()` use; sockets live on the given event loop. Names are looked up by NIO on a
/// thread of its own.
struct Connector: Sendable {
    /// An open connection, and where it leads.
    struct Connection: Sendable {
        let channel: any Channel
        let address: RedisConfiguration.Address
    }

    let configuration: RedisConfiguration
    let eventLoop: any EventLoop
    /// Made once, because reading certificates takes time and a disk.
    let tls: NIOSSLContext?
    let sentinels: SentinelOrder
    let logger: Logger

    /// Opens a connection to the server.
    /// - Returns: The connection; nothing of ours is in its pipeline except TLS.
    /// - Throws: ``RedisError`` that names the address.
    func connect() async throws(RedisError) -> Connection {
        switch self.configuration.location {
        case .server(let address):
            return try await self.connect(to: address, mustBeMaster: false)
        case .sentinels(let addresses, let master):
            let address = try await self.askSentinels(addresses, for: master)
            return try await self.connect(to: address, mustBeMaster: true)
        }
    }

    private func connect(
        to address: RedisConfiguration.Address,
        mustBeMaster: Bool
    ) async throws(RedisError) -> Connection {
        var commands = Self.signIn(self.configuration.credentials)
        if self.configuration.database != 0 {
            commands.append(RedisCommand("SELECT", [.integer(Int64(self.configuration.database))]))
        }
        if mustBeMaster {
            commands.append(RedisCommand("ROLE"))
        }
        // Refused while the server loads its data, and without a password where one is needed.
        commands.append(RedisCommand("PING"))
        commands.append(RedisCommand("CLIENT", ["SETNAME", .string(self.configuration.clientName)]))
        let (channel, answers) = try await self.open(address, asking: commands)
        do throws(RedisError) {
            try self.verify(answers, to: commands, at: address)
            return Connection(channel: channel, address: address)
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    private func verify(
        _ answers: [RedisValue],
        to commands: [RedisCommand],
        at address: RedisConfiguration.Address
    ) throws(RedisError) {
        for (command, answer) in zip(commands, answers) {
            if case .error(let message) = answer {
                guard command.name != "CLIENT" else {
                    self.logger.debug("connection not named", metadata: ["redis.error": "\(message)"])
                    continue
                }
                throw RedisError(.unreachable, "Redis at \(address) refused \(command.name): \(message)")
            }
            guard command.name == "ROLE" else { continue }
            guard let role = answer.array?.first?.string else {
                throw RedisError(.protocolViolation, "Redis at \(address) did not say its role.")
            }
            guard role == "master" else {
                throw RedisError(.unreachable, "Redis at \(address) is not the master but a \(role); asking again.")
            }
        }
    }

    static func signIn(_ credentials: RedisConfiguration.Credentials?) -> [RedisCommand] {
        guard let credentials else { return [] }
        let user = credentials.user.map { [RedisArgument.string($0)] } ?? []
        return [RedisCommand("AUTH", user + [.string(credentials.password.exposed)])]
    }

    /// Opens a connection, asks something and waits for the answers, all within the time to connect.
    /// - Parameters:
    ///   - address: Where to.
    ///   - commands: What to ask.
    /// - Returns: The open connection and one answer for each command; errors are among them.
    /// - Throws: ``RedisError`` that names the address; the connection is closed then.
    func open(
        _ address: RedisConfiguration.Address,
        asking commands: [RedisCommand]
    ) async throws(RedisError) -> (channel: any Channel, answers: [RedisValue]) {
        var request = ByteBuffer()
        for command in commands {
            var bytes = try command.formatted(limit: self.configuration.limits.commandBytes)
            request.writeBuffer(&bytes)
        }
        let attempt = ConnectionAttempt()
        let time = self.configuration.connectTimeout.timeAmount
        let timer = self.eventLoop.scheduleTask(in: time) {
            attempt.stop(RedisError(.timedOut, "no answer within \(self.configuration.connectTimeout)"))
        }
        defer { timer.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await self.start(address, time, attempt, request, count: commands.count).value()
            } onCancel: {
                attempt.stop(RedisError(.cancelled, "the client is shutting down"))
            }
        } catch {
            let cause = attempt.stopped ?? error
            attempt.stop(RedisError(.closed, "the attempt is over"))
            throw RedisError(
                .unreachable,
                "Redis at \(address) cannot be reached: \(Self.words(for: cause)).",
                cause: cause
            )
        }
    }

    private func start(
        _ address: RedisConfiguration.Address,
        _ time: TimeAmount,
        _ attempt: ConnectionAttempt,
        _ request: ByteBuffer,
        count: Int
    ) -> EventLoopFuture<(channel: any Channel, answers: [RedisValue])> {
        let bootstrap = ClientBootstrap(group: self.eventLoop)
            .connectTimeout(time)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try attempt.adopt(channel)
                    if let tls = self.tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: Self.serverName(address))
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
            }
        let connected =
            switch address {
            case .host(let host, let port): bootstrap.connect(host: host, port: port)
            case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        return connected.flatMap { channel in
            let promise = channel.eventLoop.makePromise(of: [RedisValue].self)
            do {
                let handler = try ExchangeHandler(
                    request: request,
                    count: count,
                    replyLimit: self.configuration.limits.replyBytes,
                    promise: promise
                )
                try channel.pipeline.syncOperations.addHandler(handler)
            } catch {
                promise.fail(error)
                channel.close(promise: nil)
            }
            return promise.futureResult.map { (channel, $0) }
        }
    }

    /// The name in the certificate. For a numeric address there is none: NIOSSL compares the address itself.
    private static func serverName(_ address: RedisConfiguration.Address) -> String? {
        switch address {
        case .host(let host, let port):
            do {
                _ = try SocketAddress(ipAddress: host, port: port)
                return nil
            } catch {
                return host
            }
        case .unixSocket:
            return nil
        }
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case let error as RedisError: error.message
        case let error as NIOConnectionError:
            if let dns = error.dnsAError ?? error.dnsAAAAError {
                "\(error.host) cannot be found: \(dns)"
            } else {
                error.connectionErrors.map { "\($0.error)" }.joined(separator: "; ")
            }
        default: "\(error)"
        }
    }
}
