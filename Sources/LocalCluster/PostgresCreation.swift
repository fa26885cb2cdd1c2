internal import Secrets
internal import Subprocess
internal import SystemPackage

/// The data folder of a private PostgreSQL: made once, by `initdb`, whole or not at all.
///
/// It is made under another name and renamed when it is complete, so that Ctrl-C, a crash or a full disk in the middle
/// leaves nothing that a later start would take for data.
struct PostgresCreation: Sendable {
    /// Holds `data`, `log` and `password`.
    let place: FilePath
    let purpose: LocalCluster.Purpose
    let account: ServerAccount?

    var data: FilePath { self.place.appending("data") }
    private var unfinished: FilePath { self.place.appending("data.unfinished") }
    private var password: FilePath { self.place.appending("password") }
    private var initialPassword: FilePath { self.place.appending("password.unfinished") }

    /// The major version that wrote the data; `nil` when there is none.
    func existingMajor() throws(LocalClusterError) -> Int? {
        guard let text = try Files.read(self.data.appending("PG_VERSION")) else { return nil }
        return Int(text.filter(\.isNumber))
    }

    /// Makes the data unless it is there.
    ///
    /// - Returns: The password of the superuser.
    func ensure(
        with binaries: ServerBinaries.PostgreSQL,
        progress: @Sendable (LocalCluster.Progress) -> Void
    ) async throws -> Secret {
        try Files.makeFolder(self.place, mode: .ownerReadWriteExecute, owner: self.account)
        if Files.exists(self.data.appending("PG_VERSION")) {
            guard let password = try Files.read(self.password)?.split(separator: "\n").first else {
                throw LocalClusterError(
                    .folderUnusable,
                    """
                    \(self.data.shown) holds data, but \(self.password.shown) is missing: put it back, or move the data \
                    away to begin empty.
                    """
                )
            }
            return Secret(String(password))
        }
        progress(.creatingDatabase(at: self.data.shown))
        let password = Secret.randomPassword()
        do {
            try await self.create(password, with: binaries)
        } catch {
            try Files.remove(self.unfinished)
            try Files.remove(self.initialPassword)
            throw error
        }
        return password
    }

    private func create(_ password: Secret, with binaries: ServerBinaries.PostgreSQL) async throws {
        try Files.remove(self.unfinished)
        try Files.makeFolder(self.unfinished, mode: .ownerReadWriteExecute, owner: self.account)
        try Files.write(password.exposed + "\n", to: self.initialPassword, owner: self.account)
        try await self.run(
            binaries.initdb,
            [
                "--pgdata=\(self.unfinished)", "--username=\(PostgresServer.user)", "--pwfile=\(self.initialPassword)",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions",
            ] + (self.purpose.isKept ? ["--data-checksums"] : ["--no-sync"])
        )
        // A single-user server makes the database: no client program is needed, and no port.
        try await self.run(
            binaries.postgres,
            ["--single", "-D", self.unfinished.string] + (self.purpose.isKept ? [] : ["-c", "fsync=off"]) + [
                "postgres"
            ],
            input: "CREATE DATABASE \(PostgresServer.user)\n"
        )
        try Files.remove(self.initialPassword)
        try Files.write(password.exposed + "\n", to: self.password, owner: nil)
        try Files.remove(self.data)
        try Files.move(self.unfinished, to: self.data)
    }

    private func run(_ program: FilePath, _ arguments: [String], input: String = "") async throws {
        let result = try await Subprocess.run(
            .server(program, arguments, as: self.account, in: self.unfinished),
            input: .string(input),
            output: .string(limit: 1 << 20),
            error: .combinedWithOutput
        )
        // A single-user server reports a failed statement in words, and exits with status 0 all the same.
        let words = result.standardOutput.split(whereSeparator: \.isNewline)
        let hasFailed = words.contains { $0.contains("ERROR:") || $0.contains("FATAL:") }
        guard !result.terminationStatus.isSuccess || hasFailed else { return }
        if LogExcerpt.tellsOfFullDisk(result.standardOutput) { throw LocalClusterError.diskFull(at: self.place) }
        throw LocalClusterError(
            .commandFailed,
            """
            \(program.lastComponent?.string ?? "") could not make \(self.data.shown) (\(result.terminationStatus)). \
            Its last words: \(words.suffix(5).joined(separator: " | "))
            """
        )
    }
}
