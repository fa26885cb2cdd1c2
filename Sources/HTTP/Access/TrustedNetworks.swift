package import HTTPTypes

/// Who a request comes from, as far as that can be known.
package enum ClientAddress: Sendable, Hashable, CustomStringConvertible {
    /// A process of this machine, through a Unix domain socket.
    case local
    /// The client, or the proxy that nobody told us to look behind.
    case address(IPAddress)
    /// Somebody behind a proxy that is not among the trusted ones: a forwarding header says that there is someone, and may
    /// say anything about who.
    case hidden(behind: IPAddress?)

    /// As history and logs show it.
    package var description: String {
        switch self {
        case .local: "local socket"
        case .address(let address): address.description
        case .hidden(behind: let proxy?): "behind \(proxy)"
        case .hidden(behind: nil): "behind a local proxy"
        }
    }
}

/// The networks whose clients may do without a key what others may not: read the list of models, register a key.
///
/// `X-Forwarded-For` is believed only from proxies that are named. A request with such a header from anyone else came
/// through a proxy that we do not know, and who sent it is not known either: it is trusted by nobody, whatever network the
/// proxy stands in. So an ingress in a private network does not make the internet private.
package struct TrustedNetworks: Sendable {
    /// A setting that does not name networks.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        /// What could not be read, and what could.
        package let description: String
    }

    private let trusted: [IPNetwork]
    private let proxies: [IPNetwork]

    /// Loopback (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3) and what the internet does not route: RFC 1918 and RFC 4193.
    package static let standardSpelling = "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"

    /// Reads the two settings.
    ///
    /// - Parameters:
    ///   - trusted: Networks separated by commas or spaces; none if empty.
    ///   - proxies: Proxies whose `X-Forwarded-For` is believed, in the same spelling; none unless given.
    /// - Throws: ``Failure`` that names the word which is no network.
    package init(trusted: String = Self.standardSpelling, proxies: String = "") throws(Failure) {
        self.trusted = try Self.networks(trusted)
        self.proxies = try Self.networks(proxies)
    }

    private static func networks(_ text: String) throws(Failure) -> [IPNetwork] {
        var networks: [IPNetwork] = []
        for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            guard let network = IPNetwork(word) else {
                throw Failure(
                    description: "“\(word)” is not a network; write an address such as 192.168.1.7 or fd00::1, "
                        + "or a network such as 10.0.0.0/8 whose bits after the first 8 are zero"
                )
            }
            networks.append(network)
        }
        return networks
    }

    /// Works out who sent a request.
    ///
    /// - Parameters:
    ///   - peer: The other end of the connection; nil for a Unix domain socket.
    ///   - headers: The request's fields.
    /// - Returns: The client.
    package func client(peer: IPAddress?, headers: HTTPFields) -> ClientAddress {
        guard headers.contains(.xForwardedFor) || headers.contains(.forwarded) else {
            return peer.map { .address($0) } ?? .local
        }
        guard let peer, self.isProxy(peer) else { return .hidden(behind: peer) }
        // Each proxy adds whom it saw at the end: what stands before the last one that is no proxy is hearsay.
        var nearest = peer
        let hops = headers[values: .xForwardedFor].flatMap { $0.split(separator: ",") }
        guard hops.count <= 64, !hops.isEmpty else { return .hidden(behind: peer) }
        for hop in hops.reversed() {
            guard let address = Self.address(hop) else { return .hidden(behind: nearest) }
            nearest = address
            if !self.isProxy(address) { break }
        }
        return .address(nearest)
    }

    /// Whether a client may do without a key what others may not.
    package func trusts(_ client: ClientAddress) -> Bool {
        switch client {
        case .local: true
        case .address(let address): self.trusted.contains { $0.contains(address) }
        case .hidden: false
        }
    }

    private func isProxy(_ address: IPAddress) -> Bool {
        self.proxies.contains { $0.contains(address) }
    }

    /// One element of the header, which some proxies write with a port.
    private static func address(_ hop: Substring) -> IPAddress? {
        let text = hop.drop(while: \.isWhitespace)
        guard let end = text.lastIndex(where: { !$0.isWhitespace }) else { return nil }
        let word = text[...end]
        if let address = IPAddress(word) { return address }
        guard let colon = word.lastIndex(of: ":") else { return nil }
        let host = word[..<colon]
        return host.contains(":") && host.first != "[" ? nil : IPAddress(host)
    }
}
