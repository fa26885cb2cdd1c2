/// One reply of a Redis server, as RESP2 has it.
package enum RedisValue: Sendable, Hashable {
    /// A bulk string: any bytes.
    case bytes([UInt8])
    /// A simple string, such as `OK`.
    case status(String)
    /// An integer.
    case integer(Int64)
    /// The absence of a value: a nil bulk string or a nil array.
    case null
    /// An array; they are read eight deep, which is what hiredis 0.14 can do.
    case array([RedisValue])
    /// An error inside an array, or in a pipeline. A command that is answered by an error throws it instead.
    case error(String)
}

extension RedisValue {
    /// The bytes of a bulk or simple string.
    package var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        case .status(let status): Array(status.utf8)
        case .integer, .null, .array, .error: nil
        }
    }

    /// A bulk or simple string, if it is valid UTF-8.
    package var string: String? {
        switch self {
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self)
        case .status(let status): status
        case .integer, .null, .array, .error: nil
        }
    }

    /// An integer, or a string that spells one, as Lua scripts and `GET` answer.
    package var integer: Int64? {
        switch self {
        case .integer(let integer): integer
        case .bytes, .status: self.string.flatMap { Int64($0) }
        case .null, .array, .error: nil
        }
    }

    /// The elements of an array.
    package var array: [RedisValue]? {
        switch self {
        case .array(let elements): elements
        case .bytes, .status, .integer, .null, .error: nil
        }
    }

    /// Whether there is no value.
    package var isNull: Bool {
        self == .null
    }
}
