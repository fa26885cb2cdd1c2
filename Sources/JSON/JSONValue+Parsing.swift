extension JSONValue {
    /// Reads a JSON text as RFC 8259 defines it: no comments, no trailing comma, no `NaN`, UTF-8 only.
    ///
    /// A byte order mark at the start is stepped over. Half of a surrogate pair standing alone in an escape becomes U+FFFD.
    /// A name repeated within an object keeps its last value.
    ///
    /// - Parameters:
    ///   - bytes: the whole text.
    ///   - limits: how deep and how long it may be.
    /// - Throws: a ``JSONError`` that says where and what was expected.
    package init(parsing bytes: Span<UInt8>, limits: JSONLimits = .standard) throws(JSONError) {
        var reader = JSONReader(limits: limits)
        try reader.start(bytes)
        self = try reader.value(bytes, depth: 0)
        try reader.finish(bytes)
    }

    /// Reads a JSON text from an array; see ``init(parsing:limits:)-(Span<UInt8>,_)``.
    package init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: bytes.span, limits: limits)
    }

    /// Reads a JSON text from part of an array; offsets in errors count from its start.
    package init(parsing bytes: ArraySlice<UInt8>, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: bytes.span, limits: limits)
    }

    /// Reads a JSON text from any sequence of bytes (`text.utf8`, a view of a buffer), which is copied first.
    package init(parsing bytes: some Sequence<UInt8>, limits: JSONLimits = .standard) throws(JSONError) {
        try self.init(parsing: Array(bytes).span, limits: limits)
    }
}

extension JSONReader {
    /// Reads the value at the position.
    mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        guard self.position < bytes.count else { throw self.unexpected(bytes, expected: "a value") }
        self.valueCount += 1
        guard self.valueCount <= self.limits.values else {
            throw JSONError(
                .tooLarge,
                at: self.position,
                in: bytes,
                "the text holds more than \(self.limits.values) values"
            )
        }
        switch bytes[self.position] {
        case UInt8(ascii: "\""):
            return .string(try self.string(bytes))
        case UInt8(ascii: "{"):
            return .object(try self.object(bytes, depth: depth + 1))
        case UInt8(ascii: "["):
            return .array(try self.array(bytes, depth: depth + 1))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let start = self.position
            try self.skipNumber(bytes)
            return .number(JSONNumber(checked: try Self.text(bytes, start..<self.position)))
        case UInt8(ascii: "t"):
            try self.skipWord("true", bytes)
            return .bool(true)
        case UInt8(ascii: "f"):
            try self.skipWord("false", bytes)
            return .bool(false)
        case UInt8(ascii: "n"):
            try self.skipWord("null", bytes)
            return .null
        default:
            throw self.unexpected(bytes, expected: "a value")
        }
    }

    private mutating func array(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
        var elements: [JSONValue] = []
        var more = try self.open(bytes, closing: UInt8(ascii: "]"), depth: depth)
        while more {
            elements.append(try self.value(bytes, depth: depth))
            more = try self.next(bytes, closing: UInt8(ascii: "]"))
        }
        return elements
    }

    private mutating func object(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONObject {
        var object = JSONObject()
        var more = try self.open(bytes, closing: UInt8(ascii: "}"), depth: depth)
        while more {
            try self.requireName(bytes)
            let start = self.position
            let name = try self.string(bytes)
            if !self.limits.allowsRepeatedNames, object[name] != nil {
                throw JSONError(
                    .repeatedName,
                    at: start,
                    in: bytes,
                    "“\(name.prefix(80))” is there twice in one object"
                )
            }
            try self.skipColon(bytes)
            object[name] = try self.value(bytes, depth: depth)
            more = try self.next(bytes, closing: UInt8(ascii: "}"))
        }
        return object
    }
}
