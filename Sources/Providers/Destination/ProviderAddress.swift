/// An address of a provider: `http` or `https`, a host, perhaps a port, a path, a query.
///
/// It is read strictly and written anew from its parts, so that whoever connects cannot understand it otherwise than whoever
/// decided that a key may go there: no user name (`https://openrouter.ai@elsewhere.example`), no backslash, no fragment.
package struct ProviderAddress: Sendable, Hashable, CustomStringConvertible {
    package let isSecure: Bool

    /// In lower case; an IPv6 address in brackets.
    package let host: String

    /// Nil for the usual one.
    package let port: Int?

    /// Begins with a slash and does not end with one, or is empty.
    package let path: String

    /// Without the question mark, as it is written; nil where there is none.
    package let query: String?

    /// Reads an address.
    ///
    /// - Parameter text: for instance `https://openrouter.ai/api/v1`.
    /// - Throws: a ``DestinationError`` that says what is wrong with it.
    package init(_ text: String) throws(DestinationError) {
        func refuse(_ reason: String) -> DestinationError {
            DestinationError(.badAddress, "the address \"\(text.prefix(200))\" cannot be used: \(reason)")
        }
        guard text.utf8.count <= 2_048 else { throw refuse("it is longer than 2,048 bytes") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\"<>\\^`{|}".utf8.contains($0) }) else {
            throw refuse("it contains a character that must be percent-encoded")
        }
        guard let colon = text.firstRange(of: "://") else { throw refuse("it must begin with https:// or http://") }
        switch text[..<colon.lowerBound].lowercased() {
        case "https": self.isSecure = true
        case "http": self.isSecure = false
        default: throw refuse("it must begin with https:// or http://")
        }
        let rest = text[colon.upperBound...]
        guard !rest.contains("#") else { throw refuse("it may not have a fragment (#)") }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        guard !authority.contains("@") else { throw refuse("it may not hold a user name or password") }
        let queryStart = rest[authorityEnd...].firstIndex(of: "?")
        let rawPath = rest[authorityEnd..<(queryStart ?? rest.endIndex)]
        self.path = Self.normalised(String(rawPath))
        self.query = queryStart.map { String(rest[rest.index(after: $0)...]) }
        guard let (host, port) = Self.split(authority.lowercased()) else {
            throw refuse("\"\(authority)\" is not a host, or its port is not 1 to 65535")
        }
        self.host = host
        self.port = port == (self.isSecure ? 443 : 80) ? nil : port
    }

    private init(like other: ProviderAddress, path: String, query: String?) {
        self.isSecure = other.isSecure
        self.host = other.host
        self.port = other.port
        self.path = path
        self.query = query
    }

    /// A host with or without a port, in lower case.
    static func split(_ authority: String) -> (host: String, port: Int?)? {
        var host = Substring(authority)
        var port: Int?
        let hostEnd = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : authority.startIndex
        guard let hostEnd else { return nil }
        if let colon = authority[hostEnd...].lastIndex(of: ":") {
            let digits = authority[authority.index(after: colon)...]
            guard digits.utf8.count <= 5, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), (1...65_535).contains(number)
            else { return nil }
            port = number
            host = authority[..<colon]
        }
        return Self.isHost(host) ? (String(host), port) : nil
    }

    private static func isHost(_ host: Substring) -> Bool {
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inside = host.dropFirst().dropLast()
            return inside.count >= 2 && inside.contains(":")
                && inside.utf8.allSatisfy { "0123456789abcdef:.".utf8.contains($0) }
        }
        guard !host.isEmpty, host.utf8.count <= 253 else { return false }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63
                && label.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-_".utf8.contains($0) }
        }
    }

    /// Without dot segments (RFC 3986, section 5.2.4), empty segments and a slash at the end.
    private static func normalised(_ path: String) -> String {
        var kept: [Substring] = []
        for segment in path.split(separator: "/") {
            switch segment {
            case ".": continue
            case "..": if !kept.isEmpty { kept.removeLast() }
            default: kept.append(segment)
            }
        }
        return kept.isEmpty ? "" : "/" + kept.joined(separator: "/")
    }

    /// The address of something relative to this one, as if this one ended with a slash.
    ///
    /// - Parameters:
    ///   - reference: `models`, `../api/tags`, `/api/tags`, or an address of its own.
    ///   - query: parameters, not yet percent-encoded.
    /// - Returns: the address.
    /// - Throws: a ``DestinationError`` where the reference is none.
    package func appending(
        _ reference: String,
        query: [QueryParameter] = []
    ) throws(DestinationError) -> ProviderAddress {
        let target: ProviderAddress
        if reference.contains("://") {
            target = try ProviderAddress(reference)
        } else {
            guard !reference.hasPrefix("//"), reference.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
                !reference.contains(where: { "?#\\\"<>".contains($0) })
            else {
                throw DestinationError(.badAddress, "\"\(reference.prefix(200))\" is not a path")
            }
            let path = reference.hasPrefix("/") ? reference : self.path + "/" + reference
            target = ProviderAddress(like: self, path: Self.normalised(path), query: nil)
        }
        let written = query.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }
        let parts = (target.query.map { [$0] } ?? []) + written
        return ProviderAddress(
            like: target,
            path: target.path,
            query: parts.isEmpty ? nil : parts.joined(separator: "&")
        )
    }

    /// The host with the port, where that is not the usual one.
    package var authority: String { self.port.map { "\(self.host):\($0)" } ?? self.host }

    /// The address as it goes to the client.
    package var description: String {
        "\(self.isSecure ? "https" : "http")://\(self.authority)\(self.path)" + (self.query.map { "?" + $0 } ?? "")
    }
}

/// Why a request has nowhere to go.
package struct DestinationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it was.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case badAddress, badSetting }
        private let kind: Kind

        /// An address in a row or a definition cannot be used.
        package static let badAddress = Code(kind: .badAddress)
        /// A setting of the operator's cannot be used.
        package static let badSetting = Code(kind: .badSetting)

        package var description: String { self.kind.rawValue }
    }

    package let code: Code

    /// In plain words, with the address or setting.
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
