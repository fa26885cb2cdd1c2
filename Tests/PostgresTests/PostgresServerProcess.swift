import Dispatch
import Foundation
import Glibc
import NIOConcurrencyHelpers
import Secrets

/// A private PostgreSQL for tests, in a directory of its own; it dies with this process.
///
/// As root it runs as the user postgres, because PostgreSQL refuses root.
final class PostgresServerProcess: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var pid: pid_t?
    }

    let directory: URL
    let port: Int
    private let settings: [String]
    private let state = NIOLockedValueBox(State())

    private static let shared = NIOLockedValueBox<Task<PostgresServerProcess, any Error>?>(nil)
    private static let left = NIOLockedValueBox<[PostgresServerProcess]>([])

    /// The server that all tests share which do it no harm.
    static func sharedServer() async throws -> PostgresServerProcess {
        let task = Self.shared.withLockedValue { shared in
            if let shared { return shared }
            let task = Task { try await PostgresServerProcess.started() }
            shared = task
            return task
        }
        return try await task.value
    }

    /// A server of one's own, which is gone when the body is done.
    static func withServer<R>(
        settings: [String] = [],
        hostRules: [String] = [],
        prepare: (PostgresServerProcess) async throws -> Void = { _ in },
        _ body: (PostgresServerProcess) async throws -> R
    ) async throws -> R {
        let server = try await Self.started(settings: settings, hostRules: hostRules, prepare: prepare)
        do {
            let result = try await body(server)
            await server.remove()
            return result
        } catch {
            await server.remove()
            throw error
        }
    }

    private static func started(
        settings: [String] = [],
        hostRules: [String] = [],
        prepare: (PostgresServerProcess) async throws -> Void = { _ in }
    ) async throws -> PostgresServerProcess {
        let server = try PostgresServerProcess(settings: settings)
        try await Self.run([
            "initdb", "-D", server.data.path, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync",
        ])
        let rules = server.data.appendingPathComponent("pg_hba.conf")
        let given = try String(contentsOf: rules, encoding: .utf8)
        try Self.write((hostRules + [given]).joined(separator: "\n"), to: rules)
        try await prepare(server)
        try await server.start()
        return server
    }

    /// A copy of a running primary that follows it.
    static func withStandby<R>(
        of primary: PostgresServerProcess,
        _ body: (PostgresServerProcess) async throws -> R
    ) async throws -> R {
        let standby = try PostgresServerProcess(settings: [])
        do {
            try await Self.run(
                [
                    "pg_basebackup", "-h", "127.0.0.1", "-p", "\(primary.port)", "-U", "postgres", "-D",
                    standby.data.path,
                ]
                    + ["--checkpoint=fast", "--write-recovery-conf", "--no-sync"]
            )
            try await standby.start()
            let result = try await body(standby)
            await standby.remove()
            return result
        } catch {
            await standby.remove()
            throw error
        }
    }

    private init(settings: [String]) throws {
        self.settings = settings
        self.directory = URL(fileURLWithPath: "/tmp/roster-postgres-\(UUID().uuidString.prefix(13))")
        self.port = try Self.freePort()
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
        guard let user = getpwnam("postgres") else { throw Failure(description: "there is no user postgres") }
        if getuid() == 0 { chown(self.directory.path, user.pointee.pw_uid, user.pointee.pw_gid) }
        let isFirst = Self.left.withLockedValue { left in
            left.append(self)
            return left.count == 1
        }
        if isFirst {
            atexit {
                for server in PostgresServerProcess.left.withLockedValue({ $0 }) { server.removeAtExit() }
            }
        }
    }

    var data: URL { self.directory.appendingPathComponent("data") }

    /// The server's address as a connection string.
    func url(_ parameters: String = "") -> Secret {
        Secret("postgresql://postgres@127.0.0.1:\(self.port)/postgres?sslmode=disable\(parameters)")
    }

    /// The server's Unix socket as a connection string with keywords.
    var socketString: Secret {
        Secret("host=\(self.directory.path) port=\(self.port) user=postgres dbname=postgres")
    }

    func start() async throws {
        var arguments = Self.asPostgres + ["postgres", "-D", self.data.path, "-p", "\(self.port)"]
        let settings =
            [
                "listen_addresses=127.0.0.1", "unix_socket_directories=\(self.directory.path)", "fsync=off",
                "max_connections=60", "log_min_messages=panic", "shared_buffers=16MB",
            ] + self.settings
        for setting in settings { arguments += ["-c", setting] }
        let process = Self.process(arguments)
        let log = self.directory.appendingPathComponent("log")
        if !FileManager.default.fileExists(atPath: log.path) { try Self.write("", to: log) }
        let output = try FileHandle(forWritingTo: log)
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Self.launcher.run { continuation.resume(with: Result { try process.run() }) }
        }
        self.state.withLockedValue { $0.pid = process.processIdentifier }
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let check = ["pg_isready", "-q", "-h", self.directory.path, "-p", "\(self.port)"]
            if try await Self.status(check) == 0 { return }
            guard ContinuousClock.now < deadline, process.isRunning else {
                let said = try String(contentsOf: log, encoding: .utf8)
                throw Failure(description: "PostgreSQL did not start: \(said)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Ends the server with a signal: SIGINT asks, SIGQUIT interrupts, SIGKILL does neither.
    func stop(_ signal: Int32 = SIGINT) async throws {
        guard let pid = self.state.withLockedValue({ $0.pid }) else { return }
        let children = Self.children(of: pid)
        kill(pid, signal)
        if signal == SIGKILL { for child in children { kill(child, SIGKILL) } }
        let deadline = ContinuousClock.now + .seconds(30)
        while ([pid] + children).contains(where: { Self.isAlive($0) }) {
            guard ContinuousClock.now < deadline else { throw Failure(description: "PostgreSQL did not stop") }
            try await Task.sleep(for: .milliseconds(5))
        }
        self.state.withLockedValue { $0.pid = nil }
    }

    /// Stops every process of the server in its tracks, as a hanging machine would.
    func pause() {
        guard let pid = self.state.withLockedValue({ $0.pid }) else { return }
        for process in [pid] + Self.children(of: pid) { kill(process, SIGSTOP) }
    }

    /// Lets them go on.
    func resume() {
        guard let pid = self.state.withLockedValue({ $0.pid }) else { return }
        for process in [pid] + Self.children(of: pid) { kill(process, SIGCONT) }
    }

    private func remove() async {
        self.resume()
        do { try await self.stop(SIGQUIT) } catch { self.removeAtExit() }
        self.removeAtExit()
        Self.left.withLockedValue { left in left.removeAll { $0 === self } }
    }

    private func removeAtExit() {
        if let pid = self.state.withLockedValue({ $0.pid }) {
            let children = Self.children(of: pid)
            for process in [pid] + children { kill(process, SIGKILL) }
        }
        // It may be half gone; nothing can be done about it at the end of the process.
        _ = try? FileManager.default.removeItem(at: self.directory)
    }

    // MARK: Processes

    static func write(_ text: String, to file: URL) throws {
        try text.write(to: file, atomically: false, encoding: .utf8)
        guard getuid() == 0, let user = getpwnam("postgres") else { return }
        chown(file.path, user.pointee.pw_uid, user.pointee.pw_gid)
        chmod(file.path, 0o600)
    }

    static func run(_ arguments: [String]) async throws {
        let status = try await Self.status(Self.asPostgres + arguments)
        guard status == 0 else { throw Failure(description: "\(arguments) ended with status \(status)") }
    }

    private static func status(_ arguments: [String]) async throws -> Int32 {
        let process = Self.process(arguments)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            Self.launcher.run {
                do { try process.run() } catch { continuation.resume(throwing: error) }
            }
        }
    }

    private static func process(_ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/tmp")
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = "/usr/lib/postgresql/15/bin:" + (environment["PATH"] ?? "/usr/bin:/bin")
        environment["LC_ALL"] = "C.UTF-8"
        process.environment = environment
        return process
    }

    private static let launcher = LaunchThread()

    /// The server dies with the test process, also when that is killed.
    private static var asPostgres: [String] {
        ["setpriv", "--pdeathsig", "KILL"]
            + (getuid() == 0 ? ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] : [])
    }

    private static func children(of pid: pid_t) -> [pid_t] {
        // The file is gone when the process is.
        let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    private static func isAlive(_ pid: pid_t) -> Bool {
        // A zombie has no command line; Foundation buries its own children when it gets to it.
        guard let line = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8) else { return false }
        return !line.isEmpty
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 ? getsockname(descriptor, address, &size) : -1
            }
        }
        guard status == 0 else { throw Failure(description: "no free port: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// The thread that starts all servers. The kernel takes the end of the thread that started a process for the death of its
/// parent, so it must be one that never ends, unlike those of the thread pools.
private final class LaunchThread: Sendable {
    private let jobs = NIOLockedValueBox<[@Sendable () -> Void]>([])
    private let wakeUp = DispatchSemaphore(value: 0)

    init() {
        Thread.detachNewThread { [jobs, wakeUp] in
            while true {
                wakeUp.wait()
                jobs.withLockedValue { $0.removeFirst() }()
            }
        }
    }

    func run(_ job: @escaping @Sendable () -> Void) {
        self.jobs.withLockedValue { $0.append(job) }
        self.wakeUp.signal()
    }
}
