package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1

/// HTTP/1.1 as Hummingbird serves it, and what a gateway needs beside it: a client that goes away cancels its request,
/// small writes leave at once, and what the parser refuses is refused in OpenAI's shape.
///
/// One per server; each connection has a task of its own, which ``handle(value:logger:)`` is.
package struct ReplicaChannel: ServerChildChannel {
    /// A connection that is set up.
    package struct Value: ServerChildChannelValue {
        let base: HTTP1Channel.Value
        let connection: ClientConnection

        package var channel: any Channel { self.base.channel }
    }

    private let base: HTTP1Channel
    private let largestBody: Int

    /// - Parameters:
    ///   - responder: Answers requests.
    ///   - configuration: How Hummingbird reads requests, and how long an idle connection stays.
    ///   - largestBody: How many bytes of one request's body are read at all, in bytes; a client that sends more is cut off.
    ///     Endpoints refuse theirs with an answer long before.
    init(
        responder: @escaping HTTPChannelHandler.Responder,
        configuration: HTTP1Channel.Configuration,
        largestBody: Int
    ) {
        self.base = HTTP1Channel(responder: responder, configuration: configuration)
        self.largestBody = largestBody
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let connection = ClientConnection(address: channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) })
        let largestBody = self.largestBody
        return self.base.setup(channel: channel, logger: logger).flatMapThrowing { base in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(
                ConnectionHandler(connection: connection, largestBody: largestBody),
                position: .after(decoder)
            )
            // Without it the kernel holds each small write back until the one before is acknowledged: 40 ms per event.
            if connection.address != nil, let options = channel.syncOptions {
                try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
            }
            return Value(base: base, connection: connection)
        }
    }

    /// Serves a connection until either side ends it.
    package func handle(value: Value, logger: Logger) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await ClientConnection.$current.withValue(value.connection) {
                    await self.base.handle(value: value.base, logger: logger)
                }
            }
            // Whichever ends first ends the other: a client that has gone, the request that it will not wait for.
            group.addTask { await value.connection.untilEnd() }
            await group.next()
            group.cancelAll()
        }
    }
}

extension HTTPServerBuilder {
    /// A server whose connections are ``ReplicaChannel``s.
    ///
    /// - Parameters:
    ///   - configuration: How Hummingbird reads requests, and how long an idle connection stays.
    ///   - largestBody: How many bytes of one request's body are read before the client is cut off.
    /// - Returns: What `Application(server:)` takes.
    package static func replica(
        configuration: HTTP1Channel.Configuration = HTTP1Channel.Configuration(idleTimeout: .seconds(120)),
        largestBody: Int = 256 << 20
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            ReplicaChannel(responder: responder, configuration: configuration, largestBody: largestBody)
        }
    }
}
