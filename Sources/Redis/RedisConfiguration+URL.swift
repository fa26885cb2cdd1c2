import Secrets

extension RedisConfiguration {
    /// Reads a URL.
    ///
    /// - `redis://[user:password@]host[:port][/database]`, and `rediss://` for TLS. `redis://:password@host` signs in the
    ///   default user, and so does `redis://password@host`, which is a common slip.
    /// - `unix:///path`, or `redis+socket:///path`, with `?db=` for the database.
    /// - `redis-sentinel://[user:password@]host[:port],…/master[/database]`, and `rediss-sentinel://` for TLS. The
    ///   credentials are the master's.
    ///
    /// Names, passwords and paths may be percent-encoded. The server is assumed at port 6379, sentinels at 26379.
    /// - Parameter url: The URL.
    /// - Throws: ``RedisError`` with `configuration`, which never repeats what might be a password.
    package init(url: String) throws(RedisError) {
        guard let separator = url.firstRange(of: "://") else {
            throw .url("has no scheme. Write redis://host:6379, rediss:// for TLS, unix:///path or redis-sentinel://.")
        }
        let scheme = url[..<separator.lowerBound].lowercased()
        var rest = url[separator.upperBound...]
        let query = try Self.cutQuery(from: &rest)
        let parts: Parts
        switch scheme {
        case "redis", "rediss":
            parts = try Parts(rest)
            let addresses = try parts.addresses(defaultPort: 6379)
            guard addresses.count == 1, let address = addresses.first else {
                throw .url(
                    "names several servers. One is meant by \(scheme)://, several sentinels by redis-sentinel://."
                )
            }
            guard parts.path.count <= 1 else {
                throw .url("has too long a path. After the host comes the number of the database, as in /0.")
            }
            self.init(location: .server(address))
            self.database = try Self.database(parts.path.first)
        case "redis-sentinel", "rediss-sentinel":
            parts = try Parts(rest)
            guard let master = parts.path.first, !master.isEmpty, parts.path.count <= 2 else {
                throw .url("does not name the master. Write redis-sentinel://host1:26379,host2:26379/mastername.")
            }
            self.init(location: .sentinels(try parts.addresses(defaultPort: 26379), master: master))
            self.database = try Self.database(parts.path.dropFirst().first)
        case "unix", "redis+socket":
            parts = try Parts(socket: rest)
            self.init(location: .server(.unixSocket(path: "/" + parts.path.joined(separator: "/"))))
        default:
            throw .url(
                "has an unknown scheme. Known are redis, rediss, unix, redis+socket, redis-sentinel, rediss-sentinel."
            )
        }
        if let database = query {
            guard scheme == "unix" || scheme == "redis+socket" else {
                throw .url(
                    "has ?db=, which is for unix sockets. Elsewhere the database comes after the host, as in /0."
                )
            }
            self.database = try Self.database(database)
        }
        self.credentials = try parts.credentials()
        self.tls = scheme.hasPrefix("rediss") ? TLS() : nil
    }

    private static func cutQuery(from rest: inout Substring) throws(RedisError) -> String? {
        guard let mark = rest.lastIndex(of: "?") else { return nil }
        let query = rest[rest.index(after: mark)...]
        guard query.hasPrefix("db=") else {
            throw .url(
                "has a query other than ?db=. Time-outs and TLS are settings of their own; encode ? in passwords as %3F."
            )
        }
        rest = rest[..<mark]
        return String(query.dropFirst(3))
    }

    private static func database(_ text: String?) throws(RedisError) -> Int {
        guard let text, !text.isEmpty else { return 0 }
        guard let number = Int(text), (0...65_535).contains(number) else {
            throw .url("has a database that is not a number. Write /0, or nothing.")
        }
        return number
    }

    /// What stands between the scheme and the query.
    private struct Parts {
        private var userinfo: Substring?
        private var hosts: Substring
        private(set) var path: [String]

        init(_ rest: Substring) throws(RedisError) {
            var authority = rest
            self.path = []
            // A slash may also stand in a password; the path begins at the first one after the last `@`.
            let begin = rest.lastIndex(of: "@") ?? rest.startIndex
            if let slash = rest[begin...].firstIndex(of: "/") {
                authority = rest[..<slash]
                for part in rest[rest.index(after: slash)...].split(separator: "/") {
                    self.path.append(try percentDecoded(part))
                }
            }
            self.hosts = authority
            if let at = authority.lastIndex(of: "@") {
                self.userinfo = authority[..<at]
                self.hosts = authority[authority.index(after: at)...]
            }
        }

        init(socket rest: Substring) throws(RedisError) {
            self = try Parts(rest)
            guard self.hosts.isEmpty, !self.path.isEmpty else {
                throw .url("does not name a socket by its full path. Write unix:///run/redis.sock.")
            }
        }

        func credentials() throws(RedisError) -> Credentials? {
            guard let userinfo, !userinfo.isEmpty else { return nil }
            guard let colon = userinfo.firstIndex(of: ":") else {
                return Credentials(password: Secret(try percentDecoded(userinfo)))
            }
            let user = try percentDecoded(userinfo[..<colon])
            let password = try percentDecoded(userinfo[userinfo.index(after: colon)...])
            return Credentials(user: user.isEmpty ? nil : user, password: Secret(password))
        }

        func addresses(defaultPort: Int) throws(RedisError) -> [Address] {
            var addresses: [Address] = []
            for host in self.hosts.split(separator: ",", omittingEmptySubsequences: false) {
                addresses.append(try Self.address(host, defaultPort: defaultPort))
            }
            return addresses
        }

        private static func address(_ text: Substring, defaultPort: Int) throws(RedisError) -> Address {
            var host = text
            var port: Substring?
            if text.hasPrefix("[") {
                guard let bracket = text.firstIndex(of: "]") else {
                    throw .url("has an IPv6 address without its closing bracket.")
                }
                host = text[text.index(after: text.startIndex)..<bracket]
                let after = text[text.index(after: bracket)...]
                guard after.isEmpty || after.hasPrefix(":") else {
                    throw .url("has something other than a port after an IPv6 address.")
                }
                port = after.isEmpty ? nil : after.dropFirst()
            } else if let colon = text.firstIndex(of: ":") {
                host = text[..<colon]
                port = text[text.index(after: colon)...]
            }
            guard !host.isEmpty else { throw .url("has no host. Write redis://host:6379.") }
            guard let port else { return .host(String(host), port: defaultPort) }
            guard let number = Int(port), (1...65_535).contains(number) else {
                throw .url("has a port that is not a number from 1 to 65535. Put IPv6 addresses into brackets.")
            }
            return .host(String(host), port: number)
        }
    }
}

private func percentDecoded(_ text: Substring) throws(RedisError) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let hexadecimal = String(rest.prefix(2)), hexadecimal.utf8.count == 2,
            let decoded = UInt8(hexadecimal, radix: 16)
        else {
            throw .url("has a % that is not followed by two hexadecimal digits. Write a literal % as %25.")
        }
        bytes.append(decoded)
        rest = rest.dropFirst(2)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self) else {
        throw .url("has percent-encoded bytes that are not UTF-8.")
    }
    return decoded
}

extension RedisError {
    fileprivate static func url(_ problem: String) -> RedisError {
        RedisError(.configuration, "The Redis URL \(problem)")
    }
}
