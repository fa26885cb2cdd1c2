import FoundationEssentials
import Glibc
import JSON
package import Secrets
package import SystemPackage

/// `connection.json`: how to reach what `roster up` runs. It holds keys and passwords, so that only its owner may read
/// it, and it is replaced as a whole, so that nobody reads half of one.
package struct ConnectionFile: Sendable, Hashable {
    /// Where the gateway answers.
    package var url: String
    /// Where people edit the registry.
    package var consoleURL: String
    /// The key that may do everything.
    package var adminKey: Secret
    /// A key for inference.
    package var clientKey: Secret
    /// The registry's database.
    package var databaseURL: Secret
    /// The Redis that replicas share.
    package var redisURL: Secret
    /// Where each replica answers by itself.
    package var replicas: [String]

    /// Describes a running Roster.
    ///
    /// - Parameters:
    ///   - url: Where the gateway answers.
    ///   - adminKey: The key that may do everything.
    ///   - clientKey: A key for inference.
    ///   - databaseURL: The registry's database.
    ///   - redisURL: The Redis that replicas share.
    ///   - replicas: Where each replica answers by itself.
    package init(
        url: String,
        adminKey: Secret,
        clientKey: Secret,
        databaseURL: Secret,
        redisURL: Secret,
        replicas: [String]
    ) {
        self.url = url
        self.consoleURL = "\(url)/console"
        self.adminKey = adminKey
        self.clientKey = clientKey
        self.databaseURL = databaseURL
        self.redisURL = redisURL
        self.replicas = replicas
    }

    /// The folder that `roster up` uses unless told otherwise.
    package static let usualFolder: FilePath = ".roster"

    /// The file's place in a folder.
    package static func path(in folder: FilePath) -> FilePath { folder.appending("connection.json") }

    /// A file that is there and cannot be used.
    package struct Unusable: Error, CustomStringConvertible {
        /// What is wrong and what to do.
        package let description: String
    }

    /// Reads the file.
    ///
    /// - Parameter path: Where it is.
    /// - Returns: What it says; `nil` if there is none.
    /// - Throws: ``Unusable``.
    package static func read(_ path: FilePath) throws(Unusable) -> ConnectionFile? {
        guard FileManager.default.fileExists(atPath: path.string) else { return nil }
        guard let data = FileManager.default.contents(atPath: path.string) else {
            throw Unusable(description: "\(path) cannot be read: run this as the user who ran roster up.")
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: data)
        } catch {
            throw Unusable(description: "\(path) is damaged (\(error)): remove it and run roster up again.")
        }
        func text(_ key: String) throws(Unusable) -> String {
            guard let text = json[key]?.stringValue else {
                throw Unusable(description: "\(path) lacks “\(key)”: remove it and run roster up again.")
            }
            return text
        }
        var file = ConnectionFile(
            url: try text("url"),
            adminKey: Secret(try text("admin_key")),
            clientKey: Secret(try text("client_key")),
            databaseURL: Secret(try text("database_url")),
            redisURL: Secret(try text("redis_url")),
            replicas: json["replicas"]?.arrayValue?.compactMap(\.stringValue) ?? []
        )
        file.consoleURL = try text("console_url")
        return file
    }

    /// Writes the file, with mode 0600 from its first byte on, in place of the one that is there.
    ///
    /// - Parameter path: Where it shall be; its folder exists.
    /// - Throws: ``Unusable``.
    package func write(to path: FilePath) throws(Unusable) {
        let json: JSONValue = [
            "url": .string(self.url),
            "console_url": .string(self.consoleURL),
            "admin_key": .string(self.adminKey.exposed),
            "client_key": .string(self.clientKey.exposed),
            "database_url": .string(self.databaseURL.exposed),
            "redis_url": .string(self.redisURL.exposed),
            "replicas": JSONValue(self.replicas),
        ]
        let temporary = FilePath("\(path).\(UInt64.random(in: 0 ... .max))")
        do {
            try Self.create(temporary, json.serialized(.pretty) + [UInt8(ascii: "\n")])
            try Self.rename(temporary, to: path)
        } catch {
            throw Unusable(description: "\(path) cannot be written: \(error).")
        }
    }

    private static func create(_ path: FilePath, _ bytes: [UInt8]) throws {
        let file = try FileDescriptor.open(
            path,
            .writeOnly,
            options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
            permissions: .ownerReadWrite
        )
        try file.closeAfter { _ = try file.writeAll(bytes) }
    }

    private static func rename(_ source: FilePath, to destination: FilePath) throws {
        do {
            guard unsafe Glibc.rename(source.string, destination.string) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            try FileManager.default.removeItem(atPath: source.string)
            throw error
        }
    }
}
