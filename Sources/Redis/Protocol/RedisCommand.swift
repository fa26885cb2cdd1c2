/// One argument of a command: text, bytes or an integer.
package enum RedisArgument: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// Text, sent as UTF-8.
    case string(String)
    /// Any bytes, sent as they are.
    case bytes([UInt8])
    /// An integer, sent in decimal.
    case integer(Int64)

    package init(stringLiteral value: String) {
        self = .string(value)
    }

    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }
}

/// A command with its arguments, and whether it may be sent again after a lost connection.
///
/// Commands share one connection with everyone else's, so those that block it (`BLPOP`), change its mode (`SUBSCRIBE`,
/// `MONITOR`) or its state (`SELECT`, `MULTI`, `WATCH`) must not be sent; use a script for what must be atomic.
package struct RedisCommand: Sendable, Hashable {
    /// The name and the arguments, in the order in which they are sent.
    package private(set) var arguments: [RedisArgument]
    /// Whether executing it twice does no harm. Then the client sends it again, once, if the connection is lost before
    /// the answer; otherwise the caller gets an error that says `mayHaveBeenExecuted`.
    package var isRepeatable: Bool
    /// How long to wait for the answer, instead of ``RedisConfiguration/commandTimeout``.
    package var timeout: Duration?

    /// Makes a command.
    /// - Parameters:
    ///   - name: The command's name, such as `HGET`.
    ///   - arguments: What follows the name.
    ///   - isRepeatable: Whether executing it twice does no harm.
    ///   - timeout: How long to wait for the answer; `nil` for the configured time.
    package init(
        _ name: String,
        _ arguments: [RedisArgument] = [],
        isRepeatable: Bool = false,
        timeout: Duration? = nil
    ) {
        self.arguments = [.string(name)] + arguments
        self.isRepeatable = isRepeatable
        self.timeout = timeout
    }

    /// Adds an argument at the end.
    /// - Parameter argument: The argument.
    package mutating func append(_ argument: RedisArgument) {
        self.arguments.append(argument)
    }

    /// The name, for messages. Arguments may be secret and are never shown.
    var name: String {
        guard case .string(let name) = self.arguments.first else { return "?" }
        return name
    }
}
