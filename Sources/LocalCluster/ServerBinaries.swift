internal import Subprocess
internal import SystemPackage

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Where the servers' programs are: on `PATH`, then where packages put them, the newest PostgreSQL first.
struct ServerBinaries: Sendable {
    /// The programs of one PostgreSQL, which live side by side.
    struct PostgreSQL: Sendable {
        let folder: FilePath
        /// 15 of 15.20.
        let major: Int

        var postgres: FilePath { self.folder.appending("postgres") }
        var initdb: FilePath { self.folder.appending("initdb") }
    }

    /// The folders to look in, in this order.
    let folders: [FilePath]

    /// Looks in `folders`; `nil` for where programs usually are.
    init(folders: [FilePath]? = nil) {
        self.folders = folders ?? Self.usualFolders()
    }

    /// The programs of the PostgreSQL to use: of the major version that wrote the data, if there is data.
    ///
    /// - Throws: `missingBinary`, or `otherVersion` when only others are installed.
    func postgreSQL(forDataOfMajor wanted: Int?, at data: FilePath) async throws -> PostgreSQL {
        var found: [PostgreSQL] = []
        for folder in self.folders
        where Self.isProgram(folder.appending("postgres")) && Self.isProgram(folder.appending("initdb")) {
            guard let major = try await Self.major(of: folder.appending("postgres")) else { continue }
            let candidate = PostgreSQL(folder: folder, major: major)
            if wanted == nil || wanted == major { return candidate }
            found.append(candidate)
        }
        guard let wanted, let other = found.first else {
            throw LocalClusterError(
                .missingBinary,
                """
                PostgreSQL's server is not installed (no postgres and initdb on PATH or in /usr/lib/postgresql): \
                run apt-get install postgresql redis-server.
                """
            )
        }
        throw LocalClusterError(
            .otherVersion,
            """
            \(data.shown) was written by PostgreSQL \(wanted), but the one installed is \(other.major) \
            (\(other.folder)): install postgresql-\(wanted), or move that folder away to begin empty.
            """
        )
    }

    /// The program of Redis.
    ///
    /// - Throws: `missingBinary`.
    func redis() throws(LocalClusterError) -> FilePath {
        for folder in self.folders where Self.isProgram(folder.appending("redis-server")) {
            return folder.appending("redis-server")
        }
        throw LocalClusterError(
            .missingBinary,
            "Redis' server is not installed (no redis-server on PATH): run apt-get install postgresql redis-server."
        )
    }

    private static func usualFolders() -> [FilePath] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let debian: FilePath = "/usr/lib/postgresql"
        let versions = Files.names(in: debian).compactMap { name in Int(name).map { ($0, name) } }.sorted {
            $0.0 > $1.0
        }
        return path.split(separator: ":").map { FilePath(String($0)) }.filter(\.isAbsolute)
            + versions.map { debian.appending($0.1).appending("bin") }
            + ["/usr/local/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/bin"]
    }

    private static func isProgram(_ path: FilePath) -> Bool {
        FileManager.default.isExecutableFile(atPath: path.string)
    }

    /// 15 of `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`.
    private static func major(of postgres: FilePath) async throws -> Int? {
        let result = try await Subprocess.run(
            .server(postgres, ["--version"], as: nil, in: "/"),
            output: .string(limit: 4096)
        )
        return result.standardOutput.split(separator: " ").lazy
            .compactMap { word in word.split(separator: ".").first.flatMap { Int($0) } }.first
    }
}
