/// Where a request goes: the scheme, host and port of its URL, checked so strictly that libcurl cannot read them
/// differently.
struct Origin: Sendable, Hashable {
    enum Scheme: Sendable, Hashable {
        case http, https

        var defaultPort: UInt16 {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    let scheme: Scheme
    /// In lower case, an IPv6 address without brackets.
    let host: String
    let port: UInt16
    /// Whether the host is an address and needs no look-up.
    let isAddress: Bool

    /// How errors and logs name it.
    var displayName: String {
        let host = self.host.utf8.contains(UInt8(ascii: ":")) ? "[\(self.host)]" : self.host
        return self.port == self.scheme.defaultPort ? host : "\(host):\(self.port)"
    }

    /// Reads the origin of a URL by RFC 3986 §3.
    ///
    /// - Parameter url: An absolute URL.
    /// - Throws: ``TransferError`` with ``TransferError/Code/invalidURL``; it never repeats the URL.
    init(of url: String) throws(TransferError) {
        var url = url
        let result = url.withUTF8 { bytes in Result { () throws(TransferError) in try Origin(parsing: bytes) } }
        self = try result.get()
    }

    private init(parsing url: UnsafeBufferPointer<UInt8>) throws(TransferError) {
        let rest: Slice<UnsafeBufferPointer<UInt8>>
        if let afterScheme = Self.after("https://", in: url) {
            self.scheme = .https
            rest = afterScheme
        } else if let afterScheme = Self.after("http://", in: url) {
            self.scheme = .http
            rest = afterScheme
        } else {
            throw Self.invalid("it has to begin with http:// or https://")
        }
        // Beyond these, libcurl and other readers of URLs disagree about what they mean.
        guard url.count <= 65_536 else { throw Self.invalid("it is longer than 64 KiB") }
        guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else {
            throw Self.invalid("it has spaces, control characters, backslashes or characters beyond ASCII")
        }
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = rest[..<(end ?? rest.endIndex)]
        guard !authority.contains(UInt8(ascii: "@")) else { throw Self.invalid("it has user information") }

        let portText: Slice<UnsafeBufferPointer<UInt8>>
        if authority.first == UInt8(ascii: "[") {
            guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else {
                throw Self.invalid("a bracket is open")
            }
            self.host = Self.lowercased(authority[authority.index(after: authority.startIndex)..<close])
            guard NameSource.isAddress(self.host), self.host.utf8.contains(UInt8(ascii: ":")) else {
                throw Self.invalid("what stands in brackets is no IPv6 address")
            }
            self.isAddress = true
            portText = authority[authority.index(after: close)...]
        } else {
            let colon = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
            let name = authority[..<colon]
            guard !name.isEmpty, name.count <= 253, name.allSatisfy(Self.isNameByte) else {
                throw Self.invalid("its host is no name and no address")
            }
            self.host = Self.lowercased(name)
            // A name whose last label is a number is read as an odd spelling of an address by some, libcurl among them.
            let lastLabel = self.host.utf8.split(separator: UInt8(ascii: ".")).last
            guard let firstOfLast = lastLabel?.first else { throw Self.invalid("its host is no name and no address") }
            self.isAddress = Self.isDigit(firstOfLast) && NameSource.isAddress(self.host)
            let isNumber = lastLabel?.allSatisfy(Self.isDigit) == true || lastLabel?.starts(with: "0x".utf8) == true
            guard self.isAddress || !isNumber else { throw Self.invalid("its host is no proper IPv4 address") }
            portText = authority[colon...]
        }
        if portText.count <= 1 {
            guard portText.isEmpty else { throw Self.invalid("its port is missing after the colon") }
            self.port = self.scheme.defaultPort
        } else {
            let digits = portText.dropFirst()
            guard portText.first == UInt8(ascii: ":"), digits.count <= 5, digits.allSatisfy(Self.isDigit),
                let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
            else { throw Self.invalid("its port is no number from 1 to 65535") }
            self.port = port
        }
    }

    private static func after(
        _ prefix: StaticString,
        in url: UnsafeBufferPointer<UInt8>
    ) -> Slice<UnsafeBufferPointer<UInt8>>? {
        let length = prefix.utf8CodeUnitCount
        guard url.count > length else { return nil }
        for index in 0..<length where Self.lowercased(url[index]) != prefix.utf8Start[index] { return nil }
        return url[length...]
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default:
            false
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func lowercased(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> String {
        String(unsafeUninitializedCapacity: bytes.count) { target in
            for (index, byte) in bytes.enumerated() { target[index] = Self.lowercased(byte) }
            return bytes.count
        }
    }

    private static func invalid(_ reason: String) -> TransferError {
        TransferError(.invalidURL, host: "an invalid URL", reason: "the URL cannot be used: \(reason)")
    }
}
