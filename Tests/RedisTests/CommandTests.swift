import Redis
import Secrets
import Testing

/// Commands against a real server.
@Suite struct CommandTests {
    @Test("The typed commands do what they say")
    func typed() async throws {
        try await withServerAndClient { (_, client) async throws in
            let binary = (0...255).map { UInt8($0) } + Array("\r\n$-1\r\n".utf8)
            #expect(try await client.get("k") == nil)
            #expect(try await client.set("k", to: binary))
            #expect(try await client.get("k") == binary)
            #expect(try await client.set("k", to: [1], condition: .ifAbsent) == false)
            #expect(try await client.set("n", to: [], condition: .ifPresent) == false)
            #expect(try await client.set("n", to: [], expiry: .after(.milliseconds(1)), condition: .ifAbsent))
            try await eventually("the value expires") { try await client.get("n") == nil }
            #expect(try await client.expire("k", after: .seconds(100)))
            #expect(try await client.set("k", to: [2], expiry: .unchanged))
            let left = try await client.send(RedisCommand("PTTL", ["k"])).integer
            #expect((1...100_000).contains(try #require(left)))
            #expect(try await client.increment("i", by: 41) == 41)
            #expect(try await client.increment("i") == 42)
            #expect(try await client.delete("k", "i", "absent") == 2)
            #expect(try await client.delete() == 0)
            #expect(try await client.expire("k", after: .seconds(1)) == false)
            #expect(try await client.publish([1], to: "nobody") == 0)
        }
    }

    @Test("A server's error is thrown with its words, in a pipeline in its place")
    func serverErrors() async throws {
        try await withServerAndClient { (_, client) async throws in
            let error = await failure { () throws(RedisError) in try await client.send(RedisCommand("NONSENSE")) }
            #expect(error?.code == .serverRefused)
            #expect(error?.serverPrefix == "ERR")
            let results = try await client.send(pipeline: [
                RedisCommand("SET", ["k", "text"]), RedisCommand("INCR", ["k"]), RedisCommand("GET", ["k"]),
            ])
            #expect(try results[0].get() == .status("OK"))
            #expect(throws: RedisError.self) { try results[1].get() }
            #expect(try results[2].get() == .bytes(Array("text".utf8)))
        }
    }

    @Test("A script is sent by its digest, and by its source when the server has forgotten it")
    func scripts() async throws {
        try await withServerAndClient { (_, client) async throws in
            let script = RedisScript(
                "redis.call('INCR', KEYS[1]) return {KEYS[1], ARGV[1], redis.call('GET', KEYS[1])}"
            )
            for round in 1...4 {
                if round == 3 { _ = try await client.send(RedisCommand("SCRIPT", ["FLUSH"])) }
                let value = try await client.evaluate(script, keys: ["k"], arguments: ["a"])
                #expect(value.array?.map(\.string) == ["k", "a", "\(round)"])
            }
            let statistics = try await client.send(RedisCommand("INFO", ["commandstats"])).string
            #expect(statistics?.contains("cmdstat_evalsha:calls=4,") == true)
            #expect(statistics?.contains("cmdstat_eval:calls=2,") == true)
            let error = await failure { () throws(RedisError) in
                try await client.evaluate(RedisScript("redis.call('INCR', 'x') return redis.call('NONSENSE')"))
            }
            #expect(error?.code == .serverRefused)
            #expect(error?.mayHaveBeenExecuted == true)
        }
    }

    @Test("10,000 concurrent commands get their own answers, many to a write")
    func pipelining() async throws {
        try await withServerAndClient(configure: { $0.commandTimeout = .seconds(30) }) { (_, client) async throws in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<10_000 {
                    group.addTask {
                        let text = RedisArgument.string("message \(number)")
                        return try await client.send(RedisCommand("ECHO", [text])).string == "message \(number)"
                    }
                }
                for try await isOwn in group { #expect(isOwn) }
            }
        }
    }

    @Test("A pipeline stays together and in order among others")
    func pipelineOrder() async throws {
        try await withServerAndClient { (_, client) async throws in
            try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        let pipeline = Array(repeating: RedisCommand("INCR", ["k"]), count: 20)
                        return try await client.send(pipeline: pipeline).map { try $0.get().integer ?? 0 }
                    }
                }
                for try await numbers in group {
                    #expect(numbers == Array((numbers.first ?? 0)..<(numbers.first ?? 0) + 20))
                }
            }
        }
    }

    @Test("Past the limits a command is refused at once")
    func limits() async throws {
        try await withServerAndClient(configure: {
            $0.limits.commandBytes = 1000; $0.limits.waitingBytes = 5000
        }) { (_, client) async throws in
            let large = await failure { () throws(RedisError) in
                try await client.set("k", to: Array(repeating: 0, count: 1001))
            }
            #expect(large?.code == .commandTooLarge)
            let pipeline = Array(repeating: RedisCommand("ECHO", [.bytes(Array(repeating: 0, count: 900))]), count: 6)
            let many = await failure { () throws(RedisError) in try await client.send(pipeline: pipeline) }
            #expect(many?.code == .tooManyWaiting)
            #expect(many?.mayHaveBeenExecuted == false)
            #expect(try await client.send(pipeline: Array(pipeline.prefix(5))).count == 5)
        }
        try await withServerAndClient(configure: { $0.limits.waitingCommands = 10 }) { (_, client) async throws in
            let pipeline = Array(repeating: RedisCommand("PING"), count: 11)
            let many = await failure { () throws(RedisError) in try await client.send(pipeline: pipeline) }
            #expect(many?.code == .tooManyWaiting)
            for _ in 0..<5 { #expect(try await client.send(pipeline: Array(pipeline.prefix(10))).count == 10) }
        }
    }

    @Test("A reply past the limit closes the connection, and the next command has a new one")
    func largeReply() async throws {
        try await withServerAndClient(configure: { $0.limits.replyBytes = 100_000 }) { (_, client) async throws in
            _ = try await client.set("large", to: Array(repeating: 7, count: 1 << 20))
            let error = await failure { () throws(RedisError) in try await client.get("large") }
            #expect(error?.code == .replyTooLarge)
            #expect(try await client.get("small") == nil)
        }
    }

    @Test("With a password, by name and database", arguments: [true, false])
    func authentication(isRight: Bool) async throws {
        let arguments = ["--requirepass", "s3cret", "--user", "alice", "on", ">w0nderland", "~*", "&*", "+@all"]
        try await withServerAndClient(
            arguments,
            configure: {
                $0.credentials = .init(user: "alice", password: .init(isRight ? "w0nderland" : "wrong"))
                $0.database = 5
                $0.clientName = "test-client"
            }
        ) { (_, client) async throws in
            guard isRight else {
                let error = await failure { () throws(RedisError) in try await client.get("k") }
                #expect(error?.code == .unreachable)
                #expect(error?.message.contains("WRONGPASS") == true)
                #expect(error?.message.contains("wrong ") == false)
                return
            }
            let information = try await client.send(RedisCommand("CLIENT", ["INFO"])).string ?? ""
            #expect(
                information.contains("name=test-client") && information.contains("db=5")
                    && information.contains("user=alice")
            )
        }
        try await withServerAndClient(arguments) { (_, client) async throws in
            let error = await failure { () throws(RedisError) in try await client.get("k") }
            #expect(error?.message.contains("NOAUTH") == true)
        }
    }
}
