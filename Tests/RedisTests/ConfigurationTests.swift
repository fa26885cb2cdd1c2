import Redis
import Secrets
import Testing

@Suite struct ConfigurationTests {
    @Test(
        "Addresses are read",
        arguments: [
            ("redis://localhost", "localhost:6379", 0),
            ("redis://cache.example:7000/3", "cache.example:7000", 3),
            ("redis://[::1]:7000/", "[::1]:7000", 0),
            ("REDIS://u:p%40ss/w@host", "host:6379", 0),
            ("unix:///run/redis.sock", "/run/redis.sock", 0),
            ("redis+socket:///run/redis%20a.sock?db=4", "/run/redis a.sock", 4),
            ("redis-sentinel://a,b:1,[::2]:3/main/2", "master main of sentinels a:26379,b:1,[::2]:3", 2),
        ]
    )
    func addresses(url: String, location: String, database: Int) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.location.description == location)
        #expect(configuration.database == database)
        #expect(configuration.tls == nil)
    }

    @Test("Credentials are decoded, and never printed")
    func credentials() throws {
        let both = try RedisConfiguration(url: "redis://al%3Aice:p%40s%2Fs@h/0")
        #expect(both.credentials?.user == "al:ice")
        #expect(both.credentials?.password.exposed == "p@s/s")
        #expect(!"\(both)".contains("p@s"))
        #expect(try RedisConfiguration(url: "redis://:only@h").credentials == .init(password: .init("only")))
        #expect(try RedisConfiguration(url: "redis://only@h").credentials == .init(password: .init("only")))
        #expect(try RedisConfiguration(url: "redis://h").credentials == nil)
    }

    @Test("TLS is asked for by the scheme")
    func tls() throws {
        #expect(try RedisConfiguration(url: "rediss://h").tls?.verification == .full)
        #expect(try RedisConfiguration(url: "rediss-sentinel://h/m").tls != nil)
    }

    @Test(
        "What cannot be understood is refused without repeating the password",
        arguments: [
            "localhost:6379", "http://:hunter2@h", "redis://:hunter2@", "redis://:hunter2@h:0", "redis://:hunter2@h:x",
            "redis://:hunter2@h/x", "redis://:hunter2@h/1/2", "redis://:hunter2@a,b", "redis://:hunter2@h?timeout=3",
            "redis://:hunter2%zz@h", "redis://:hunter2@[::1", "redis-sentinel://:hunter2@h", "unix://run/redis.sock",
            "unix://",
            "redis://h?db=1", "redis://:hunter2%ff@h", "redis://::1",
        ]
    )
    func refused(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("hunter2") == false)
    }
}
