public import FoundationEssentials

/// A value of which PostgreSQL can have one-dimensional arrays.
///
/// The element decides how an array of it looks, because an array of bytes is no array to PostgreSQL but a `bytea`.
public protocol PostgresArrayElement {
    /// The type that parameters of such arrays are declared with.
    static var postgresArrayType: PostgresType { get }

    /// An array as a parameter.
    static func postgresValue(of array: [Self]) throws(PostgresError) -> PostgresValue

    /// An array from the text form of a cell, or `nil` if that is none of this kind.
    static func decodeArray(_ text: Span<UInt8>, type: PostgresType) -> [Self]?
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// The array type of the elements.
    public static var postgresType: PostgresType { Element.postgresArrayType }

    /// The array as one parameter.
    public var postgresValue: PostgresValue {
        get throws(PostgresError) { try Element.postgresValue(of: self) }
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    /// The elements, if the array has one dimension and each is of the kind.
    public static func decode(_ text: Span<UInt8>, type: PostgresType) -> [Element]? {
        Element.decodeArray(text, type: type)
    }
}

extension PostgresArrayElement where Self: PostgresEncodable & PostgresDecodable {
    /// The elements between braces, each between quotes (PostgreSQL documentation, 8.15.6).
    public static func postgresValue(of array: [Self]) throws(PostgresError) -> PostgresValue {
        var text = "{"
        for (index, element) in array.enumerated() {
            if index > 0 { text += "," }
            switch try element.postgresValue.content {
            case .null:
                text += "NULL"
            case .text(let element):
                ArrayText.append(element, to: &text)
            case .bytes(let bytes):
                ArrayText.append(HexadecimalBytes.encode(bytes), to: &text)
            }
        }
        return try .text(text + "}", type: Self.postgresArrayType)
    }

    /// The elements between braces.
    public static func decodeArray(_ text: Span<UInt8>, type: PostgresType) -> [Self]? {
        ArrayText.decode(text)
    }
}

extension Bool: PostgresArrayElement {
    /// `boolean[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_000) }
}

extension Int: PostgresArrayElement {
    /// `bigint[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_016) }
}

extension Int64: PostgresArrayElement {
    /// `bigint[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_016) }
}

extension Int32: PostgresArrayElement {
    /// `integer[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_007) }
}

extension Int16: PostgresArrayElement {
    /// `smallint[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_005) }
}

extension Double: PostgresArrayElement {
    /// `double precision[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_022) }
}

extension Decimal: PostgresArrayElement {
    /// `numeric[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_231) }
}

extension String: PostgresArrayElement {
    /// Whatever the statement makes of it: `text[]`, but also `jsonb[]` or an array of an enumeration.
    public static var postgresArrayType: PostgresType { .inferred }
}

extension UUID: PostgresArrayElement {
    /// `uuid[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 2_951) }
}

extension Date: PostgresArrayElement {
    /// `timestamp with time zone[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_185) }
}

extension PostgresTimestamp: PostgresArrayElement {
    /// `timestamp with time zone[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_185) }
}

extension PostgresJSON: PostgresArrayElement {
    /// Whatever the statement makes of it.
    public static var postgresArrayType: PostgresType { .inferred }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresEncodable & PostgresDecodable {
    /// The wrapped value's.
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}

extension UInt8: PostgresArrayElement {
    /// `bytea`.
    public static var postgresArrayType: PostgresType { .bytea }

    /// The bytes as they are.
    public static func postgresValue(of array: [UInt8]) throws(PostgresError) -> PostgresValue {
        .bytes(array)
    }

    /// The bytes of a `bytea`; of any other type, its text form.
    public static func decodeArray(_ text: Span<UInt8>, type: PostgresType) -> [UInt8]? {
        type == .bytea ? HexadecimalBytes.decode(text) : text.withUnsafeBufferPointer { Array($0) }
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {
    /// `bytea[]`.
    public static var postgresArrayType: PostgresType { PostgresType(identifier: 1_001) }
}

/// PostgreSQL's text form of one-dimensional arrays.
private enum ArrayText {
    static func append(_ element: String, to text: inout String) {
        text += "\""
        for scalar in element.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text += "\\" }
            text.unicodeScalars.append(scalar)
        }
        text += "\""
    }

    static func decode<Element: PostgresDecodable & PostgresArrayElement>(_ text: Span<UInt8>) -> [Element]? {
        // Elements of a bytea[] are bytea; no other kind asks for the type of an element.
        let type: PostgresType = Element.postgresArrayType.identifier == 1_001 ? .bytea : .inferred
        guard text.count >= 2, text[0] == UInt8(ascii: "{"), text[text.count - 1] == UInt8(ascii: "}") else {
            return nil
        }
        let end = text.count - 1
        var elements: [Element] = []
        var unquoted: [UInt8] = []
        var position = 1
        while position < end {
            let element: Element?
            if text[position] == UInt8(ascii: "\"") {
                unquoted.removeAll(keepingCapacity: true)
                position += 1
                while position < end, text[position] != UInt8(ascii: "\"") {
                    if text[position] == UInt8(ascii: "\\") { position += 1 }
                    guard position < end else { return nil }
                    unquoted.append(text[position])
                    position += 1
                }
                guard position < end else { return nil }
                position += 1
                element = Element.decode(unquoted.span, type: type)
            } else {
                let start = position
                while position < end, text[position] != UInt8(ascii: ",") {
                    // A brace here is a further dimension.
                    guard text[position] != UInt8(ascii: "{") else { return nil }
                    position += 1
                }
                let bare = text.extracting(start..<position)
                element = Self.isNull(bare) ? Element.postgresNull : Element.decode(bare, type: type)
            }
            guard let element else { return nil }
            elements.append(element)
            guard position < end else { break }
            guard text[position] == UInt8(ascii: ","), position + 1 < end else { return nil }
            position += 1
        }
        return elements
    }

    private static func isNull(_ text: Span<UInt8>) -> Bool {
        text.count == 4 && text[0] == UInt8(ascii: "N") && text[1] == UInt8(ascii: "U") && text[2] == UInt8(ascii: "L")
            && text[3] == UInt8(ascii: "L")
    }
}
