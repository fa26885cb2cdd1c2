/// An address of IP, version 4 or 6, as 128 bits; version 4 has the place that RFC 4291 §2.5.5.2 gives it (`::ffff:a.b.c.d`),
/// so that a client is the same client whichever way the socket names it.
package struct IPAddress: Sendable, Hashable {
    /// The bits, most significant first.
    package let bits: UInt128

    /// Where version 4 begins.
    private static let mapped: UInt128 = 0xFFFF << 32

    /// Takes the bits over.
    init(bits: UInt128) {
        self.bits = bits
    }

    /// Whether it is of version 4, mapped or not.
    package var isVersion4: Bool { self.bits >> 32 == 0xFFFF }

    /// Reads an address as it stands in a header or a socket: dotted, RFC 4291 §2.2 text, either in brackets, with a zone
    /// (`fe80::1%eth0`, dropped); nil for anything else, host names and ports included.
    package init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        if rest.first == "[", rest.last == "]" { rest = rest.dropFirst().dropLast() }
        if let zone = rest.firstIndex(of: "%") { rest = rest[..<zone] }
        guard rest.utf8.count <= 45 else { return nil }
        if let address = Self.version4(rest) {
            self.bits = Self.mapped | UInt128(address)
        } else if let bits = Self.version6(rest) {
            self.bits = bits
        } else {
            return nil
        }
    }

    private static func version4(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            // A leading zero is octal to some readers and decimal to others: refused.
            guard (1...3).contains(part.utf8.count), part == "0" || part.first != "0",
                part.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let octet = UInt8(part)
            else { return nil }
            address = address << 8 | UInt32(octet)
        }
        return address
    }

    private static func version6(_ text: Substring) -> UInt128? {
        guard let gap = text.firstRange(of: "::") else {
            guard let groups = Self.groups(text), groups.count == 8 else { return nil }
            return Self.joined(groups)
        }
        let after = text[gap.upperBound...]
        guard after.firstRange(of: "::") == nil, let head = Self.groups(text[..<gap.lowerBound]),
            let tail = Self.groups(after), head.count + tail.count <= 7,
            // A dotted part is the last of the whole address.
            !text[..<gap.lowerBound].contains(".")
        else { return nil }
        return Self.joined(head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (place, part) in parts.enumerated() {
            if place == parts.count - 1, let address = Self.version4(part) {
                groups += [UInt16(address >> 16), UInt16(truncatingIfNeeded: address)]
                continue
            }
            guard (1...4).contains(part.utf8.count), part.first != "+", let group = UInt16(part, radix: 16) else {
                return nil
            }
            groups.append(group)
        }
        return groups
    }

    private static func joined(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted, or eight groups of hexadecimal digits with the longest run of zeros left out (RFC 5952 §4).
    package var description: String {
        if self.isVersion4 {
            return (0..<4).map { String(UInt8(truncatingIfNeeded: self.bits >> UInt128(24 - 8 * $0))) }
                .joined(separator: ".")
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: self.bits >> UInt128(112 - 16 * $0)) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        let spelled = groups.map { String($0, radix: 16) }
        guard !longest.isEmpty else { return spelled.joined(separator: ":") }
        return spelled[..<longest.lowerBound].joined(separator: ":") + "::"
            + spelled[longest.upperBound...].joined(separator: ":")
    }
}

/// Addresses that begin with the same bits: `10.0.0.0/8`, `fc00::/7`, or one address.
package struct IPNetwork: Sendable, Hashable {
    /// The first address.
    package let address: IPAddress
    /// How many of the 128 bits all its addresses share; 96 more than is written for version 4.
    package let sharedBits: Int

    /// Reads `address/bits`, or one address; nil for anything else, bits beyond the shared ones included.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        let offset = address.isVersion4 && !first.contains(":") ? 96 : 0
        var shared = 128
        if parts.count == 2 {
            guard (1...3).contains(parts[1].utf8.count),
                parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let bits = Int(parts[1]), bits <= 128 - offset
            else { return nil }
            shared = bits + offset
        }
        guard address.bits & ~Self.mask(shared) == 0 else { return nil }
        self.address = address
        self.sharedBits = shared
    }

    /// Whether an address belongs to it.
    package func contains(_ address: IPAddress) -> Bool {
        address.bits & Self.mask(self.sharedBits) == self.address.bits
    }

    private static func mask(_ bits: Int) -> UInt128 {
        bits == 0 ? 0 : UInt128.max << UInt128(128 - bits)
    }
}
