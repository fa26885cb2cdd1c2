import Glibc
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle
import Testing

@testable import Transfer

/// Connections: how many there are, when they are used again, and when they end.
@Suite(.timeLimit(.minutes(3)), .serialized) struct PoolTests {
    @Test func `a thousand requests at once share the connections they may have`() async throws {
        try await withServer(script: { peer in
            while let request = try peer.readRequest() { try peer.respond(request.line) }
        }) { server in
            try await withClient({ $0.connectionsPerHost = 8 }) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<1_000 {
                        group.addTask {
                            let text = try await client.text(TransferRequest(url: server.url("/\(number)")))
                            #expect(text == "GET /\(number) HTTP/1.1")
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(server.accepted <= 8)
        }
    }

    @Test func `connections are bounded altogether, whoever they lead to`() async throws {
        let script: ScriptedServer.Script = { peer in
            while try peer.readRequest() != nil { try peer.respond("ok") }
        }
        try await withServer(script: script) { first in
            try await withServer(script: script) { second in
                try await withClient({ $0.totalConnections = 4 }) { client in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<400 {
                            group.addTask {
                                let url = number % 2 == 0 ? first.url() : second.url()
                                let text = try await client.text(TransferRequest(url: url))
                                #expect(text == "ok")
                            }
                        }
                        try await group.waitForAll()
                    }
                    try await eventually("no more than four are open") { first.open + second.open <= 4 }
                }
            }
        }
    }

    @Test func `a host that is full holds up no other`() async throws {
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            peer.waitForClose()
        }) { stuck in
            try await withServer(script: { peer in
                while try peer.readRequest() != nil { try peer.respond("ok") }
            }) { free in
                try await withClient({ $0.connectionsPerHost = 1 }) { client in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<3 {
                            group.addTask {
                                await expectFailure(.cancelled) {
                                    try await client.text(TransferRequest(url: stuck.url()))
                                }
                            }
                        }
                        try await eventually("the host is full") { stuck.accepted == 1 }
                        for _ in 0..<20 {
                            let text = try await client.text(TransferRequest(url: free.url()))
                            #expect(text == "ok")
                        }
                        #expect(stuck.accepted == 1)
                        group.cancelAll()
                    }
                }
            }
        }
    }

    @Test func `who waits is counted, refused beyond the limit, timed out and served in order`() async throws {
        let isFree = NIOLockedValueBox(false)
        let served = NIOLockedValueBox<[String]>([])
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                while !isFree.withLockedValue({ $0 }) { peer.pause(milliseconds: 1) }
                served.withLockedValue { $0.append(request.line) }
                try peer.respond("ok")
            }
        }) { server in
            try await withClient({
                $0.connectionsPerHost = 1
                $0.maximumWaiting = 3
            }) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    func add(_ path: String) {
                        group.addTask { _ = try await client.text(TransferRequest(url: server.url(path))) }
                    }
                    add("/0")
                    try await eventually("one runs") { server.accepted == 1 }
                    let late = TransferRequest.Timeouts(
                        connect: .seconds(5),
                        firstByte: .milliseconds(50),
                        idle: .seconds(5)
                    )
                    let error = try await client.failure(TransferRequest(url: server.url("/late"), timeouts: late))
                    #expect(error.code == .firstByteTimedOut)
                    #expect(!error.requestMayHaveReachedServer)
                    let waiting = NIOLockedValueBox(0)
                    for number in 1...3 {
                        add("/\(number)")
                        // Their order is what is looked at: each has to wait before the next comes.
                        try await Task.sleep(for: .milliseconds(30))
                        waiting.withLockedValue { $0 += 1 }
                    }
                    let refused = try await client.failure(TransferRequest(url: server.url("/refused")))
                    #expect(refused.code == .tooManyWaiting)
                    #expect(!refused.requestMayHaveReachedServer)
                    isFree.withLockedValue { $0 = true }
                    try await group.waitForAll()
                }
            }
            #expect(served.withLockedValue { $0 } == (0...3).map { "GET /\($0) HTTP/1.1" })
        }
    }

    @Test func `a pooled connection that the server has closed is replaced unseen`() async throws {
        try await withServer(script: { peer in
            // One response per connection, which does not say so.
            if let request = try peer.readRequest() { try peer.respond("\(request.line)") }
        }) { server in
            try await withClient { client in
                for number in 1...20 {
                    let text = try await client.text(TransferRequest(method: .post, url: server.url("/\(number)")))
                    #expect(text == "POST /\(number) HTTP/1.1")
                    try await eventually("the server has closed") { server.open == 0 }
                }
            }
            #expect(server.accepted == 20)
        }
    }

    @Test func `what a server sends unasked ends the connection and answers no later request`() async throws {
        let isClosed = NIOLockedValueBox(false)
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                try peer.respond(request.line)
                guard peer.number == 1 else { continue }
                peer.pause(milliseconds: 100)
                try peer.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
                peer.waitForClose()
                isClosed.withLockedValue { $0 = true }
                return
            }
        }) { server in
            try await withClient { client in
                let first = try await client.text(TransferRequest(method: .post, url: server.url("/1")))
                #expect(first == "POST /1 HTTP/1.1")
                try await eventually("the client closes it") { isClosed.withLockedValue { $0 } }
                let second = try await client.text(TransferRequest(method: .post, url: server.url("/2")))
                #expect(second == "POST /2 HTTP/1.1")
            }
            #expect(server.accepted == 2)
        }
    }

    @Test(arguments: [HTTPRequest.Method.get, .post])
    func `a request that reached the server is repeated only if that does no harm`(
        method: HTTPRequest.Method
    ) async throws {
        let seen = NIOLockedValueBox<[String]>([])
        try await withServer(script: { peer in
            // The second request on a connection is read, and so perhaps acted on, but never answered.
            while let request = try peer.readRequest() {
                let count = seen.withLockedValue { seen in
                    seen.append(request.line)
                    return seen.count
                }
                if count == 2 { return }
                try peer.respond("\(count)")
            }
        }) { server in
            try await withClient { client in
                let request = TransferRequest(method: method, url: server.url())
                let first = try await client.text(request)
                #expect(first == "1")
                if method == .get {
                    let second = try await client.text(request)
                    #expect(second == "3")
                } else {
                    let error = try await client.failure(request)
                    #expect(error.code == .connectionLost)
                    #expect(error.requestMayHaveReachedServer)
                    #expect(!error.responseHadBegun)
                    #expect(seen.withLockedValue { $0.count } == 2)
                    var repeatable = request
                    repeatable.isRepeatable = true
                    let third = try await client.text(repeatable)
                    #expect(third == "3")
                }
            }
        }
    }

    @Test func `an idle connection is not used beyond its age`() async throws {
        try await withServer(script: { peer in
            while try peer.readRequest() != nil { try peer.respond("ok") }
        }) { server in
            try await withClient({ $0.connectionIdleAge = .seconds(1) }) { client in
                _ = try await client.text(TransferRequest(url: server.url()))
                _ = try await client.text(TransferRequest(url: server.url()))
                #expect(server.accepted == 1)
                try await Task.sleep(for: .milliseconds(2_200))
                _ = try await client.text(TransferRequest(url: server.url()))
                #expect(server.accepted == 2)
            }
        }
    }

    @Test func `several event loops share the work`() async throws {
        try await withServer(script: { peer in
            while try peer.readRequest() != nil { try peer.respond("ok") }
        }) { server in
            try await withClient({ $0.reactors = 3 }) { client in
                for _ in 0..<30 {
                    let text = try await client.text(TransferRequest(url: server.url()))
                    #expect(text == "ok")
                }
            }
            #expect(server.accepted == 3)
        }
    }

    // MARK: The end

    @Test func `a graceful shutdown refuses what is new and lets running transfers end`() async throws {
        let go = NIOLockedValueBox(false)
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            try peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
            while !go.withLockedValue({ $0 }) { peer.pause(milliseconds: 1) }
            try peer.write("2\r\ncd\r\n0\r\n\r\n")
        }) { server in
            let client = try TransferClient(configuration: TransferConfiguration(), logger: Logger(label: "test"))
            let group = ServiceGroup(services: [client], logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let response = try await client.send(TransferRequest(url: server.url()))
                await group.triggerGracefulShutdown()
                try await eventually("new transfers are refused") {
                    do {
                        let late = TransferRequest.Timeouts(
                            connect: .seconds(1),
                            firstByte: .milliseconds(100),
                            idle: .seconds(1)
                        )
                        _ = try await client.send(TransferRequest(url: server.url(), timeouts: late))
                        return false
                    } catch {
                        return (error as? TransferError)?.code == .closed
                    }
                }
                go.withLockedValue { $0 = true }
                let text = String(buffer: try await response.body.collect(upTo: 10))
                #expect(text == "abcd")
                try await tasks.waitForAll()
            }
            await expectFailure(.closed) { try await client.send(TransferRequest(url: server.url())) }
        }
    }

    @Test(arguments: [true, false])
    func `what does not end within the grace is cancelled`(isGraceful: Bool) async throws {
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            try peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
            peer.waitForClose()
        }) { server in
            var configuration = TransferConfiguration()
            configuration.shutdownGrace = isGraceful ? .milliseconds(200) : .seconds(3_600)
            let client = try TransferClient(configuration: configuration, logger: Logger(label: "test"))
            let group = ServiceGroup(services: [client], logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    do { try await group.run() } catch is CancellationError {}
                }
                let response = try await client.send(TransferRequest(url: server.url()))
                if isGraceful { await group.triggerGracefulShutdown() } else { tasks.cancelAll() }
                try await tasks.waitForAll()
                await expectFailure(.closed) { try await response.body.collect(upTo: 10) }
            }
        }
    }

    /// How many descriptors of this process lead to a port. Other tests run in it too, so all cannot be counted.
    private func descriptors(to port: Int) -> Int {
        (0..<4_096).count { descriptor in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    getpeername(Int32(descriptor), $0, &length) == 0
                }
            }
            return isConnected && address.sin_family == sa_family_t(AF_INET)
                && UInt16(bigEndian: address.sin_port) == UInt16(port)
        }
    }

    @Test func `no connection is left behind, however transfers ended`() async throws {
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                if request.line.contains("/reset") { return peer.reset() }
                if request.line.contains("/stuck") { return peer.waitForClose() }
                try peer.respond("ok")
            }
        }) { server in
            for _ in 0..<5 {
                try await withClient({ $0.reactors = 2 }) { client in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<60 {
                            group.addTask {
                                let path = ["/", "/reset", "/stuck"][number % 3]
                                var request = TransferRequest(url: server.url(path))
                                if path == "/stuck" { request.timeouts.firstByte = .milliseconds(200) }
                                do {
                                    let text = try await client.text(request)
                                    #expect(text == "ok" && path == "/")
                                } catch {
                                    #expect(path != "/", "\(error)")
                                }
                            }
                        }
                        try await group.waitForAll()
                    }
                    #expect(self.descriptors(to: server.port) > 0)
                }
                #expect(self.descriptors(to: server.port) == 0)
            }
            try await eventually("the server sees all ends") { server.open == 0 }
        }
    }

    @Test func `a client that never ran lets go of its connections too`() async throws {
        try await withServer(script: { peer in
            while try peer.readRequest() != nil { try peer.respond("ok") }
        }) { server in
            do {
                let client = try TransferClient(configuration: TransferConfiguration(), logger: Logger(label: "test"))
                let text = try await client.text(TransferRequest(url: server.url()))
                #expect(text == "ok")
            }
            try await eventually("the connection is closed") { self.descriptors(to: server.port) == 0 }
        }
    }
}
