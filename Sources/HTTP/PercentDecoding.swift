extension StringProtocol {
    /// The characters that a part of a path stands for (RFC 3986 §2.1); nil where an escape is broken or the bytes are not
    /// UTF-8.
    package var percentDecoded: String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.utf8.count)
        var units = self.utf8.makeIterator()
        while let unit = units.next() {
            guard unit == UInt8(ascii: "%") else {
                bytes.append(unit)
                continue
            }
            guard let high = units.next().flatMap(Self.nibble), let low = units.next().flatMap(Self.nibble) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func nibble(_ unit: UInt8) -> UInt8? {
        switch unit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): unit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): unit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): unit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
