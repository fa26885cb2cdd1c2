import Foundation
import Logging
import Redis
import Secrets
import Testing

/// Subscriptions against a real server.
@Suite struct SubscriptionTests {
    @Test("Messages of channels and patterns arrive in order, any bytes, for every subscriber")
    func messages() async throws {
        try await withServerAndClient { (_, client) async throws in
            let first = client.subscribe(to: ["a", "b"])
            let second = client.subscribe(to: ["b"], patterns: ["c*"])
            var one = first.makeAsyncIterator()
            var two = second.makeAsyncIterator()
            #expect(await one.next() == .resubscribed)
            #expect(await two.next() == .resubscribed)
            let binary = (0...255).map { UInt8($0) }
            for (channel, payload, subscribers) in [
                ("a", binary, 1), ("b", [UInt8](), 1), ("cat", [3], 1), ("other", [4], 0),
            ] {
                let count = try await client.publish(payload, to: channel)
                // Each client has one connection for all of its subscribers.
                #expect(count == Int64(subscribers))
            }
            #expect(await one.next() == .message(channel: "a", payload: binary))
            #expect(await one.next() == .message(channel: "b", payload: []))
            #expect(await two.next() == .message(channel: "b", payload: []))
            #expect(await two.next() == .message(channel: "cat", payload: [3]))
        }
    }

    @Test("A subscription that is dropped, or whose reader is cancelled, is unsubscribed")
    func unsubscription() async throws {
        try await withServerAndClient { (_, client) async throws in
            func subscribers() async throws -> Int64? {
                try await client.send(RedisCommand("PUBSUB", ["NUMSUB", "a"])).array?.last?.integer
            }
            do {
                let dropped = client.subscribe(to: ["a"])
                try await eventually("subscribed") { try await subscribers() == 1 }
                _ = dropped
            }
            try await eventually("unsubscribed when dropped") { try await subscribers() == 0 }

            let kept = client.subscribe(to: ["a"])
            // The server knows of the subscription before the reader has been told.
            let (told, tell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    var count = 0
                    for await _ in kept {
                        count += 1
                        tell.yield()
                    }
                    return count
                }
                for await _ in told { break }
                #expect(try await subscribers() == 1)
                group.cancelAll()
                for try await count in group { #expect(count == 1) }
            }
            try await eventually("unsubscribed when cancelled") { try await subscribers() == 0 }
        }
    }

    @Test("After a server's restart everything is subscribed to anew, and subscribers are told")
    func restart() async throws {
        try await withServerAndClient { (server, client) async throws in
            var events = client.subscribe(to: ["a"], patterns: ["b*"]).makeAsyncIterator()
            for round in 1...3 {
                #expect(await events.next() == .resubscribed)
                try await eventually("published") { (try? await client.publish([UInt8(round)], to: "b1")) == 1 }
                #expect(await events.next() == .message(channel: "b1", payload: [UInt8(round)]))
                if round < 3 {
                    server.stop()
                    try await server.start()
                }
            }
        }
    }

    @Test("A connection on which the server is silent is left")
    func silence() async throws {
        try await withServerAndClient(
            configure: {
                $0.pingInterval = .milliseconds(100); $0.connectTimeout = .milliseconds(500)
                $0.commandTimeout = .milliseconds(500)
            }
        ) { (server, client) async throws in
            var events = client.subscribe(to: ["a"]).makeAsyncIterator()
            #expect(await events.next() == .resubscribed)
            // Long enough for several PINGs that are answered.
            let statistics = RedisCommand("INFO", ["commandstats"], timeout: .seconds(60))
            try await eventually("PING is used") {
                let text = try await client.send(statistics).string
                return text?.contains(/cmdstat_ping:calls=([5-9]|\d\d)/) == true
            }
            try server.signal(SIGSTOP)
            try await eventually("commands fail") { (try? await client.get("k")) == nil && client.isUnreachable }
            try server.signal(SIGCONT)
            #expect(await events.next() == .resubscribed)
        }
    }

    @Test("A slow reader loses the oldest messages and is told how many")
    func overflow() async throws {
        try await withServerAndClient(configure: { $0.limits.eventsPerSubscription = 10 }) { (_, client) async throws in
            var events = client.subscribe(to: ["a"]).makeAsyncIterator()
            #expect(await events.next() == .resubscribed)
            var fence = client.subscribe(to: ["fence"]).makeAsyncIterator()
            #expect(await fence.next() == .resubscribed)
            for number in 0..<100 { _ = try await client.publish([UInt8(number)], to: "a") }
            _ = try await client.publish([], to: "fence")
            #expect(await fence.next() == .message(channel: "fence", payload: []))
            #expect(await events.next() == .overflowed(lost: 90))
            for number in 90..<100 { #expect(await events.next() == .message(channel: "a", payload: [UInt8(number)])) }
        }
    }

    @Test("What the server or a limit refuses ends with the reason")
    func refusal() async throws {
        try await withServerAndClient(
            ["--user", "alice", "on", "nopass", "~*", "resetchannels", "&open", "+@all"],
            configure: {
                $0.credentials = .init(user: "alice", password: .init("x")); $0.limits.topics = 3
            }
        ) { (_, client) async throws in
            var open = client.subscribe(to: ["open"]).makeAsyncIterator()
            var secret = client.subscribe(to: ["secret"]).makeAsyncIterator()
            #expect(await open.next() == .resubscribed)
            guard case .refused(.serverRefused, let message) = await secret.next() else {
                Issue.record("not refused")
                return
            }
            #expect(message.contains("NOPERM"))
            #expect(await secret.next() == nil)
            var many = client.subscribe(to: ["1", "2", "3", "4"]).makeAsyncIterator()
            guard case .refused(.tooManyWaiting, _) = await many.next() else {
                Issue.record("not refused")
                return
            }
            _ = try await client.publish([1], to: "open")
            #expect(await open.next() == .message(channel: "open", payload: [1]))
        }
    }
}

extension RedisClient {
    fileprivate var isUnreachable: Bool {
        if case .unreachable = self.reachability { true } else { false }
    }
}
