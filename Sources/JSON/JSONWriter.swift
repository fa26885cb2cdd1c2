/// How a value is laid out as text.
package struct JSONStyle: Sendable, Hashable {
    /// Two spaces of indentation and one member a line, for people; otherwise no white space at all.
    package var isPretty: Bool

    /// Members sorted by the bytes of their names, at every level, so that equal objects give equal text.
    package var sortsNames: Bool

    package init(isPretty: Bool = false, sortsNames: Bool = false) {
        self.isPretty = isPretty
        self.sortsNames = sortsNames
    }

    /// No white space, members in their order.
    package static let compact = JSONStyle()
    /// For people, members in their order.
    package static let pretty = JSONStyle(isPretty: true)
    /// No white space, members sorted: equal objects whose numbers are spelled alike give equal bytes.
    package static let canonical = JSONStyle(sortsNames: true)
}

/// Writes JSON text into bytes. Numbers leave as they are spelled; strings are escaped only where RFC 8259 (section 7) asks
/// for it, so that other characters stay UTF-8.
package struct JSONWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8]

    /// How values are laid out.
    package let style: JSONStyle

    /// Begins a text.
    ///
    /// - Parameters:
    ///   - style: the layout of values.
    ///   - bytes: what stands before it, taken over with its capacity.
    package init(style: JSONStyle = .compact, appendingTo bytes: [UInt8] = []) {
        self.style = style
        self.bytes = bytes
    }

    /// Appends a value.
    package mutating func write(_ value: JSONValue) {
        self.write(value, level: 0)
    }

    /// Appends a string with its quotes.
    package mutating func write(_ string: String) {
        Self.append(string, to: &self.bytes)
    }

    /// Appends bytes that are already JSON, for instance a range of another text.
    package mutating func write(raw json: some Sequence<UInt8>) {
        self.bytes.append(contentsOf: json)
    }

    /// Appends a string with its quotes to bytes of the caller's.
    ///
    /// - Parameters:
    ///   - string: the characters.
    ///   - bytes: where they go.
    package static func append(_ string: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        let utf8 = string.utf8
        var run = utf8.startIndex
        var index = run
        while index < utf8.endIndex {
            let unit = utf8[index]
            if unit >= 0x20, unit != UInt8(ascii: "\""), unit != UInt8(ascii: "\\") {
                index = utf8.index(after: index)
                continue
            }
            bytes.append(contentsOf: utf8[run..<index])
            Self.appendEscape(unit, to: &bytes)
            index = utf8.index(after: index)
            run = index
        }
        bytes.append(contentsOf: utf8[run...])
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(_ unit: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch unit {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(unit)
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(unit < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
            let low = unit & 0x0F
            bytes.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }

    private mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: self.bytes.append(contentsOf: "null".utf8)
        case .bool(true): self.bytes.append(contentsOf: "true".utf8)
        case .bool(false): self.bytes.append(contentsOf: "false".utf8)
        case .number(let number): self.bytes.append(contentsOf: number.spelling.utf8)
        case .string(let string): Self.append(string, to: &self.bytes)
        case .array(let elements): self.write(elements, level: level)
        case .object(let object): self.write(object, level: level)
        }
    }

    private mutating func write(_ elements: [JSONValue], level: Int) {
        self.bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            self.separate(index, level: level + 1)
            self.write(element, level: level + 1)
        }
        self.close(UInt8(ascii: "]"), isEmpty: elements.isEmpty, level: level)
    }

    private mutating func write(_ object: JSONObject, level: Int) {
        self.bytes.append(UInt8(ascii: "{"))
        let members = self.style.sortsNames ? object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : nil
        for index in 0..<object.count {
            let member = members?[index] ?? object[index]
            self.separate(index, level: level + 1)
            Self.append(member.key, to: &self.bytes)
            self.bytes.append(UInt8(ascii: ":"))
            if self.style.isPretty { self.bytes.append(UInt8(ascii: " ")) }
            self.write(member.value, level: level + 1)
        }
        self.close(UInt8(ascii: "}"), isEmpty: object.isEmpty, level: level)
    }

    private mutating func separate(_ index: Int, level: Int) {
        if index > 0 { self.bytes.append(UInt8(ascii: ",")) }
        if self.style.isPretty { self.breakLine(level) }
    }

    private mutating func close(_ bracket: UInt8, isEmpty: Bool, level: Int) {
        if self.style.isPretty, !isEmpty { self.breakLine(level) }
        self.bytes.append(bracket)
    }

    private mutating func breakLine(_ level: Int) {
        self.bytes.append(UInt8(ascii: "\n"))
        self.bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * level))
    }
}

extension JSONValue {
    /// The value as JSON text.
    package func serialized(_ style: JSONStyle = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(self)
        return writer.bytes
    }

    /// The value as JSON text, in a string.
    package func serializedString(_ style: JSONStyle = .compact) -> String {
        String(decoding: self.serialized(style), as: UTF8.self)
    }
}

extension JSONObject {
    /// The object as JSON text.
    package func serialized(_ style: JSONStyle = .compact) -> [UInt8] {
        JSONValue.object(self).serialized(style)
    }
}
