/// A data type of PostgreSQL, by its object identifier in `pg_type`.
public struct PostgresType: Hashable, Sendable, CustomStringConvertible {
    /// The object identifier; 0 leaves the type to the statement.
    public let identifier: UInt32

    /// Names a type by its object identifier.
    public init(identifier: UInt32) {
        self.identifier = identifier
    }

    /// Whatever type the statement gives the parameter.
    public static let inferred = PostgresType(identifier: 0)
    /// `boolean`.
    public static let bool = PostgresType(identifier: 16)
    /// `bytea`.
    public static let bytea = PostgresType(identifier: 17)
    /// `bigint`.
    public static let int8 = PostgresType(identifier: 20)
    /// `smallint`.
    public static let int2 = PostgresType(identifier: 21)
    /// `integer`.
    public static let int4 = PostgresType(identifier: 23)
    /// `text`.
    public static let text = PostgresType(identifier: 25)
    /// `double precision`.
    public static let float8 = PostgresType(identifier: 701)
    /// `timestamp with time zone`.
    public static let timestamptz = PostgresType(identifier: 1184)
    /// `numeric`.
    public static let numeric = PostgresType(identifier: 1700)
    /// `uuid`.
    public static let uuid = PostgresType(identifier: 2950)
    /// `jsonb`.
    public static let jsonb = PostgresType(identifier: 3802)

    /// The name of a well-known type, or its number.
    public var description: String {
        Self.names[self.identifier] ?? "type \(self.identifier)"
    }

    private static let names: [UInt32: String] = [
        0: "unknown", 16: "boolean", 17: "bytea", 19: "name", 20: "bigint", 21: "smallint", 23: "integer", 25: "text",
        26: "oid", 114: "json", 700: "real", 701: "double precision", 1000: "boolean[]", 1001: "bytea[]",
        1005: "smallint[]", 1007: "integer[]", 1009: "text[]", 1016: "bigint[]", 1022: "double precision[]",
        1042: "character", 1043: "character varying", 1082: "date", 1083: "time", 1114: "timestamp",
        1184: "timestamp with time zone", 1185: "timestamp with time zone[]", 1186: "interval", 1231: "numeric[]",
        1700: "numeric", 2278: "void", 2950: "uuid", 2951: "uuid[]", 3802: "jsonb", 3807: "jsonb[]",
    ]
}

/// One parameter as it goes over the wire: its type, and nothing, text or bytes.
public struct PostgresValue: Sendable {
    enum Content: Sendable {
        case null
        case text(String)
        case bytes([UInt8])
    }

    let type: PostgresType
    let content: Content

    /// `NULL` of a type.
    public static func null(_ type: PostgresType = .inferred) -> PostgresValue {
        PostgresValue(type: type, content: .null)
    }

    /// A value in PostgreSQL's text form.
    ///
    /// - Parameters:
    ///   - text: What one would write between quotes in SQL.
    ///   - type: The type it is declared with.
    /// - Returns: The parameter.
    /// - Throws: ``PostgresError`` if there is a NUL character in the text, which PostgreSQL cannot store.
    public static func text(_ text: String, type: PostgresType = .inferred) throws(PostgresError) -> PostgresValue {
        guard !text.utf8.contains(0) else {
            throw PostgresError(.encoding, "PostgreSQL's text cannot hold the NUL character; remove it or use bytea")
        }
        return PostgresValue(type: type, content: .text(text))
    }

    /// A value in the binary form of its type.
    public static func bytes(_ bytes: [UInt8], type: PostgresType = .bytea) -> PostgresValue {
        PostgresValue(type: type, content: .bytes(bytes))
    }
}

/// A value that can be a parameter of a statement.
public protocol PostgresEncodable {
    /// The type its parameters are declared with, also when they are `NULL`.
    static var postgresType: PostgresType { get }

    /// The parameter.
    var postgresValue: PostgresValue { get throws(PostgresError) }
}

/// A value that can be made from a cell of a result.
public protocol PostgresDecodable {
    /// What `NULL` decodes to; `nil` if it does not, as for everything but optionals.
    static var postgresNull: Self? { get }

    /// Makes a value from PostgreSQL's text form.
    ///
    /// - Parameters:
    ///   - text: The cell in UTF-8; not `NULL`.
    ///   - type: The column's type.
    /// - Returns: The value, or `nil` if the text is none of this kind.
    static func decode(_ text: Span<UInt8>, type: PostgresType) -> Self?
}

/// A value that is both.
public typealias PostgresCodable = PostgresDecodable & PostgresEncodable

extension PostgresDecodable {
    /// `NULL` is no value, unless a type says otherwise.
    public static var postgresNull: Self? { nil }
}

extension PostgresValue: PostgresEncodable {
    /// Each value has a type of its own.
    public static var postgresType: PostgresType { .inferred }

    /// Itself.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { self }
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The wrapped value's type.
    public static var postgresType: PostgresType { Wrapped.postgresType }

    /// The wrapped value, or `NULL` of its type.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) {
            guard let value = self else { return .null(Wrapped.postgresType) }
            return try value.postgresValue
        }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// `NULL` is `nil`.
    public static var postgresNull: Self? { .some(.none) }

    /// The wrapped value.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> Self? {
        guard let value = Wrapped.decode(text, type: type) else { return nil }
        return .some(value)
    }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// The raw value's type.
    public static var postgresType: PostgresType { RawValue.postgresType }

    /// The raw value.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { try self.rawValue.postgresValue }
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    /// The case or value with that raw value.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> Self? {
        RawValue.decode(text, type: type).flatMap { Self(rawValue: $0) }
    }
}
