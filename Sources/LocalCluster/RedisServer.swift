package import Secrets
internal import SystemPackage

/// A private Redis on 127.0.0.1, with a password that changes at each start of the cluster.
///
/// It keeps nothing on disk, whatever the cluster's purpose: what Roster puts there is a cache, or is lost harmlessly.
package struct RedisServer: PrivateServer {
    package let control: ServerControl

    /// `redis://:…@127.0.0.1:port/0`.
    package let url: Secret

    /// Starts a server with its log and configuration in `place`.
    static func started(
        in place: FilePath,
        with options: LocalCluster.Options,
        account: ServerAccount?,
        progress: @escaping @Sendable (LocalCluster.Progress) -> Void
    ) async throws -> RedisServer {
        if let port = options.redisPort { try FreePort.check(port, for: "Redis") }
        let program = try ServerBinaries(folders: options.binaryFolders).redis()
        let folder = place.appending("redis")
        try Files.makeFolder(folder, mode: .ownerReadWriteExecute, owner: account)
        return try await Self.retryingPort(options.redisPort) { port in
            let server = try RedisServer(program, in: folder, port: port, account: account)
            progress(.startingRedis(port: port))
            try await server.start()
            return server
        }
    }

    private init(_ program: FilePath, in folder: FilePath, port: UInt16, account: ServerAccount?) throws {
        let password = Secret.randomPassword()
        self.url = Secret("redis://:\(password.exposed)@127.0.0.1:\(port)/0")
        // A file, because the arguments of a process can be read by everybody.
        let configuration = folder.appending("redis.conf")
        try Files.write(
            """
            bind 127.0.0.1
            port \(port)
            requirepass \(password.exposed)
            save ""
            appendonly no
            databases 16
            maxclients 1000
            daemonize no
            logfile ""
            set-proc-title no

            """,
            to: configuration,
            owner: account
        )
        self.control = ServerControl(
            name: "Redis",
            port: port,
            command: SupervisedProcess.Command(
                executable: program,
                arguments: [configuration.string],
                workingDirectory: folder,
                account: account,
                log: folder.appending("log"),
                stopSignal: "TERM",
                patience: 10
            ),
            readiness: .redis(password: password),
            prepare: {}
        )
    }
}
