import Crypto
public import Secrets

/// The SHA-256 of a client's key, as it is stored and looked up.
///
/// A key holds 256 random bits, so that a plain hash cannot be searched; and as only hashes are compared, how long a
/// look-up takes says nothing about a key.
public struct KeyHash: Sendable, Hashable {
    private let words: SIMD4<UInt64>

    /// Hashes a key.
    public init(of key: Secret) {
        self.init(ofUTF8: key.exposed.utf8)
    }

    /// Hashes the characters of a key, as they stand in a request.
    public init(ofUTF8 key: some Sequence<UInt8>) {
        var hash = SHA256()
        hash.update(data: Array(key))
        self.words = Self.words(of: Array(hash.finalize()))
    }

    /// Takes a stored hash.
    ///
    /// - Parameter bytes: 32 bytes; `nil` is made of anything else.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.words = Self.words(of: bytes)
    }

    /// The 32 bytes, as they are stored.
    public var bytes: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: self.words[$0 / 8] >> (UInt64(7 - $0 % 8) * 8)) }
    }

    private static func words(of bytes: [UInt8]) -> SIMD4<UInt64> {
        var words = SIMD4<UInt64>()
        for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        return words
    }
}

extension Secret {
    /// A fresh client key: `rk_` and 256 random bits in 43 URL-safe characters (RFC 4648 §5).
    public static func newClientKey() -> Secret {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var generator = SystemRandomNumberGenerator()
        // 43 characters of 6 bits hold 258 bits.
        let characters = (0..<43).map { _ in alphabet[Int(generator.next(upperBound: UInt64(64)))] }
        return Secret("rk_" + String(decoding: characters, as: UTF8.self))
    }

    /// What a key may be shown by once it was given out: its first seven characters, of which four are random.
    public var keyPrefix: String { String(self.exposed.prefix(7)) }
}
