extension JSONReader {
    /// Reads a string: steps over it and gives its characters.
    mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        let start = self.position + 1
        let hasEscapes = try self.skipString(bytes)
        let content = start..<(self.position - 1)
        return hasEscapes ? Self.unescaped(bytes, content) : try Self.text(bytes, content)
    }

    /// The characters of a range that was checked to hold no escapes.
    static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            let offset = range.lowerBound + error.byteOffsets.lowerBound
            throw JSONError(.encoding, at: offset, in: bytes, "\(hexadecimal(bytes[offset])) is not valid UTF-8 here")
        }
    }

    /// The characters of a range whose escapes were checked.
    ///
    /// Half of a surrogate pair standing alone (`"\ud83d"`, which JavaScript sends for a string cut in the middle) becomes
    /// U+FFFD: RFC 8259 (section 8.2) allows it, and no text of Unicode can hold it.
    private static func unescaped(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity(range.count)
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes[position]
            guard byte == UInt8(ascii: "\\") else {
                characters.append(byte)
                position += 1
                continue
            }
            let escape = bytes[position + 1]
            position += 2
            switch escape {
            case UInt8(ascii: "b"): characters.append(0x08)
            case UInt8(ascii: "f"): characters.append(0x0C)
            case UInt8(ascii: "n"): characters.append(0x0A)
            case UInt8(ascii: "r"): characters.append(0x0D)
            case UInt8(ascii: "t"): characters.append(0x09)
            case UInt8(ascii: "u"): characters.append(contentsOf: Self.scalar(bytes, &position, range.upperBound).utf8)
            default: characters.append(escape)
            }
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The scalar of the four digits at a position, joined with a second `\u` where the two are a surrogate pair.
    private static func scalar(_ bytes: Span<UInt8>, _ position: inout Int, _ end: Int) -> Character {
        let first = self.unit(bytes, position)
        position += 4
        if let scalar = Unicode.Scalar(first) { return Character(scalar) }
        guard first < 0xDC00, position + 6 <= end, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        let second = self.unit(bytes, position + 2)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { return "\u{FFFD}" }
        position += 6
        return Character(scalar)
    }

    private static func unit(_ bytes: Span<UInt8>, _ position: Int) -> UInt32 {
        var unit: UInt32 = 0
        for index in position..<(position + 4) { unit = unit << 4 | (self.nibble(bytes[index]) ?? 0) }
        return unit
    }
}
