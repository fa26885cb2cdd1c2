import Foundation
import Testing

/// A redis-server or redis-sentinel of its own, in a folder of its own, for one test.
///
/// It runs under a shell that kills it when this process closes a pipe, deliberately or by dying, so that none is left
/// behind.
final class RedisServerProcess {
    /// The folder of the server's files.
    let folder: URL
    /// The port, if it listens on one.
    let port: Int?
    private var arguments: [String]
    private var guardian: Process?
    private var leash: Pipe?

    /// The unix socket that every server of ours listens on.
    var socketPath: String { self.folder.appendingPathComponent("redis.sock").path }

    /// Prepares a server.
    init(port: Int? = nil, _ arguments: [String] = [], sentinelConfiguration: String? = nil) throws {
        self.folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "redis-test-\(UUID().uuidString.prefix(8))"
        )
        self.port = port
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        self.arguments =
            [
                "--port", "\(port ?? 0)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", self.folder.path, "--pidfile", self.folder.appendingPathComponent("pid").path,
                "--unixsocket", self.folder.appendingPathComponent("redis.sock").path, "--logfile", "log",
            ] + arguments
        if let sentinelConfiguration {
            let file = self.folder.appendingPathComponent("sentinel.conf")
            try sentinelConfiguration.write(to: file, atomically: true, encoding: .utf8)
            self.arguments = [file.path, "--sentinel"] + self.arguments
        }
    }

    deinit {
        self.stop()
        do {
            try FileManager.default.removeItem(at: self.folder)
        } catch {
            Issue.record(error)
        }
    }

    /// Starts it, again if it has been killed, and waits until it listens.
    func start() async throws {
        self.stop()
        let guardian = Process()
        let leash = Pipe()
        guardian.executableURL = URL(fileURLWithPath: "/bin/sh")
        guardian.arguments =
            ["-c", #"redis-server "$@" >/dev/null 2>&1 & server=$!; cat >/dev/null; kill -9 $server; wait"#, "sh"]
            + self.arguments
        guardian.standardInput = leash
        guardian.standardOutput = FileHandle.nullDevice
        guardian.standardError = FileHandle.nullDevice
        try guardian.run()
        self.guardian = guardian
        self.leash = leash
        try await eventually("redis-server listens") {
            let log = try? String(contentsOf: self.folder.appendingPathComponent("log"), encoding: .utf8)
            return self.processID != nil && FileManager.default.fileExists(atPath: self.socketPath)
                && (log?.contains("eady to accept connections") == true || log?.contains("Sentinel ID is") == true)
        }
    }

    /// The process, once it has written its number.
    var processID: pid_t? {
        let text = try? String(contentsOf: self.folder.appendingPathComponent("pid"), encoding: .utf8)
        return text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Sends a signal to the server itself.
    func signal(_ number: Int32) throws {
        let processID = try #require(self.processID)
        #expect(kill(processID, number) == 0)
    }

    /// Kills it at once.
    func stop() {
        guard let guardian = self.guardian else { return }
        // Closing cannot fail in a way that matters: the shell sees the end of its input.
        try? self.leash?.fileHandleForWriting.close()
        guardian.waitUntilExit()
        self.guardian = nil
        self.leash = nil
        for file in ["pid", "redis.sock", "log"] {
            try? FileManager.default.removeItem(at: self.folder.appendingPathComponent(file))
        }
    }

    /// The bytes that clients have sent and the server has not read, as the kernel counts them.
    var unreadBytes: Int {
        get throws {
            try self.connections().filter { $0.localPort == self.port }.reduce(0) { $0 + $1.unreadBytes }
        }
    }

    /// The descriptors of this process that are connections to the server.
    var descriptorsOfClients: Int {
        get throws {
            let sockets = Set(
                try self.connections().filter { $0.remotePort == self.port }.map { "socket:[\($0.inode)]" }
            )
            let folder = "/proc/self/fd"
            // A descriptor may be gone between listing and looking.
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")).map(sockets.contains)
                    == true
            }.count
        }
    }

    /// The lines of /proc/net/tcp; proc(5) has the fields.
    private func connections() throws -> [(localPort: Int?, remotePort: Int?, unreadBytes: Int, inode: Substring)] {
        // Read to its end: the file claims no size and comes in pieces.
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/net/tcp"))
        let content = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        return content.split(separator: "\n").dropFirst().map { line in
            let fields = line.split(separator: " ")
            return (
                Int(fields[1].suffix(4), radix: 16), Int(fields[2].suffix(4), radix: 16),
                Int(fields[4].suffix(8), radix: 16) ?? 0, fields[9]
            )
        }
    }

    /// A port on which nothing listens.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        try #require(bound)
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// Waits until a condition holds, and fails the test if it does not within the time.
func eventually(
    _ what: String,
    within time: Duration = .seconds(20),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + time
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw Overdue(what: what)
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// A condition that did not come to hold in time.
struct Overdue: Error, CustomStringConvertible {
    let what: String
    var description: String { "not in time: \(self.what)" }
}
