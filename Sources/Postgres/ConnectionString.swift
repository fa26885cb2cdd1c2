import CPostgres

/// A connection string taken apart by libpq's own parser; nothing is opened or looked up.
struct ConnectionString {
    private(set) var keywords: [String: String]
    private(set) var hosts: [PostgresHost] = []
    private(set) var targetSession = TargetSession.any
    private(set) var connectTimeout: Duration?

    private static let choices: [String: [String]] = [
        "sslmode": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        "gssencmode": ["disable", "prefer", "require"],
        "channel_binding": ["disable", "prefer", "require"],
    ]

    init(_ text: String) throws(PostgresError) {
        self.keywords = try Self.parse(text)
        for (keyword, allowed) in Self.choices {
            guard let value = self.keywords[keyword], !allowed.contains(value) else { continue }
            throw Self.wrong(keyword, "is none of \(allowed.joined(separator: ", "))")
        }
        if let value = self.keywords.removeValue(forKey: "target_session_attrs") {
            guard let target = TargetSession(rawValue: value) else {
                let allowed = TargetSession.allCases.map(\.rawValue).joined(separator: ", ")
                throw Self.wrong("target_session_attrs", "is none of \(allowed)")
            }
            self.targetSession = target
        }
        if let value = self.keywords.removeValue(forKey: "connect_timeout") {
            guard let seconds = Int(value), (0...86_400).contains(seconds) else {
                throw Self.wrong("connect_timeout", "is no number of seconds between 0 and 86400")
            }
            // As in libpq, 0 means that nothing was asked for.
            self.connectTimeout = seconds == 0 ? nil : .seconds(seconds)
        }
        self.hosts = try self.takeHosts()
    }

    private mutating func takeHosts() throws(PostgresError) -> [PostgresHost] {
        func list(_ keyword: String) -> [String]? {
            self.keywords.removeValue(forKey: keyword).map { value in
                value.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
            }
        }
        let names = list("host") ?? Self.defaultHost()
        let addresses = list("hostaddr")
        let ports = list("port") ?? []
        let count = addresses?.count ?? names?.count ?? 1
        if let names, names.count != count {
            throw Self.wrong("hostaddr", "names \(count) addresses for \(names.count) hosts")
        }
        guard ports.count <= 1 || ports.count == count else {
            throw Self.wrong("port", "names \(ports.count) ports for \(count) hosts")
        }
        for port in ports where !port.isEmpty {
            guard let number = Int(port), (1...65_535).contains(number) else {
                throw Self.wrong("port", "is no number between 1 and 65535")
            }
        }
        return (0..<count).map { index in
            let port = ports.count == 1 ? ports[0] : ports.isEmpty ? "" : ports[index]
            let (name, address) = (names?[index] ?? "", addresses?[index] ?? "")
            return PostgresHost(
                name: name.isEmpty ? nil : name,
                address: address.isEmpty ? nil : address,
                port: port.isEmpty ? nil : port
            )
        }
    }

    /// What the environment says (`PGHOST`), because a name that libpq finds there would be looked up by libpq.
    private static func defaultHost() -> [String]? {
        guard let options = PQconndefaults() else { return nil }
        defer { PQconninfoFree(options) }
        return Self.values(of: options)["host"].map { host in
            host.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        }
    }

    private static func parse(_ text: String) throws(PostgresError) -> [String: String] {
        guard !text.utf8.contains(0) else {
            throw PostgresError(.configuration, "the connection string contains a NUL character")
        }
        var complaint: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &complaint) else {
            defer { PQfreemem(complaint) }
            throw Self.refusal(complaint.map { String(cString: $0) } ?? "out of memory")
        }
        defer { PQconninfoFree(options) }
        return Self.values(of: options)
    }

    private static func values(of options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var next = options
        while let keyword = next.pointee.keyword {
            if let value = next.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            next += 1
        }
        return values
    }

    /// libpq's complaint, as far as it cannot quote a password: what it quotes elsewhere may be a part of one that was
    /// not escaped.
    private static func refusal(_ complaint: String) -> PostgresError {
        for opening in ["invalid connection option \"", "invalid URI query parameter: \""]
        where complaint.hasPrefix(opening) {
            let keyword = complaint.dropFirst(opening.count).prefix { $0 != "\"" }
            guard keyword.utf8.allSatisfy({ (97...122).contains($0) || $0 == 95 }), keyword.utf8.count <= 40 else {
                break
            }
            return PostgresError(.configuration, "the connection string has the unknown keyword “\(keyword)”")
        }
        return PostgresError(
            .configuration,
            "the connection string cannot be read; write postgresql://user:password@host:port/database?keyword=value with "
                + "special characters of each part percent-encoded, or keyword='value' with spaces in quotes"
        )
    }

    private static func wrong(_ keyword: String, _ what: String) -> PostgresError {
        PostgresError(.configuration, "the connection string's “\(keyword)” \(what)")
    }
}
