/// One member of an object that was scanned but not built.
package struct JSONMember: Sendable, Hashable {
    /// The name with its escapes read: `"mod\u0065l"` is `model`.
    package let name: String

    /// The bytes of the name, quotes included.
    package let keyRange: Range<Int>

    /// The bytes of the value, without the white space around it.
    package let valueRange: Range<Int>

    /// Whether an earlier member has the same name. Servers differ on which of them counts, so that a text with one is
    /// ambiguous: refuse it, or treat all of them alike.
    package let isRepeated: Bool
}

extension [JSONMember] {
    /// The member of this name; the last one where it is repeated, as a parser would have it.
    package subscript(_ name: String) -> JSONMember? {
        self.last { JSONObject.Name($0.name) == JSONObject.Name(name) }
    }
}

/// Finds where things are in a JSON text without building values from it.
///
/// Everything is checked that the parser checks, in one pass: a text that is scanned here would parse, and one that is
/// refused here would not. Ranges count from the start of the bytes that were passed in.
package enum JSONScanner {
    /// Finds the members of the object that a text consists of.
    ///
    /// - Parameters:
    ///   - bytes: the whole text.
    ///   - limits: how deep and how long it may be.
    /// - Returns: the members in order, repeated ones included.
    /// - Throws: a ``JSONError``; ``JSONError/Code/wrongType`` where the text is not an object.
    package static func topLevelMembers(
        of bytes: Span<UInt8>,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> [JSONMember] {
        var reader = JSONReader(limits: limits)
        try reader.start(bytes)
        let members = try Self.members(bytes, &reader, depth: 1)
        try reader.finish(bytes)
        return members
    }

    /// Finds the members of the object that a text consists of; see ``topLevelMembers(of:limits:)-(Span<UInt8>,_)``.
    package static func topLevelMembers(
        of bytes: [UInt8],
        limits: JSONLimits = .standard
    ) throws(JSONError) -> [JSONMember] {
        try Self.topLevelMembers(of: bytes.span, limits: limits)
    }

    /// Finds the members of an object inside a text that was scanned.
    ///
    /// - Parameters:
    ///   - range: a ``JSONMember/valueRange`` or an element's range.
    ///   - bytes: the text that the range was found in.
    ///   - limits: how many there may be; depth and length were checked when the text was scanned.
    /// - Returns: the members in order, repeated ones included.
    /// - Throws: a ``JSONError``; ``JSONError/Code/wrongType`` where the value is not an object.
    package static func members(
        in range: Range<Int>,
        of bytes: Span<UInt8>,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> [JSONMember] {
        var reader = try Self.reader(at: range, of: bytes, limits)
        let members = try Self.members(bytes, &reader, depth: 1)
        try Self.require(reader, toEndAt: range.upperBound, of: bytes)
        return members
    }

    /// Finds the elements of an array inside a text that was scanned.
    ///
    /// - Parameters:
    ///   - range: a ``JSONMember/valueRange`` or an element's range.
    ///   - bytes: the text that the range was found in.
    ///   - limits: how many there may be; depth and length were checked when the text was scanned.
    /// - Returns: the bytes of each element, in order.
    /// - Throws: a ``JSONError``; ``JSONError/Code/wrongType`` where the value is not an array.
    package static func elements(
        in range: Range<Int>,
        of bytes: Span<UInt8>,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> [Range<Int>] {
        var reader = try Self.reader(at: range, of: bytes, limits)
        guard bytes[reader.position] == UInt8(ascii: "[") else {
            throw JSONError(.wrongType, at: reader.position, in: bytes, "expected an array")
        }
        var elements: [Range<Int>] = []
        var more = try reader.open(bytes, closing: UInt8(ascii: "]"), depth: 1)
        while more {
            try Self.requireRoom(after: elements.count, reader, bytes)
            let start = reader.position
            try reader.skipValue(bytes, depth: 1)
            elements.append(start..<reader.position)
            more = try reader.next(bytes, closing: UInt8(ascii: "]"))
        }
        try Self.require(reader, toEndAt: range.upperBound, of: bytes)
        return elements
    }

    /// Reads a string inside a text that was scanned.
    ///
    /// - Parameters:
    ///   - range: a ``JSONMember/valueRange`` or an element's range.
    ///   - bytes: the text that the range was found in.
    /// - Returns: its characters, escapes read.
    /// - Throws: a ``JSONError``; ``JSONError/Code/wrongType`` where the value is not a string.
    package static func string(in range: Range<Int>, of bytes: Span<UInt8>) throws(JSONError) -> String {
        var reader = try Self.reader(at: range, of: bytes)
        guard bytes[reader.position] == UInt8(ascii: "\"") else {
            throw JSONError(.wrongType, at: reader.position, in: bytes, "expected a string")
        }
        let string = try reader.string(bytes)
        try Self.require(reader, toEndAt: range.upperBound, of: bytes)
        return string
    }

    /// Builds one value inside a text that was scanned.
    ///
    /// - Parameters:
    ///   - range: a ``JSONMember/valueRange`` or an element's range.
    ///   - bytes: the text that the range was found in.
    /// - Returns: the value.
    /// - Throws: a ``JSONError`` where the range does not hold one value.
    package static func value(in range: Range<Int>, of bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        var reader = try Self.reader(at: range, of: bytes)
        let value = try reader.value(bytes, depth: 0)
        try Self.require(reader, toEndAt: range.upperBound, of: bytes)
        return value
    }

    /// What was scanned is as deep as its own limit allowed, so that a second look has only the hard one.
    private static func reader(
        at range: Range<Int>,
        of bytes: Span<UInt8>,
        _ limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONReader {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count, !range.isEmpty else {
            throw JSONError(.wrongType, at: max(range.lowerBound, 0), in: bytes, "the range lies outside the text")
        }
        let limits = JSONLimits(depth: JSONLimits.deepest, values: limits.values, members: limits.members)
        return JSONReader(position: range.lowerBound, limits: limits)
    }

    private static func require(_ reader: JSONReader, toEndAt end: Int, of bytes: Span<UInt8>) throws(JSONError) {
        guard reader.position == end else {
            throw JSONError(.wrongType, at: reader.position, in: bytes, "the range does not hold exactly one value")
        }
    }

    private static func requireRoom(
        after count: Int,
        _ reader: JSONReader,
        _ bytes: Span<UInt8>
    ) throws(JSONError) {
        guard count >= reader.limits.members else { return }
        throw JSONError(
            .tooLarge,
            at: reader.position,
            in: bytes,
            "more than \(reader.limits.members) members or elements in one object or array"
        )
    }

    private static func members(
        _ bytes: Span<UInt8>,
        _ reader: inout JSONReader,
        depth: Int
    ) throws(JSONError) -> [JSONMember] {
        guard bytes[reader.position] == UInt8(ascii: "{") else {
            throw JSONError(.wrongType, at: reader.position, in: bytes, "expected an object")
        }
        var members: [JSONMember] = []
        var seen = SeenNames()
        var more = try reader.open(bytes, closing: UInt8(ascii: "}"), depth: depth)
        while more {
            try Self.requireRoom(after: members.count, reader, bytes)
            try reader.requireName(bytes)
            let keyStart = reader.position
            let name = try reader.string(bytes)
            let keyRange = keyStart..<reader.position
            try reader.skipColon(bytes)
            let valueStart = reader.position
            try reader.skipValue(bytes, depth: depth)
            members.append(
                JSONMember(
                    name: name,
                    keyRange: keyRange,
                    valueRange: valueStart..<reader.position,
                    isRepeated: seen.saw(name, among: members)
                )
            )
            more = try reader.next(bytes, closing: UInt8(ascii: "}"))
        }
        return members
    }

    /// The names so far: searched while they are few, as they are in a request, and hashed when they are not.
    private struct SeenNames {
        private var names: Set<JSONObject.Name> = []
        private static let searched = 24

        mutating func saw(_ name: String, among members: [JSONMember]) -> Bool {
            let name = JSONObject.Name(name)
            if members.count < Self.searched { return members.contains { JSONObject.Name($0.name) == name } }
            if self.names.isEmpty { self.names = Set(members.map { JSONObject.Name($0.name) }) }
            return !self.names.insert(name).inserted
        }
    }
}
