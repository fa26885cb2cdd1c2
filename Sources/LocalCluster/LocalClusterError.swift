internal import SystemPackage

/// Why a private server could not be had, in one sentence that says what to do.
package struct LocalClusterError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is; the list may grow.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case missingBinary, folderUnusable, alreadyRunning, portTaken, diskFull, otherVersion, accountMissing
            case commandFailed, serverEnded, notReady
        }

        private let value: Value

        /// A server's binary is not installed.
        package static let missingBinary = Code(value: .missingBinary)
        /// The folder cannot be created, entered or written.
        package static let folderUnusable = Code(value: .folderUnusable)
        /// Another process uses the folder.
        package static let alreadyRunning = Code(value: .alreadyRunning)
        /// The port that was asked for belongs to somebody else.
        package static let portTaken = Code(value: .portTaken)
        /// No space is left where the data lives.
        package static let diskFull = Code(value: .diskFull)
        /// The data was written by another major version of PostgreSQL.
        package static let otherVersion = Code(value: .otherVersion)
        /// Root found no account that servers may run as.
        package static let accountMissing = Code(value: .accountMissing)
        /// A program that prepares a server failed.
        package static let commandFailed = Code(value: .commandFailed)
        /// The server ended while it was being started.
        package static let serverEnded = Code(value: .serverEnded)
        /// The server lives, but did not answer before the deadline.
        package static let notReady = Code(value: .notReady)

        package var description: String { self.value.rawValue }
    }

    /// What kind of failure it is.
    package let code: Code

    /// One sentence for a person; a server's own words follow it where it left any.
    package let message: String

    package var description: String { self.message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence for what a system call refused to do in the servers' folder.
    init(_ errno: Errno, doing deed: String, at path: FilePath) {
        if errno == .noSpace || errno == .diskQuotaExceeded {
            self = .diskFull(at: path)
        } else {
            self.init(.folderUnusable, "\(path.shown) cannot be \(deed): \(errno).")
        }
    }

    /// The sentence for a full disk, the same whoever noticed it.
    static func diskFull(at path: FilePath) -> LocalClusterError {
        LocalClusterError(
            .diskFull,
            "The disk that holds \(path.shown) is full (no space left on device): free some space and start again."
        )
    }
}
