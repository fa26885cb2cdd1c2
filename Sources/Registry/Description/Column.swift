package import JSON

/// A column of a registry table: what it holds, in which unit, who may write it, and what a person calls it.
///
/// The one place that says so. The registry API, its OpenAPI document, CSV headers and the console are made from it; what
/// a value may be beyond its type is the database's to say, in the names of its constraints.
package struct Column: Sendable, Hashable {
    /// Who may write a column.
    package enum Access: Sendable, Hashable {
        /// Kept by the database or by discovery.
        case readOnly
        /// Said once, when the row is made.
        case onCreate
        /// A person's to change at any time.
        case editable
    }

    /// As the database has it: `pricing_prompt`.
    package let name: String
    /// What people call it, without its unit: `Input price`.
    package let title: String
    /// What it means, in a sentence.
    package let meaning: String
    /// What its values look like.
    package let type: ColumnType
    /// What its numbers count; nil for what is not a quantity.
    package let unit: Unit?
    /// Who may write it.
    package let access: Access
    /// Whether a refresh fills it, so that a person's value is pinned and can be given back.
    package let isDiscoverable: Bool
    /// Whether it may be empty: unknown, or not said.
    package let isNullable: Bool
    /// Whether a row cannot be made without it.
    package let isRequired: Bool

    init(
        _ name: String,
        _ title: String,
        _ type: ColumnType,
        unit: Unit? = nil,
        _ access: Access = .editable,
        isDiscoverable: Bool = false,
        isNullable: Bool = true,
        isRequired: Bool = false,
        meaning: String
    ) {
        self.name = name
        self.title = title
        self.meaning = meaning
        self.type = type
        self.unit = unit
        self.access = access
        self.isDiscoverable = isDiscoverable
        self.isNullable = isNullable
        self.isRequired = isRequired
    }

    /// What heads it where people see its numbers: `Input price (USD per 1M tokens)`.
    package var heading: String { self.unit.map { "\(self.title) (\($0.shown))" } ?? self.title }

    /// Checks a value that somebody gives, and spells it as the registry gives it out.
    ///
    /// - Parameter value: A value of JSON in the unit that is stored. Decimals may be numbers or strings that spell one;
    ///   an empty string stands for an empty cell where the column may be empty.
    /// - Returns: The value in its one spelling: decimals as plain strings with every digit.
    /// - Throws: What is wrong with it, in words.
    package func read(_ value: JSONValue) throws(CellProblem) -> JSONValue {
        guard !self.isEmpty(value) else {
            guard !self.isNullable else { return .null }
            if case .list = self.type { return .array([]) }
            if self.type == .json { return .object([:]) }
            throw CellProblem(message: "\(self.title) must not be empty.")
        }
        guard let read = self.type.read(value) else {
            throw CellProblem(
                message:
                    "\(self.title) must be \(self.type.expectation(in: self.unit))\(self.isNullable ? ", or empty" : ""), "
                    + "and it is \(Self.quoted(value))."
            )
        }
        return read
    }

    private func isEmpty(_ value: JSONValue) -> Bool {
        value.isNull || (value == "" && (self.isNullable || !self.type.isText))
    }

    private static func quoted(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): "“\(text.prefix(80))”"
        case .number(let number): "\(number.spelling.prefix(80))"
        case .null, .bool, .array, .object: value.kind
        }
    }
}

/// Why a cell cannot hold what somebody wants it to, in words that may stand in front of a person.
package struct CellProblem: Error, Sendable, Hashable {
    /// What is wrong and what is expected.
    package let message: String
}
