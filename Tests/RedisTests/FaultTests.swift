import Foundation
import Logging
import NIOCore
import NIOPosix
import Redis
import ServiceLifecycle
import Testing

/// What happens when servers die, stop, send nonsense, and when callers and clients end.
@Suite struct FaultTests {
    @Test("A server that is killed is refused at once while away, and used again when it is back")
    func restart() async throws {
        try await withServerAndClient { (server, client) async throws in
            _ = try await client.set("k", to: [1])
            server.stop()
            try await eventually("commands are refused") {
                let error = await failure { () throws(RedisError) in try await client.increment("i") }
                return error?.code == .unreachable && error?.mayHaveBeenExecuted == false
            }
            guard case .unreachable = client.reachability else {
                Issue.record("a killed server is reachable")
                return
            }
            try await server.start()
            try await eventually("commands work") { (try? await client.set("k", to: [2])) == true }
            guard case .connected = client.reachability else {
                Issue.record("a server that answers is not reachable")
                return
            }
        }
    }

    @Test(
        "What was in flight at a lost connection is repeated if it may be, and otherwise says that it may have been executed"
    )
    func inFlight() async throws {
        try await withServerAndClient(
            port: RedisServerProcess.freePort(),
            configure: {
                $0.commandTimeout = .seconds(20)
                // The next attempt comes when the server is back.
                $0.backoff = Backoff(first: .seconds(2), longest: .seconds(2))
            }
        ) { (server, client) async throws in
            _ = try await client.set("k", to: [1])
            try server.signal(SIGSTOP)
            async let read = outcome { () throws(RedisError) in try await client.get("k") }
            async let count = failure { () throws(RedisError) in try await client.increment("i") }
            // The kernel takes the commands; the server dies without having read them.
            try await eventually("both commands have been written") { try server.unreadBytes > 40 }
            server.stop()
            try await server.start()
            let error = await count
            #expect(error?.code == .connectionLost)
            #expect(error?.mayHaveBeenExecuted == true)
            let value = try await read.get()
            #expect(value == nil, "the server has forgotten it, so the answer is the second server's")
        }
    }

    @Test("A stopped server costs a time-out, then refusals, and recovers")
    func stopped() async throws {
        try await withServerAndClient(
            configure: {
                $0.commandTimeout = .milliseconds(500); $0.connectTimeout = .milliseconds(500)
            }
        ) { (server, client) async throws in
            try await eventually("connected") { (try? await client.set("k", to: [1])) == true }
            try server.signal(SIGSTOP)
            let first = await failure { () throws(RedisError) in try await client.increment("i") }
            #expect(first?.code == .timedOut)
            #expect(first?.mayHaveBeenExecuted == true)
            try await eventually("commands are refused at once") {
                await failure { () throws(RedisError) in try await client.increment("i") }?.code == .unreachable
            }
            try server.signal(SIGCONT)
            try await eventually("commands work") { (try? await client.get("k")) == [1] }
        }
    }

    @Test("A command that takes too long times out, and those behind it get their own answers")
    func slowCommand() async throws {
        try await withServerAndClient(["--enable-debug-command", "yes"]) { (_, client) async throws in
            async let slow = failure { () throws(RedisError) in
                try await client.send(RedisCommand("DEBUG", ["SLEEP", "0.3"], timeout: .milliseconds(50)))
            }
            #expect(await slow?.code == .timedOut)
            for number in 0..<20 {
                #expect(try await client.send(RedisCommand("ECHO", [.integer(Int64(number))])).integer == Int64(number))
            }
        }
    }

    @Test("A cancelled task gets its error before and while it waits, and others are undisturbed")
    func cancellation() async throws {
        try await withServerAndClient(port: RedisServerProcess.freePort()) { (server, client) async throws in
            try await withThrowingTaskGroup(of: RedisError?.self) { group in
                group.addTask {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await failure { () throws(RedisError) in try await client.increment("before") }
                }
                let error = try await group.next() ?? nil
                #expect(error?.code == .cancelled)
                #expect(error?.mayHaveBeenExecuted == false)
            }
            #expect(try await client.get("before") == nil)

            try server.signal(SIGSTOP)
            try await withThrowingTaskGroup(of: RedisError?.self) { group in
                for _ in 0..<100 {
                    group.addTask { await failure { () throws(RedisError) in try await client.increment("while") } }
                }
                try await eventually("the commands have been written") { try server.unreadBytes > 1000 }
                group.cancelAll()
                for try await error in group {
                    #expect(error?.code == .cancelled)
                }
            }
            try server.signal(SIGCONT)
            // Their replies are dropped, and nobody else's.
            #expect(try await client.send(RedisCommand("ECHO", ["mine"])).string == "mine")
        }
    }

    @Test("Cancelling at any moment never leaves a caller without an answer")
    func cancellationRaces() async throws {
        try await withServerAndClient { (_, client) async throws in
            for round in 0..<300 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            do throws(RedisError) {
                                _ = try await client.send(RedisCommand("ECHO", ["x"]))
                            } catch {
                                #expect(error.code == .cancelled)
                            }
                        }
                    }
                    for _ in 0..<(round % 30) { await Task.yield() }
                    group.cancelAll()
                }
            }
        }
    }

    @Test("Before the first connection a command waits, at most its time")
    func notRunning() async throws {
        var configuration = RedisConfiguration(location: .server(.unixSocket(path: "/nowhere")))
        configuration.commandTimeout = .milliseconds(50)
        let client = RedisClient(configuration: configuration, logger: Logger(label: "test"))
        let error = await failure { () throws(RedisError) in try await client.get("k") }
        #expect(error?.code == .timedOut)
        #expect(error?.mayHaveBeenExecuted == false)
    }

    @Test(
        "A server that sends garbage, or answers unasked, is left and tried again",
        arguments: [["HTTP/1.1 200 OK\r\n"], ["+OK\r\n+OK\r\n"], ["*2147483647\r\n"]]
    )
    func garbage(script: [String]) async throws {
        try await withScriptedServer(script.map { Array($0.utf8) }) { port in
            var configuration = RedisConfiguration(location: .server(.host("127.0.0.1", port: port)))
            configuration.backoff = Backoff(first: .milliseconds(5), longest: .milliseconds(20))
            configuration.commandTimeout = .seconds(60)
            try await withClient(configuration) { (client) async throws in
                for _ in 0..<3 {
                    do throws(RedisError) {
                        #expect(try await client.send(RedisCommand("GET", ["k"])) == .status("OK"))
                    } catch {
                        #expect([.protocolViolation, .replyTooLarge, .connectionLost].contains(error.code), "\(error)")
                    }
                }
            }
        }
    }

    @Test("Nothing listens, a name does not exist: the error says which")
    func unreachable() async throws {
        let port = try RedisServerProcess.freePort()
        for (host, word) in [("127.0.0.1", "127.0.0.1:\(port)"), ("no-such-host.invalid", "no-such-host.invalid")] {
            try await withClient(RedisConfiguration(location: .server(.host(host, port: port)))) {
                (client) async throws in
                let error = await failure { () throws(RedisError) in
                    try await client.send(RedisCommand("PING", timeout: .seconds(20)))
                }
                #expect(error?.code == .unreachable)
                #expect(error?.message.contains(word) == true)
            }
        }
    }

    @Test("Graceful shutdown answers what was accepted, refuses what comes later, and leaves no descriptor")
    func gracefulShutdown() async throws {
        let server = try RedisServerProcess(port: RedisServerProcess.freePort())
        try await server.start()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = RedisClient(
            configuration: RedisConfiguration(server),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            eventLoopGroup: group
        )
        let services = ServiceGroup(
            services: [client],
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            var subscription = client.subscribe(to: ["c"]).makeAsyncIterator()
            #expect(await subscription.next() == .resubscribed)
            #expect(try server.descriptorsOfClients == 2)
            _ = try await client.set("i", to: Array("0".utf8))
            try server.signal(SIGSTOP)
            for _ in 0..<50 {
                tasks.addTask { _ = try await client.increment("i") }
            }
            try await eventually("the commands have been written") { try server.unreadBytes > 50 * 20 }
            await services.triggerGracefulShutdown()
            try await eventually("new commands are refused") {
                await failure { () throws(RedisError) in
                    try await client.send(RedisCommand("INCR", ["late"], timeout: .milliseconds(1)))
                }?.code == .closed
            }
            try server.signal(SIGCONT)
            try await tasks.waitForAll()
            #expect(await subscription.next() == nil)
        }
        let error = await failure { () throws(RedisError) in try await client.get("i") }
        #expect(error?.code == .closed)
        #expect(
            await failure { () throws(RedisError) in
                do {
                    try await client.run()
                } catch let error as RedisError {
                    throw error
                } catch {
                    Issue.record(error)
                }
            }?.code == .closed
        )
        #expect(try server.descriptorsOfClients == 0)
        try await withClient(RedisConfiguration(server)) { (client) async throws in
            #expect(try await client.get("i") == Array("50".utf8))
        }
        try await group.shutdownGracefully()
    }

    @Test("Cancellation of run() gives everything up at once")
    func abrupt() async throws {
        let server = try RedisServerProcess(port: RedisServerProcess.freePort())
        try await server.start()
        var configuration = RedisConfiguration(server)
        configuration.commandTimeout = .seconds(60)
        let client = RedisClient(
            configuration: configuration,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            let run = Task { try await client.run() }
            _ = try await client.set("k", to: [])
            try server.signal(SIGSTOP)
            group.addTask {
                let error = await failure { () throws(RedisError) in try await client.get("k") }
                #expect(error?.code == .closed)
            }
            try await eventually("the command has been written") { try server.unreadBytes > 10 }
            run.cancel()
            try await run.value
            try await group.waitForAll()
        }
    }
}

/// What a body returns or throws.
private func outcome<Value>(
    _ body: () async throws(RedisError) -> sending Value
) async -> sending Result<Value, RedisError> {
    do throws(RedisError) {
        return .success(try await body())
    } catch {
        return .failure(error)
    }
}
