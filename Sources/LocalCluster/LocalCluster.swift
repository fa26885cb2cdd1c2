package import Secrets
package import SystemPackage

/// A private PostgreSQL and Redis, as child processes that live as long as a closure runs.
///
/// They listen on 127.0.0.1 only, with random passwords, run as another account when root starts them, and go when this
/// process goes, in whatever way it goes: each stands under a supervisor that holds on to a pipe from here.
package enum LocalCluster {
    /// Whether the data outlives the servers.
    package enum Purpose: Sendable, Hashable {
        /// The data stays in this folder, for the next start; writes are safe against a crash.
        case kept(in: FilePath)
        /// Everything goes when the servers go; nothing is synced to disk. The folder is made inside this one, or
        /// where temporary files go.
        case throwaway(in: FilePath? = nil)

        var isKept: Bool {
            switch self {
            case .kept: true
            case .throwaway: false
            }
        }
    }

    /// What to run, and where.
    package struct Options: Sendable {
        /// Whether the data outlives the servers, and where it is.
        package var purpose: Purpose
        /// PostgreSQL's port; `nil` for one that is free.
        package var postgresPort: UInt16?
        /// Redis' port; `nil` for one that is free.
        package var redisPort: UInt16?
        /// Where to look for the servers' programs; `nil` for `PATH` and the usual places.
        package var binaryFolders: [FilePath]?

        /// Servers on free ports, from programs in the usual places.
        package init(_ purpose: Purpose) {
            self.purpose = purpose
        }
    }

    /// The servers, while they run.
    package struct Servers: Sendable {
        package let postgres: PostgresServer
        package let redis: RedisServer
        /// Where their data and logs are.
        package let folder: FilePath

        /// The database over TCP.
        package var databaseURL: Secret { self.postgres.url }
        /// The database over its unix socket, where the folder's path is short enough for one.
        package var databaseSocketURL: Secret? { self.postgres.socketURL }
        /// Redis over TCP.
        package var redisURL: Secret { self.redis.url }
    }

    /// Starts both servers, runs `body`, and ends them when it returns, throws or has wound up after a cancellation.
    ///
    /// The servers serve until `body` has returned, also while it is being cancelled.
    ///
    /// - Parameters:
    ///   - options: What to run, and where.
    ///   - progress: Told what is being done, from any thread.
    ///   - body: Works with the servers; may stop, pause, kill and start them.
    /// - Returns: What `body` returns.
    /// - Throws: ``LocalClusterError`` when a server cannot be had; what `body` throws.
    package static func run<Value>(
        _ options: Options,
        progress: @escaping @Sendable (Progress) -> Void = { _ in },
        body: (Servers) async throws -> Value
    ) async throws -> Value {
        try await self.withPlace(options, progress) { place, account in
            async let startingRedis = Outcome {
                try await RedisServer.started(in: place, with: options, account: account, progress: progress)
            }
            let postgres = await Outcome {
                try await PostgresServer.started(in: place, with: options, account: account, progress: progress)
            }
            switch (postgres, await startingRedis) {
            case (.success(let postgres), .success(let redis)):
                progress(.ready)
                return try await self.use([postgres, redis], progress) {
                    try await body(Servers(postgres: postgres, redis: redis, folder: place))
                }
            case (.failure(let error), .success(let redis)):
                await redis.stop()
                throw error
            case (.success(let postgres), .failure(let error)):
                await postgres.stop()
                throw error
            case (.failure(let error), .failure):
                throw error
            }
        }
    }

    /// The same with PostgreSQL alone.
    package static func runPostgres<Value>(
        _ options: Options,
        progress: @escaping @Sendable (Progress) -> Void = { _ in },
        body: (PostgresServer) async throws -> Value
    ) async throws -> Value {
        try await self.withPlace(options, progress) { place, account in
            let server = try await PostgresServer.started(
                in: place,
                with: options,
                account: account,
                progress: progress
            )
            return try await self.use([server], progress) { try await body(server) }
        }
    }

    /// The same with Redis alone.
    package static func runRedis<Value>(
        _ options: Options,
        progress: @escaping @Sendable (Progress) -> Void = { _ in },
        body: (RedisServer) async throws -> Value
    ) async throws -> Value {
        try await self.withPlace(options, progress) { place, account in
            let server = try await RedisServer.started(in: place, with: options, account: account, progress: progress)
            return try await self.use([server], progress) { try await body(server) }
        }
    }

    private static func withPlace<Value>(
        _ options: Options,
        _ progress: @escaping @Sendable (Progress) -> Void,
        _ body: (FilePath, ServerAccount?) async throws -> Value
    ) async throws -> Value {
        let account = try ServerAccount.current()
        switch options.purpose {
        case .kept(let folder):
            let place = try await ClusterFolder.prepare(folder, account: account, progress: progress)
            return try await FolderLock.hold(folder) { try await body(place.absolute, account) }
        case .throwaway(let parent):
            return try await ThrowawayFolder.use(in: parent, for: account) { try await body($0, account) }
        }
    }

    private static func use<Value>(
        _ servers: [any PrivateServer],
        _ progress: @Sendable (Progress) -> Void,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let outcome = await Outcome(body)
        progress(.stopping)
        await withTaskGroup { group in
            for server in servers { group.addTask { await server.stop() } }
        }
        progress(.stopped)
        return try outcome.get()
    }
}
