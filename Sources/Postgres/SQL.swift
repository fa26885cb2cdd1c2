/// A statement with its parameters, written as a string whose interpolations become `$1`, `$2`, ….
///
/// ```swift
/// let statement: SQL = "SELECT name FROM providers WHERE slug = \(slug) AND is_active = \(true)"
/// ```
///
/// No value ever becomes part of the text. A `SQL` interpolated into another is spliced in, its parameters renumbered;
/// names that are not known before go through ``identifier(_:)``. Swift's `Bool`, integers, `Double`, `Decimal`, `UUID`,
/// times and byte arrays are declared to the server with their own types; strings, and arrays of them, take whatever
/// type the statement gives them (so a `String` can be `jsonb`, an enumeration or a `date`).
public struct SQL: Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// The text, with `$n` in place of the parameters.
    public private(set) var text: String
    /// Whether the connection keeps the statement prepared under a name. Switch it off for texts that are hardly ever
    /// repeated, and behind a pooler in transaction mode.
    public var isPrepared = true

    /// The parameters in the order of their numbers.
    private(set) var parameters: [PostgresValue] = []
    /// The first parameter that cannot be represented; reported when the statement is to be run.
    private(set) var failure: PostgresError?
    /// Where each `$n` begins in the text, as a distance in UTF-8, so that fragments can be renumbered.
    private var marks: [Int] = []

    /// Most parameters one statement can have: the protocol counts them in 16 bits.
    static let maximumParameters = 65_535

    /// Takes trusted text as it is.
    ///
    /// - Parameter text: Text that the program itself contains or built from quoted parts; never input.
    public init(unescaped text: String) {
        self.text = text
    }

    /// Takes a literal.
    public init(stringLiteral value: String) {
        self.text = value
    }

    /// Takes an interpolated literal.
    public init(stringInterpolation: Interpolation) {
        self = stringInterpolation.statement
    }

    /// A name of a table, column or channel, quoted.
    public static func identifier(_ name: String) -> SQL {
        var fragment = SQL(unescaped: Self.quoted(name))
        if name.isEmpty || name.utf8.contains(0) {
            fragment.failure = PostgresError(.encoding, "a name in SQL is not empty and has no NUL character")
        }
        return fragment
    }

    /// Several fragments with a separator between them, as in lists of columns or conditions.
    public static func joined(_ fragments: some Sequence<SQL>, separator: String) -> SQL {
        var joined = SQL(unescaped: "")
        for (index, fragment) in fragments.enumerated() {
            if index > 0 { joined.append(SQL(unescaped: separator)) }
            joined.append(fragment)
        }
        return joined
    }

    /// The same statement, parsed anew each time it runs; see ``isPrepared``.
    public func unprepared() -> SQL {
        var copy = self
        copy.isPrepared = false
        return copy
    }

    /// Appends another statement's text and parameters.
    public mutating func append(_ other: SQL) {
        self.failure = self.failure ?? other.failure
        self.isPrepared = self.isPrepared && other.isPrepared
        guard !other.parameters.isEmpty else {
            self.text += other.text
            return
        }
        let source = other.text.utf8
        var position = source.startIndex
        for (index, mark) in other.marks.enumerated() {
            let start = source.index(source.startIndex, offsetBy: mark)
            self.text += other.text[position..<start]
            self.append(other.parameters[index])
            position = source.index(start, offsetBy: 1 + String(index + 1).utf8.count)
        }
        self.text += other.text[position...]
    }

    /// The text; the values of parameters are never shown.
    public var description: String { self.text }

    static func quoted(_ name: String) -> String {
        // Scalar by scalar: a quote followed by a combining accent is one character, and still ends the name.
        var quoted = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    mutating func append(_ value: PostgresValue) {
        self.marks.append(self.text.utf8.count)
        self.parameters.append(value)
        self.text += "$\(self.parameters.count)"
        if self.parameters.count > Self.maximumParameters, self.failure == nil {
            self.failure = PostgresError(
                .encoding,
                "a statement has at most \(Self.maximumParameters) parameters; pass arrays and use unnest(), or COPY"
            )
        }
    }

    mutating func append(encoding value: some PostgresEncodable) {
        do throws(PostgresError) {
            self.append(try value.postgresValue)
        } catch {
            self.failure = self.failure ?? error
            self.append(PostgresValue.null())
        }
    }

    /// Collects the parts of an interpolated literal.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var statement = SQL(unescaped: "")

        /// Makes room; called by the compiler.
        public init(literalCapacity: Int, interpolationCount: Int) {
            self.statement.text.reserveCapacity(literalCapacity + 3 * interpolationCount)
            self.statement.parameters.reserveCapacity(interpolationCount)
            self.statement.marks.reserveCapacity(interpolationCount)
        }

        /// Text of the program itself.
        public mutating func appendLiteral(_ literal: String) {
            self.statement.text += literal
        }

        /// A value that becomes a parameter.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            self.statement.append(encoding: value)
        }

        /// A value that becomes a parameter, or `NULL`.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            self.statement.append(encoding: value)
        }

        /// A statement or fragment that is spliced in.
        public mutating func appendInterpolation(_ fragment: SQL) {
            self.statement.append(fragment)
        }

        /// Trusted text that is spliced in as it is; never input.
        public mutating func appendInterpolation(unescaped text: String) {
            self.statement.text += text
        }
    }
}
