import Crypto

/// A Lua script with its SHA-1, by which Redis remembers it.
///
/// Make it once and keep it; ``RedisClient/evaluate(_:keys:arguments:)`` sends the digest, and the source only when the
/// server does not know it (after a restart, a failover or `SCRIPT FLUSH`).
package struct RedisScript: Sendable, Hashable {
    /// The Lua source.
    package let source: String
    /// The SHA-1 of the source, in lower-case hexadecimal, as `EVALSHA` takes it.
    package let digest: String
    /// Whether running it twice with the same arguments does no harm.
    package let isRepeatable: Bool

    /// Names a script.
    /// - Parameters:
    ///   - source: The Lua source.
    ///   - isRepeatable: Whether running it twice with the same arguments does no harm.
    package init(_ source: String, isRepeatable: Bool = false) {
        self.source = source
        self.isRepeatable = isRepeatable
        let digits = Array("0123456789abcdef".utf8)
        var hexadecimal: [UInt8] = []
        for byte in Insecure.SHA1.hash(data: Array(source.utf8)) {
            hexadecimal.append(digits[Int(byte >> 4)])
            hexadecimal.append(digits[Int(byte & 15)])
        }
        self.digest = String(decoding: hexadecimal, as: UTF8.self)
    }

    func command(_ call: Call, keys: [String], arguments: [RedisArgument]) -> RedisCommand {
        let (name, script) =
            switch call {
            case .byDigest: ("EVALSHA", self.digest)
            case .bySource: ("EVAL", self.source)
            }
        return RedisCommand(
            name,
            [.string(script), .integer(Int64(keys.count))] + keys.map { .string($0) } + arguments,
            isRepeatable: self.isRepeatable
        )
    }

    enum Call {
        case byDigest, bySource
    }
}
