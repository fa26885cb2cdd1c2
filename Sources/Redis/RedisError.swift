/// What went wrong with a command, a connection or a configuration.
///
/// Callers decide by ``code`` and ``mayHaveBeenExecuted``; people read ``message``.
package struct RedisError: Error, Sendable {
    /// What kind of failure it is. More kinds may be added, so a `switch` over it needs a last resort.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String, Sendable {
            case connectionLost, unreachable, timedOut, cancelled, serverRefused, protocolViolation, replyTooLarge
            case tooManyWaiting, commandTooLarge, closed, configuration
        }

        private let kind: Kind

        private init(_ kind: Kind) {
            self.kind = kind
        }

        /// The connection ended while the command waited for its answer.
        package static let connectionLost = Code(.connectionLost)
        /// No server can be reached at present; the command was refused at once.
        package static let unreachable = Code(.unreachable)
        /// The answer did not come within the command's time-out.
        package static let timedOut = Code(.timedOut)
        /// The task that waited was cancelled.
        package static let cancelled = Code(.cancelled)
        /// The server answered with an error; ``RedisError/serverMessage`` has its words.
        package static let serverRefused = Code(.serverRefused)
        /// What the server sent is not RESP2, or answers nothing that was asked.
        package static let protocolViolation = Code(.protocolViolation)
        /// The reply is larger than ``RedisConfiguration/Limits/replyBytes``.
        package static let replyTooLarge = Code(.replyTooLarge)
        /// The limit on waiting commands or their bytes is reached; the command was refused at once.
        package static let tooManyWaiting = Code(.tooManyWaiting)
        /// The command is larger than ``RedisConfiguration/Limits/commandBytes``.
        package static let commandTooLarge = Code(.commandTooLarge)
        /// The client is shutting down or has shut down.
        package static let closed = Code(.closed)
        /// The configuration cannot be used as it stands.
        package static let configuration = Code(.configuration)

        /// The name of the code.
        package var description: String { self.kind.rawValue }
    }

    /// What kind of failure it is.
    package let code: Code
    /// What happened, naming the thing and saying what to do.
    package let message: String
    /// Whether the server may have executed the command all the same: only the caller knows if it may be repeated.
    package let mayHaveBeenExecuted: Bool
    /// The server's own words, for ``Code/serverRefused``.
    package let serverMessage: String?
    /// The failure beneath, where there is one.
    package let cause: (any Error)?

    init(
        _ code: Code,
        _ message: String,
        mayHaveBeenExecuted: Bool = false,
        serverMessage: String? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.mayHaveBeenExecuted = mayHaveBeenExecuted
        self.serverMessage = serverMessage
        self.cause = cause
    }

    /// A reply of type error to a command.
    init(refused serverMessage: String) {
        self.init(.serverRefused, "Redis refused the command: \(serverMessage)", serverMessage: serverMessage)
    }

    /// A reply of type error to a script, which may have changed keys before it failed.
    init(refusedScript serverMessage: String) {
        self.init(
            .serverRefused,
            "The script failed: \(serverMessage)",
            mayHaveBeenExecuted: true,
            serverMessage: serverMessage
        )
    }

    /// The first word of the server's message, by which Redis tells its errors apart: `NOSCRIPT`, `READONLY`, `WRONGTYPE`.
    package var serverPrefix: Substring? {
        self.serverMessage?.prefix { $0 != " " }
    }

    func executed(_ mayHaveBeenExecuted: Bool) -> RedisError {
        RedisError(self.code, self.message, mayHaveBeenExecuted: mayHaveBeenExecuted, cause: self.cause)
    }
}

extension RedisError: CustomStringConvertible {
    /// The code, the message, and whether the command may have been executed.
    package var description: String {
        let doubt = self.mayHaveBeenExecuted ? " (the command may have been executed)" : ""
        return "\(self.code): \(self.message)\(doubt)"
    }
}
