public import FoundationEssentials

extension String: PostgresEncodable, PostgresDecodable {
    /// Whatever the statement makes of it: `text`, but also `jsonb`, `date` or an enumeration.
    public static var postgresType: PostgresType { .inferred }

    /// The characters.
    ///
    /// - Throws: ``PostgresError`` if there is a NUL character among them.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { try .text(self) }
    }

    /// The text form of any type.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> String? {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: text))
        } catch {
            return nil
        }
    }
}

extension UUID: PostgresEncodable, PostgresDecodable {
    /// `uuid`.
    public static var postgresType: PostgresType { .uuid }

    /// The 36 characters.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { PostgresValue(type: .uuid, content: .text(self.uuidString)) }
    }

    /// The 36 characters.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> UUID? {
        String.decode(text, type: type).flatMap { UUID(uuidString: $0) }
    }
}

/// The bytes of a JSON text, for `jsonb` and `json` columns; they are neither parsed nor checked here.
public struct PostgresJSON: Sendable, Hashable, PostgresEncodable, PostgresDecodable {
    /// JSON in UTF-8.
    public var bytes: [UInt8]

    /// Takes JSON in UTF-8.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whatever the statement makes of it, so that it fits `json` and `jsonb`.
    public static var postgresType: PostgresType { .inferred }

    /// The text.
    ///
    /// - Throws: ``PostgresError`` if it is not UTF-8 or has a NUL character.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) {
            guard let text = String(validating: self.bytes, as: UTF8.self) else {
                throw PostgresError(.encoding, "JSON has to be UTF-8")
            }
            return try .text(text)
        }
    }

    /// The text form of any type.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> PostgresJSON? {
        PostgresJSON(bytes: text.withUnsafeBufferPointer { Array($0) })
    }
}

/// Bytes in `bytea`'s text form, `\x` and two hexadecimal digits for each
/// (PostgreSQL documentation, 8.4.1 “bytea Hex Format”).
enum HexadecimalBytes {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 2 + 2 * bytes.count) { buffer in
            buffer[0] = UInt8(ascii: "\\")
            buffer[1] = UInt8(ascii: "x")
            for (index, byte) in bytes.enumerated() {
                buffer[2 + 2 * index] = digits[Int(byte >> 4)]
                buffer[3 + 2 * index] = digits[Int(byte & 15)]
            }
            return 2 + 2 * bytes.count
        }
    }

    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count >= 2, text.count.isMultiple(of: 2), text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x")
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        for index in stride(from: 2, to: text.count, by: 2) {
            guard let high = Self.digit(text[index]), let low = Self.digit(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
