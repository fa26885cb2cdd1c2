import CCurl

/// The addresses of one host and port, in the form in which libcurl takes them (`CURLOPT_RESOLVE`). Belongs to one
/// engine and is touched on its thread only.
///
/// libcurl would look names up itself and block on it; so every host is given to it before its first request. It keeps
/// what it is given for all handles of a pool.
final class Route {
    /// How long libcurl is trusted to remember; it is set to remember four times as long.
    static let lifetime = Duration.seconds(600)

    let addresses: NameSource.Addresses
    let list: UnsafeMutablePointer<curl_slist>?
    let made: ContinuousClock.Instant
    /// Whether a request got through with it, so that libcurl knows it.
    var isKnown = false

    init(to origin: Origin, at addresses: NameSource.Addresses, now: ContinuousClock.Instant) {
        self.addresses = addresses
        self.made = now
        // The plus makes libcurl forget it after a while; brackets belong around IPv6 addresses only.
        let joined = addresses.list
            .map { $0.utf8.contains(UInt8(ascii: ":")) ? "[\($0)]" : $0 }
            .joined(separator: ",")
        self.list = curl_slist_append(nil, "+\(origin.host):\(origin.port):\(joined)")
    }

    deinit {
        curl_slist_free_all(self.list)
    }

    /// Whether it can be used for a request that knows these addresses.
    func serves(_ addresses: NameSource.Addresses, at now: ContinuousClock.Instant) -> Bool {
        self.addresses === addresses && now - self.made < Self.lifetime
    }
}
