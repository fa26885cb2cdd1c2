import Foundation
import Redis
import Testing

/// A master, its replica and a sentinel, all real.
@Suite struct SentinelTests {
    private struct Cluster {
        let servers: [RedisServerProcess]
        let sentinel: RedisServerProcess
        let configuration: RedisConfiguration

        init() async throws {
            let master = try RedisServerProcess(
                port: RedisServerProcess.freePort(),
                ["--repl-diskless-sync-delay", "0"]
            )
            let port = try #require(master.port)
            let replica = try RedisServerProcess(
                port: RedisServerProcess.freePort(),
                ["--replicaof", "127.0.0.1", "\(port)", "--repl-diskless-sync-delay", "0"]
            )
            self.sentinel = try RedisServerProcess(
                port: RedisServerProcess.freePort(),
                sentinelConfiguration: """
                    sentinel monitor main 127.0.0.1 \(port) 1
                    sentinel down-after-milliseconds main 500
                    sentinel failover-timeout main 5000

                    """
            )
            self.servers = [master, replica]
            for server in self.servers + [self.sentinel] { try await server.start() }
            // The first sentinel does not exist: it is passed over.
            var configuration = try RedisConfiguration(
                url:
                    "redis-sentinel://127.0.0.1:\(RedisServerProcess.freePort()),127.0.0.1:\(#require(self.sentinel.port))/main"
            )
            configuration.backoff = Backoff(first: .milliseconds(10), longest: .milliseconds(200))
            configuration.commandTimeout = .seconds(10)
            self.configuration = configuration
            try await withClient(RedisConfiguration(self.sentinel)) { (client) async throws in
                try await eventually("the sentinel sees the replica in sync") {
                    let replicas = try await client.send(RedisCommand("SENTINEL", ["replicas", "main"])).array ?? []
                    let fields = replicas.first?.array?.map { $0.string ?? "" } ?? []
                    guard let index = fields.firstIndex(of: "master-link-status") else { return false }
                    return fields[index + 1] == "ok"
                }
            }
        }
    }

    private func address(_ client: RedisClient) -> RedisConfiguration.Address? {
        if case .connected(let address) = client.reachability { address } else { nil }
    }

    @Test("Commands and subscriptions follow the master", arguments: ["SENTINEL FAILOVER", "kill"])
    func failover(how: String) async throws {
        let cluster = try await Cluster()
        try await withClient(cluster.configuration) { (client) async throws in
            var events = client.subscribe(to: ["a"]).makeAsyncIterator()
            #expect(await events.next() == .resubscribed)
            #expect(try await client.set("k", to: [1]))
            let former = try #require(self.address(client))
            #expect(former == .host("127.0.0.1", port: try #require(cluster.servers[0].port)))
            try await eventually("the replica has the value") {
                let replica = RedisConfiguration(cluster.servers[1])
                return try await withClient(replica) { try await $0.get("k") } == [1]
            }
            if how == "kill" {
                cluster.servers[0].stop()
            } else {
                try await withClient(RedisConfiguration(cluster.sentinel)) { sentinel in
                    _ = try await sentinel.send(RedisCommand("SENTINEL", ["FAILOVER", "main"]))
                }
            }
            try await eventually("writes reach the new master", within: .seconds(60)) {
                (try? await client.set("k", to: [2])) == true && self.address(client) != former
            }
            #expect(self.address(client) == .host("127.0.0.1", port: try #require(cluster.servers[1].port)))
            try await eventually("the subscription is at the new master", within: .seconds(60)) {
                (try? await client.publish([9], to: "a")) == 1
            }
            var isTold = false
            while let event = await events.next() {
                isTold = isTold || event == .resubscribed
                if event == .message(channel: "a", payload: [9]) { break }
            }
            #expect(isTold)
        }
        for server in cluster.servers + [cluster.sentinel] { server.stop() }
    }

    @Test("A name that no sentinel knows is said")
    func unknownMaster() async throws {
        let cluster = try await Cluster()
        var configuration = cluster.configuration
        guard case .sentinels(let addresses, _) = configuration.location else { return }
        configuration.location = .sentinels(addresses, master: "other")
        try await withClient(configuration) { (client) async throws in
            let error = await failure { () throws(RedisError) in try await client.get("k") }
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains("does not know the master other") == true)
        }
    }
}
