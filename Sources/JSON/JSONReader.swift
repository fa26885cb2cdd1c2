/// The grammar of JSON over bytes: every step moves ``position`` past what it has checked.
///
/// The parser and the scanner are built from these steps, so that they cannot disagree. The bytes are passed to each step
/// rather than kept, because a `Span` may not outlive its owner. Whoever starts one calls ``start(_:)`` first: it proves
/// that the bytes are UTF-8, and the steps rely on it.
struct JSONReader {
    var position = 0
    var limits = JSONLimits.standard

    /// How many values were built.
    var valueCount = 0

    /// Checks size and encoding, and steps over a byte order mark, which some servers send although RFC 8259 (section 8.1)
    /// forbids it.
    mutating func start(_ bytes: Span<UInt8>) throws(JSONError) {
        guard bytes.count <= self.limits.bytes else {
            throw JSONError(
                .tooLarge,
                at: self.limits.bytes,
                in: Span(),
                "the text is \(bytes.count) bytes long, and at most \(self.limits.bytes) are accepted"
            )
        }
        try Self.refuseWideEncodings(bytes)
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes)
        } catch {
            let offset = error.byteOffsets.lowerBound
            throw JSONError(
                .encoding,
                at: offset,
                in: bytes,
                "\(Self.hexadecimal(bytes[offset])) is not valid UTF-8 here"
            )
        }
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { self.position = 3 }
        self.skipWhitespace(bytes)
        guard self.position < bytes.count else {
            throw JSONError(.empty, at: self.position, in: bytes, "expected a value, found nothing")
        }
    }

    /// A JSON text begins with two ASCII characters or is one character long, so that a zero among its first two bytes, or a
    /// mark of the other encodings, tells them apart (RFC 4627, section 3).
    private static func refuseWideEncodings(_ bytes: Span<UInt8>) throws(JSONError) {
        guard bytes.count >= 2 else { return }
        let isMarked = (bytes[0] == 0xFE && bytes[1] == 0xFF) || (bytes[0] == 0xFF && bytes[1] == 0xFE)
        guard isMarked || bytes[0] == 0 || bytes[1] == 0 else { return }
        throw JSONError(.encoding, at: 0, in: bytes, "the text is encoded as UTF-16 or UTF-32; send it as UTF-8")
    }

    mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        while self.position < bytes.count {
            switch bytes[self.position] {
            case 0x20, 0x0A, 0x0D, 0x09: self.position += 1
            default: return
            }
        }
    }

    /// Refuses whatever follows the one value of a text.
    mutating func finish(_ bytes: Span<UInt8>) throws(JSONError) {
        self.skipWhitespace(bytes)
        guard self.position == bytes.count else {
            throw JSONError(
                .trailingBytes,
                at: self.position,
                in: bytes,
                "expected the end of the text after the value, found \(self.found(bytes))"
            )
        }
    }

    // MARK: Tokens

    /// Steps over a string including its quotes; true when it has escapes.
    mutating func skipString(_ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        let opening = self.position
        var hasEscapes = false
        var position = opening + 1
        while position < bytes.count {
            position = Self.skipPlain(bytes, from: position)
            guard position < bytes.count else { break }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                self.position = position + 1
                return hasEscapes
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                self.position = position
                try self.skipEscape(bytes)
                position = self.position
                continue
            }
            guard byte >= 0x20 else {
                self.position = position
                throw JSONError(
                    .syntax,
                    at: position,
                    in: bytes,
                    "\(Self.hexadecimal(byte)) must be written as an escape inside a string (a line feed is \\n)"
                )
            }
            position += 1
        }
        self.position = bytes.count
        throw JSONError(
            .unexpectedEnd,
            at: bytes.count,
            in: bytes,
            "the string that begins at byte \(opening) has no end"
        )
    }

    /// Steps over characters that need no attention in a string, up to a quote, a backslash, a control character or the last
    /// seven bytes. Eight at a time, because strings are most of what a gateway scans: a byte at a time is seven times slower.
    private static func skipPlain(_ bytes: Span<UInt8>, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops: UInt64 = 0x8080_8080_8080_8080
        // Bytes have no padding that reading them raw could reveal.
        let raw = unsafe bytes.bytes
        var position = start
        while position <= bytes.count - 8 {
            // Every bit pattern is a `UInt64`, and the load is checked against the bounds.
            let word = UInt64(littleEndian: unsafe raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            // A byte below 0x20, and a zero byte of the differences, borrows into its top bit. A borrow may mark bytes above
            // it wrongly, so that only the lowest mark counts.
            let controls = (word &- ones &* 0x20) & ~word
            let marks = (controls | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)) & tops
            if marks != 0 { return position + marks.trailingZeroBitCount / 8 }
            position += 8
        }
        return position
    }

    private mutating func skipEscape(_ bytes: Span<UInt8>) throws(JSONError) {
        self.position += 1
        guard self.position < bytes.count else {
            throw self.unexpected(bytes, expected: "a character after the backslash")
        }
        switch bytes[self.position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            self.position += 1
        case UInt8(ascii: "u"):
            self.position += 1
            for _ in 0..<4 {
                guard self.position < bytes.count, Self.nibble(bytes[self.position]) != nil else {
                    throw self.unexpected(bytes, expected: "four hexadecimal digits after \\u")
                }
                self.position += 1
            }
        default:
            throw self.unexpected(bytes, expected: "one of \" \\ / b f n r t u after the backslash")
        }
    }

    /// Steps over a number.
    mutating func skipNumber(_ bytes: Span<UInt8>) throws(JSONError) {
        guard self.skipsNumber(bytes) else {
            throw self.unexpected(bytes, expected: "a digit")
        }
    }

    /// Steps over a number; false, with the position at the offending byte, where the spelling is wrong.
    mutating func skipsNumber(_ bytes: Span<UInt8>) -> Bool {
        if self.position < bytes.count, bytes[self.position] == UInt8(ascii: "-") { self.position += 1 }
        let first = self.position
        guard self.skipsDigits(bytes) else { return false }
        if bytes[first] == UInt8(ascii: "0"), self.position > first + 1 {
            self.position = first + 1
            return false
        }
        if self.position < bytes.count, bytes[self.position] == UInt8(ascii: ".") {
            self.position += 1
            guard self.skipsDigits(bytes) else { return false }
        }
        if self.position < bytes.count, bytes[self.position] | 0x20 == UInt8(ascii: "e") {
            self.position += 1
            if self.position < bytes.count,
                bytes[self.position] == UInt8(ascii: "+") || bytes[self.position] == UInt8(ascii: "-")
            {
                self.position += 1
            }
            guard self.skipsDigits(bytes) else { return false }
        }
        return true
    }

    private mutating func skipsDigits(_ bytes: Span<UInt8>) -> Bool {
        let first = self.position
        while self.position < bytes.count, bytes[self.position] &- UInt8(ascii: "0") < 10 { self.position += 1 }
        return self.position > first
    }

    /// Steps over `true`, `false` or `null`.
    mutating func skipWord(_ word: StaticString, _ bytes: Span<UInt8>) throws(JSONError) {
        for unit in word.description.utf8 {
            guard self.position < bytes.count, bytes[self.position] == unit else {
                throw self.unexpected(bytes, expected: "the word \(word)")
            }
            self.position += 1
        }
    }

    // MARK: Containers

    /// Steps into an array or object; false when it is empty, and then its end is already behind.
    mutating func open(_ bytes: Span<UInt8>, closing: UInt8, depth: Int) throws(JSONError) -> Bool {
        guard depth <= self.limits.depth else {
            throw JSONError(
                .tooDeep,
                at: self.position,
                in: bytes,
                "arrays and objects nest deeper than \(self.limits.depth) levels"
            )
        }
        self.position += 1
        self.skipWhitespace(bytes)
        guard self.position < bytes.count, bytes[self.position] == closing else { return true }
        self.position += 1
        return false
    }

    /// Steps over the comma after an element or member; false when the container ends instead.
    mutating func next(_ bytes: Span<UInt8>, closing: UInt8) throws(JSONError) -> Bool {
        self.skipWhitespace(bytes)
        guard self.position < bytes.count else {
            throw self.unexpected(bytes, expected: "',' or '\(Character(Unicode.Scalar(closing)))'")
        }
        switch bytes[self.position] {
        case UInt8(ascii: ","):
            self.position += 1
            self.skipWhitespace(bytes)
            guard self.position < bytes.count, bytes[self.position] == closing else { return true }
            throw self.unexpected(bytes, expected: "another value after ',' (a comma may not come last)")
        case closing:
            self.position += 1
            return false
        default:
            throw self.unexpected(bytes, expected: "',' or '\(Character(Unicode.Scalar(closing)))'")
        }
    }

    /// Stands before a member's name.
    func requireName(_ bytes: Span<UInt8>) throws(JSONError) {
        guard self.position < bytes.count, bytes[self.position] == UInt8(ascii: "\"") else {
            throw self.unexpected(bytes, expected: "a member name in double quotes")
        }
    }

    /// Steps over the colon between a name and its value.
    mutating func skipColon(_ bytes: Span<UInt8>) throws(JSONError) {
        self.skipWhitespace(bytes)
        guard self.position < bytes.count, bytes[self.position] == UInt8(ascii: ":") else {
            throw self.unexpected(bytes, expected: "':' after the member name")
        }
        self.position += 1
        self.skipWhitespace(bytes)
    }

    /// Steps over any value without building it.
    mutating func skipValue(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) {
        guard self.position < bytes.count else { throw self.unexpected(bytes, expected: "a value") }
        switch bytes[self.position] {
        case UInt8(ascii: "\""):
            _ = try self.skipString(bytes)
        case UInt8(ascii: "{"):
            var more = try self.open(bytes, closing: UInt8(ascii: "}"), depth: depth + 1)
            while more {
                try self.requireName(bytes)
                _ = try self.skipString(bytes)
                try self.skipColon(bytes)
                try self.skipValue(bytes, depth: depth + 1)
                more = try self.next(bytes, closing: UInt8(ascii: "}"))
            }
        case UInt8(ascii: "["):
            var more = try self.open(bytes, closing: UInt8(ascii: "]"), depth: depth + 1)
            while more {
                try self.skipValue(bytes, depth: depth + 1)
                more = try self.next(bytes, closing: UInt8(ascii: "]"))
            }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try self.skipNumber(bytes)
        case UInt8(ascii: "t"):
            try self.skipWord("true", bytes)
        case UInt8(ascii: "f"):
            try self.skipWord("false", bytes)
        case UInt8(ascii: "n"):
            try self.skipWord("null", bytes)
        default:
            throw self.unexpected(bytes, expected: "a value")
        }
    }

    // MARK: Words for errors

    func unexpected(_ bytes: Span<UInt8>, expected: String) -> JSONError {
        let isCut = self.position >= bytes.count
        return JSONError(
            isCut ? .unexpectedEnd : .syntax,
            at: self.position,
            in: bytes,
            "expected \(expected), found \(self.found(bytes))"
        )
    }

    private func found(_ bytes: Span<UInt8>) -> String {
        guard self.position < bytes.count else { return "the end of the text" }
        let byte = bytes[self.position]
        return (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : Self.hexadecimal(byte)
    }

    static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.count == 1 ? "0" : "") + digits
    }

    static func nibble(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
