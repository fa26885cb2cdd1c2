internal import Glibc
package import Secrets
package import SystemPackage

/// A private PostgreSQL: one superuser and one database, both `roster`, on 127.0.0.1 and a socket in its data folder.
package struct PostgresServer: PrivateServer {
    package let control: ServerControl

    private let password: Secret

    /// `postgresql://roster:…@127.0.0.1:port/roster`.
    package var url: Secret { self.url(ofDatabase: Self.user) }

    /// The same with another database, whose name needs no escaping.
    package func url(ofDatabase name: String) -> Secret {
        Secret("postgresql://\(Self.user):\(self.password.exposed)@127.0.0.1:\(self.port)/\(name)")
    }

    /// The same over the unix socket, where its path is short enough to be one (107 bytes); `nil` where it is not.
    package let socketURL: Secret?

    /// The data; the folder above it holds the log.
    package let data: FilePath

    /// The name of the superuser and of the database.
    package static let user = "roster"

    /// Creates the database if there is none, and starts the server.
    static func started(
        in place: FilePath,
        with options: LocalCluster.Options,
        account: ServerAccount?,
        progress: @escaping @Sendable (LocalCluster.Progress) -> Void
    ) async throws -> PostgresServer {
        if let port = options.postgresPort { try FreePort.check(port, for: "PostgreSQL") }
        let creation = PostgresCreation(place: place.appending("postgres"), purpose: options.purpose, account: account)
        let binaries = try await ServerBinaries(folders: options.binaryFolders)
            .postgreSQL(forDataOfMajor: creation.existingMajor(), at: creation.data)
        let password = try await creation.ensure(with: binaries, progress: progress)
        return try await Self.retryingPort(options.postgresPort) { port in
            let server = PostgresServer(creation, binaries, password, port: port, progress)
            progress(.startingPostgres(port: port))
            try await server.start()
            return server
        }
    }

    private init(
        _ creation: PostgresCreation,
        _ binaries: ServerBinaries.PostgreSQL,
        _ password: Secret,
        port: UInt16,
        _ progress: @escaping @Sendable (LocalCluster.Progress) -> Void
    ) {
        self.data = creation.data
        self.password = password
        // The server names its socket relative to the folder it works in; clients cannot.
        self.socketURL =
            "\(creation.data.string)/.s.PGSQL.\(port)".utf8.count > 107
            ? nil
            : Secret(
                """
                postgresql://\(Self.user):\(password.exposed)@/\(Self.user)\
                ?host=\(creation.data.string.percentEncoded)&port=\(port)
                """
            )
        let data = creation.data
        self.control = ServerControl(
            name: "PostgreSQL",
            port: port,
            command: SupervisedProcess.Command(
                executable: binaries.postgres,
                arguments: ["-D", creation.data.string]
                    + Self.settings(port: port, purpose: creation.purpose).flatMap { ["-c", $0] },
                workingDirectory: creation.data,
                account: creation.account,
                log: creation.place.appending("log"),
                stopSignal: "INT",
                patience: 30
            ),
            readiness: .postgres(user: Self.user, database: Self.user),
            prepare: { try await Self.clearProcessFile(in: data, progress) }
        )
    }

    /// Settings stand on the command line, so that those of an older release do not linger in a file.
    private static func settings(port: UInt16, purpose: LocalCluster.Purpose) -> [String] {
        let common = [
            "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=.", "unix_socket_permissions=0700",
            "cluster_name=roster", "timezone=UTC", "log_timezone=UTC", "log_checkpoints=off",
        ]
        switch purpose {
        case .kept: return common + ["max_connections=200"]
        case .throwaway:
            return common + ["max_connections=300", "fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        }
    }

    /// Deals with the process file of a server that lived here before.
    ///
    /// PostgreSQL itself refuses to start when the id in the file was given to any other process of the same account,
    /// which is likely after a container was restarted. Here the folder is known to be ours, so what counts is whether
    /// that process is a PostgreSQL at work in this folder. One that is ending, because its parent has just been
    /// killed, gets 15 seconds.
    private static func clearProcessFile(
        in data: FilePath,
        _ progress: @Sendable (LocalCluster.Progress) -> Void
    ) async throws {
        let path = data.appending("postmaster.pid")
        let deadline = ContinuousClock.now + .seconds(15)
        var hasSaid = false
        while let line = try Files.read(path)?.split(separator: "\n").first, let processID = Int32(line),
            Self.isAtWork(processID, in: data)
        {
            guard ContinuousClock.now < deadline else {
                throw LocalClusterError(
                    .alreadyRunning,
                    """
                    A PostgreSQL from an earlier start still runs in \(data.shown), as process \(processID): stop it \
                    (kill -INT \(processID)), then start again.
                    """
                )
            }
            if !hasSaid { progress(.waitingForEarlierPostgres(processID: processID)) }
            hasSaid = true
            try await Task.sleep(for: .milliseconds(50))
        }
        try Files.remove(path)
    }

    private static func isAtWork(_ processID: Int32, in data: FilePath) -> Bool {
        guard ProcessTable.isAlive(processID), ProcessTable.name(of: processID) == "postgres" else { return false }
        do {
            let (its, ours) = (try FilePath("/proc/\(processID)/cwd").stat(), try data.stat())
            return its.inode == ours.inode && its.deviceID == ours.deviceID
        } catch {
            // Its folder is hidden from us: believe the file.
            return true
        }
    }
}

extension PrivateServer {
    /// Starts with the port that was asked for; without one with a free port, and another when that was taken between
    /// being found and being used.
    static func retryingPort(
        _ wished: UInt16?,
        _ start: (UInt16) async throws -> Self
    ) async throws -> Self {
        if let wished { return try await start(wished) }
        for _ in 0..<3 {
            do {
                return try await start(FreePort.any())
            } catch let error as LocalClusterError where error.code == .portTaken {
                continue
            }
        }
        return try await start(FreePort.any())
    }
}

extension String {
    /// The text as a value in a URL's query.
    var percentEncoded: String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~".utf8)
        return self.utf8.reduce(into: "") { text, byte in
            if plain.contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
