import Glibc
import Logging
import NIOConcurrencyHelpers
import Postgres
import Testing

@Suite struct NotificationTests {
    @Test func `notifications arrive in order, from the moment the listener says so`() async throws {
        try await withSharedClient { client in
            var iterator = client.notifications(on: ["first Channel", "second"]).makeAsyncIterator()
            #expect(await iterator.next() == .listening)
            for number in 0..<100 {
                let channel = number % 2 == 0 ? "first Channel" : "second"
                try await client.execute("SELECT pg_notify(\(channel), \("\(number)"))")
            }
            try await client.execute("SELECT pg_notify('third', 'not for us')")
            var payloads: [String] = []
            while payloads.count < 100, case .notification(let channel, let payload, let pid)? = await iterator.next() {
                #expect(channel == (payloads.count % 2 == 0 ? "first Channel" : "second"))
                #expect(pid > 0)
                payloads.append(payload)
            }
            #expect(payloads == (0..<100).map { "\($0)" })
        }
    }

    @Test func `a listener is told when its server was restarted`() async throws {
        try await PostgresServerProcess.withServer { server in
            try await withClient(server.url(), { $0.maximumBackoff = .milliseconds(200) }) { client in
                var iterator = client.notifications(on: ["news"]).makeAsyncIterator()
                #expect(await iterator.next() == .listening)
                try await client.execute("SELECT pg_notify('news', 'before')")
                guard case .notification(_, "before", _)? = await iterator.next() else {
                    Issue.record("the notification before the restart did not come")
                    return
                }
                try await server.stop(SIGQUIT)
                try await server.start()
                #expect(await iterator.next() == .listening)
                try await client.execute("SELECT pg_notify('news', 'after')")
                guard case .notification("news", "after", _)? = await iterator.next() else {
                    Issue.record("the notification after the restart did not come")
                    return
                }
            }
        }
    }

    @Test func `a listener of a server that hangs finds out`() async throws {
        try await PostgresServerProcess.withServer { server in
            func configure(_ configuration: inout PostgresConfiguration) {
                configuration.listenerHeartbeat = .milliseconds(200)
                configuration.answerGrace = .milliseconds(100)
                configuration.connectTimeout = .milliseconds(300)
                configuration.maximumBackoff = .milliseconds(100)
            }
            let messages = NIOLockedValueBox<[String]>([])
            let logger = Logger(label: "test") { _ in RecordingLogHandler(messages: messages) }
            try await withClient(server.url(), configure, logger: logger) { client in
                var iterator = client.notifications(on: ["news"]).makeAsyncIterator()
                #expect(await iterator.next() == .listening)
                server.pause()
                async let next = iterator.next()
                try await eventually("the loss is noticed") {
                    messages.withLockedValue { $0.contains { $0.contains("the listening connection broke") } }
                }
                server.resume()
                #expect(await next == .listening)
            }
        }
    }

    @Test func `a reader that falls behind keeps the newest and is told`() async throws {
        try await withSharedClient({ $0.maximumNotifications = 10 }) { client in
            var iterator = client.notifications(on: ["flood"]).makeAsyncIterator()
            #expect(await iterator.next() == .listening)
            try await client.execute("SELECT count(pg_notify('flood', n::text)) FROM generate_series(1, 1000) AS n")
            // The answer to a later statement of the same connection cannot overtake them, but they have their own.
            var last: PostgresNotification?
            var listening = 0
            var heard = 0
            while let next = await iterator.next() {
                last = next
                if next == .listening { listening += 1 } else { heard += 1 }
                if case .notification(_, "1000", _) = next { break }
            }
            #expect(listening >= 1)
            #expect(heard < 1_000)
            guard case .notification(_, "1000", _)? = last else {
                Issue.record("the newest notification is missing")
                return
            }
        }
    }

    @Test func `a cancelled reader and a client that shuts down end the sequence`() async throws {
        let sequence = try await withSharedClient { client in
            let task = Task {
                for await event in client.notifications(on: ["nothing"]) where event != .listening {
                    Issue.record("nobody has notified")
                }
            }
            try await eventually("the listener's connection") {
                try await client.query("SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN \"nothing\"'").count == 1
            }
            task.cancel()
            await task.value
            try await eventually("its connection is closed") {
                try await client.query("SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN \"nothing\"'").isEmpty
            }
            return client.notifications(on: ["nothing"])
        }
        var iterator = sequence.makeAsyncIterator()
        #expect(await iterator.next() == nil)
    }

    @Test func `a waiting reader ends with the client`() async throws {
        let task = try await withSharedClient { client in
            let (heard, hear) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            let task = Task {
                var count = 0
                for await _ in client.notifications(on: ["nothing at all"]) {
                    count += 1
                    hear.yield()
                }
                return count
            }
            for await _ in heard { break }
            return task
        }
        #expect(await task.value == 1)
    }
}
