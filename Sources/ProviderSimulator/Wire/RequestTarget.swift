/// The target of a request in origin form (RFC 9112, section 3.2.1), taken apart.
enum RequestTarget {
    /// The path and the items of the query, percent escapes read.
    static func split(_ target: String) -> (path: String, query: [(name: String, value: String)]) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (Self.unescaped(target[...]), []) }
        let query = target[mark...].dropFirst().split(separator: "&").map { item in
            let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count > 1 ? String(sides[1].map { $0 == "+" ? " " : $0 }) : ""
            return (name: Self.unescaped(sides[0]), value: Self.unescaped(value[...]))
        }
        return (Self.unescaped(target[..<mark]), query)
    }

    /// Reads percent escapes (RFC 3986, section 2.1). What is no escape stays as it is.
    static func unescaped(_ text: Substring) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
