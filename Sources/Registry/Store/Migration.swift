import Crypto

/// One numbered step of the schema: a file of `Migrations/`, built into the program.
///
/// A file is never changed once it has been released; its checksum is recorded when it is applied.
struct Migration: Sendable {
    /// The number its file's name begins with; versions are consecutive from 1.
    let version: Int32
    /// The rest of the file's name.
    let name: String
    /// The statements.
    let sql: String
    /// The last step that the oldest release knows which still works once this step is applied.
    ///
    /// Steps only add (expand), so that the release before goes on working while a new one is rolled out; then this is 0.
    /// A step that takes away what older releases use (contract) names the first step after which none of them runs.
    let oldestRelease: Int32

    /// SHA-256 of the statements, in hexadecimal digits.
    var checksum: String {
        SHA256.hash(data: Array(self.sql.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// Every step, in order. A new file gets its line here; the package manager names `0001_x.sql` `_001_x_sql`.
    static let all: [Migration] = [
        Migration(version: 1, name: "revisions", file: PackageResources._001_revisions_sql),
        Migration(version: 2, name: "catalogue", file: PackageResources._002_catalogue_sql),
        Migration(version: 3, name: "routes", file: PackageResources._003_routes_sql),
        Migration(version: 4, name: "api_keys", file: PackageResources._004_api_keys_sql),
        Migration(version: 5, name: "sync_runs", file: PackageResources._005_sync_runs_sql),
        Migration(version: 6, name: "tables", file: PackageResources._006_tables_sql),
        Migration(version: 7, name: "views", file: PackageResources._007_views_sql),
        Migration(version: 8, name: "recording", file: PackageResources._008_recording_sql),
        Migration(version: 9, name: "history", file: PackageResources._009_history_sql),
        Migration(version: 10, name: "planned_reverting", file: PackageResources._010_planned_reverting_sql),
        Migration(version: 11, name: "reverting", file: PackageResources._011_reverting_sql),
        Migration(version: 12, name: "discovery", file: PackageResources._012_discovery_sql),
    ]

    /// The last step that this program knows, and needs.
    static let known = Int32(all.count)

    private init(version: Int32, name: String, file: [UInt8], oldestRelease: Int32 = 0) {
        self.version = version
        self.name = name
        self.sql = String(decoding: file, as: UTF8.self)
        self.oldestRelease = oldestRelease
    }
}
