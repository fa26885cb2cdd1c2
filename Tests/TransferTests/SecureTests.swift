import Glibc
import HTTPTypes
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Transfer

/// nginx with TLS and HTTP/2 in front of a few fixed answers, as a process of one test: it ends with its test, also when
/// the test's process dies, because it runs in the foreground and reads from a pipe that only the test holds.
private final class SecureServer: Sendable {
    struct Failure: Error {
        let what: String
    }

    let port: Int
    let oldPort: Int
    let roots: String
    private let folder: String
    private let pid: pid_t
    private let hold: Int32

    init() async throws {
        // Below the ports that the kernel gives away by itself, so that no other test gets them.
        let ports = (0..<2).map { _ in Self.freePort() }
        var template = Array("/tmp/transfer-nginx-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(what: "mkdtemp") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.folder = folder
        self.roots = "\(folder)/cert.pem"
        (self.port, self.oldPort) = (ports[0], ports[1])
        try Self.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
                + "-addext 'subjectAltName=DNS:localhost' -keyout \(folder)/key.pem -out \(folder)/cert.pem"
        )
        func server(_ port: Int, _ options: String) -> String {
            """
            server {
                listen 127.0.0.1:\(port) ssl \(options);
                server_name localhost;
                ssl_certificate \(folder)/cert.pem;
                ssl_certificate_key \(folder)/key.pem;
                client_max_body_size 100m;
                location / { default_type text/plain; return 200 "$server_protocol $request_method $connection"; }
                location /large { alias \(folder)/large; }
                location /slow { alias \(folder)/large; limit_rate 100k; }
                location /cut { return 444; }
            }
            """
        }
        let configuration = """
            daemon off;
            master_process off;
            pid \(folder)/pid;
            error_log \(folder)/error.log warn;
            events { worker_connections 512; }
            http {
                access_log off;
                client_body_temp_path \(folder)/body;
                proxy_temp_path \(folder)/proxy;
                fastcgi_temp_path \(folder)/fastcgi;
                uwsgi_temp_path \(folder)/uwsgi;
                scgi_temp_path \(folder)/scgi;
                \(server(ports[0], "http2"))
                \(server(ports[1], ""))
            }
            """
        try Self.write(Array(configuration.utf8), to: "\(folder)/nginx.conf")
        try Self.write([UInt8](repeating: 65, count: 8_000_000), to: "\(folder)/large")
        var ends: [Int32] = [0, 0]
        let isOpen = inheritance.withLock { pipe(&ends) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 }
        guard isOpen else { throw Failure(what: "pipe") }
        self.hold = ends[1]
        // The shell ends nginx when its input ends, which is when nobody holds the other end of the pipe any more.
        let command = "nginx -c \(folder)/nginx.conf -p \(folder) & child=$!; read line; kill -KILL $child; wait $child"
        self.pid = try Self.spawn(command, input: ends[0])
        close(ends[0])
        try await eventually("nginx listens") { Self.connects(to: ports[0]) && Self.connects(to: ports[1]) }
    }

    func stop() throws {
        close(self.hold)
        var status: Int32 = 0
        waitpid(self.pid, &status, 0)
        try Self.run("rm -rf \(self.folder)")
    }

    func url(_ path: String = "/", old: Bool = false) -> String {
        "https://localhost:\(old ? self.oldPort : self.port)\(path)"
    }

    private static func freePort() -> Int {
        while true {
            let port = Int.random(in: 15_000..<32_000)
            if !Self.connects(to: port) { return port }
        }
    }

    private static func connects(to port: Int) -> Bool {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(client, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "w") else { throw Failure(what: "open \(path)") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Failure(what: "write \(path)") }
    }

    private static func run(_ command: String) throws {
        var status: Int32 = 0
        let pid = try self.spawn("exec 2>/dev/null; " + command, input: nil)
        guard waitpid(pid, &status, 0) == pid, status == 0 else { throw Failure(what: command) }
    }

    private static func spawn(_ command: String, input: Int32?) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The threads of tests block signals, and their children would too.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        if let input { posix_spawn_file_actions_adddup2(&actions, input, 0) }
        var pid = pid_t()
        let words = ["/bin/sh", "-c", command]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { (word: String) in strdup(word) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        let isRunning = inheritance.withLock {
            posix_spawn(&pid, "/bin/sh", &actions, &attributes, &arguments, environ) == 0
        }
        guard isRunning else { throw Failure(what: command) }
        return pid
    }
}

@Suite(.timeLimit(.minutes(2)), .serialized) struct SecureTests {
    private func withSecureServer<Result: Sendable>(
        _ body: @Sendable (SecureServer) async throws -> Result
    ) async throws -> Result {
        let server = try await SecureServer()
        do {
            let result = try await body(server)
            try server.stop()
            return result
        } catch {
            try server.stop()
            throw error
        }
    }

    @Test func `HTTP 2 is spoken where it is allowed and offered, and many share one connection`() async throws {
        try await self.withSecureServer { server in
            try await withClient({ $0.trustedRoots = server.roots }) { client in
                func versions(_ version: TransferRequest.Version, old: Bool, _ count: Int) async throws -> [String] {
                    try await withThrowingTaskGroup(of: String.self) { group in
                        for _ in 0..<count {
                            group.addTask {
                                try await client.text(TransferRequest(url: server.url(old: old), version: version))
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                }
                // Protocol, method and the number of the connection.
                let second = try await versions(.http2IfOffered, old: false, 90)
                #expect(second.allSatisfy { $0.hasPrefix("HTTP/2.0 GET") })
                #expect(Set(second).count == 1)
                let first = try await versions(.http1, old: false, 50)
                #expect(first.allSatisfy { $0.hasPrefix("HTTP/1.1 GET") })
                let old = try await versions(.http2IfOffered, old: true, 50)
                #expect(old.allSatisfy { $0.hasPrefix("HTTP/1.1 GET") })
            }
        }
    }

    @Test(arguments: [TransferRequest.Version.http1, .http2IfOffered])
    func `large bodies stream over TLS to readers that are behind`(version: TransferRequest.Version) async throws {
        try await self.withSecureServer { server in
            try await withClient({ $0.trustedRoots = server.roots }) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            let request = TransferRequest(url: server.url("/large"), version: version)
                            let response = try await client.send(request)
                            var count = 0
                            for try await bytes in response.body {
                                count += bytes.readableBytes
                                if count < 500_000 { try await Task.sleep(for: .milliseconds(5)) }
                            }
                            #expect(count == 8_000_000)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test(arguments: [TransferRequest.Version.http1, .http2IfOffered])
    func `a body is sent over TLS`(version: TransferRequest.Version) async throws {
        try await self.withSecureServer { server in
            try await withClient({ $0.trustedRoots = server.roots }) { client in
                let request = TransferRequest(
                    method: .post,
                    url: server.url(),
                    body: .bytes(ByteBuffer(repeating: 1, count: 1_500_000)),
                    version: version
                )
                let text = try await client.text(request)
                #expect(text.contains(" POST "))
            }
        }
    }

    @Test func `leaving one stream leaves the others of its connection alone`() async throws {
        try await self.withSecureServer { server in
            try await withClient({ $0.trustedRoots = server.roots }) { client in
                let slow = TransferRequest(url: server.url("/slow"), version: .http2IfOffered)
                let warm = try await client.text(TransferRequest(url: server.url(), version: .http2IfOffered))
                let tasks = (0..<8).map { _ in Task { try await client.text(slow) } }
                let kept = try await client.send(slow)
                for task in tasks { task.cancel() }
                for task in tasks { await expectFailure(.cancelled) { try await task.value } }
                var iterator = kept.body.makeAsyncIterator()
                var count = 0
                while count < 50_000, let bytes = try await iterator.next() { count += bytes.readableBytes }
                #expect(count >= 50_000)
                let again = try await client.text(TransferRequest(url: server.url(), version: .http2IfOffered))
                #expect(again == warm)
            }
        }
    }

    @Test(arguments: [TransferRequest.Version.http1, .http2IfOffered])
    func `a connection that is cut while a body is sent is lost, and nobody is killed by it`(
        version: TransferRequest.Version
    ) async throws {
        try await self.withSecureServer { server in
            try await withClient({ $0.trustedRoots = server.roots }) { client in
                for _ in 0..<5 {
                    let request = TransferRequest(
                        method: .post,
                        url: server.url("/cut"),
                        body: .bytes(ByteBuffer(repeating: 1, count: 5_000_000)),
                        version: version
                    )
                    let error = try await client.failure(request)
                    #expect(error.code == .connectionLost, "\(error)")
                    #expect(error.requestMayHaveReachedServer)
                }
            }
        }
    }

    @Test func `a certificate that is not trusted, or for another name, is a clear error`() async throws {
        try await self.withSecureServer { server in
            try await withClient { client in
                let error = try await client.failure(TransferRequest(method: .post, url: server.url()))
                #expect(error.code == .tlsFailed, "\(error)")
                #expect(error.description.contains("certificate"))
                #expect(!error.requestMayHaveReachedServer)
            }
            try await withClient({ $0.trustedRoots = server.roots }) { client in
                let error = try await client.failure(TransferRequest(url: "https://127.0.0.1:\(server.port)/"))
                #expect(error.code == .tlsFailed, "\(error)")
            }
        }
    }

    @Test func `plain HTTP where TLS is expected is a clear error`() async throws {
        try await withServer(script: { peer in
            try peer.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            peer.waitForClose()
        }) { server in
            try await withClient { client in
                let error = try await client.failure(TransferRequest(url: "https://localhost:\(server.port)/"))
                #expect(error.code == .tlsFailed, "\(error)")
            }
        }
    }
}
