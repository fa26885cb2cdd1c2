import Reactor
import Secrets

/// One address that a connection can be tried at, with everything that libpq is to be told.
struct Address: Sendable {
    let host: PostgresHost
    /// Numeric; nothing for Unix sockets.
    let numeric: String?

    var description: String {
        guard let numeric = self.numeric, numeric != self.host.name else { return self.host.description }
        return "\(self.host) (\(numeric))"
    }

    /// Looks the names up, off every event loop: libpq itself would block on them.
    ///
    /// - Parameters:
    ///   - hosts: The hosts in the order in which they are to be tried.
    ///   - timeout: How long each look-up may take.
    /// - Returns: All addresses of all hosts in order, and why some have none.
    /// - Throws: ``PostgresError`` if the task was cancelled.
    static func addresses(
        of hosts: [PostgresHost],
        timeout: Duration
    ) async throws(PostgresError) -> (addresses: [Address], failures: [String]) {
        var addresses: [Address] = []
        var failures: [String] = []
        for host in hosts {
            guard !host.isSocketDirectory, let name = host.address ?? host.name else {
                addresses.append(Address(host: host, numeric: nil))
                continue
            }
            do {
                let found = try await NameResolver.shared.addresses(of: name, timeout: timeout)
                addresses += found.map { Address(host: host, numeric: $0) }
            } catch is CancellationError {
                throw PostgresError(.cancelled, "cancelled while the name “\(name)” was looked up")
            } catch {
                failures.append("\(error)")
            }
        }
        return (addresses, failures)
    }

    /// libpq's keywords for this address.
    func keywords(for target: TargetSession, _ configuration: PostgresConfiguration) -> [(String, String)] {
        var keywords = configuration.keywords.mapValues(\.exposed)
        keywords["host"] = self.host.name
        keywords["hostaddr"] = self.numeric
        keywords["port"] = self.host.port
        keywords["target_session_attrs"] = target.rawValue
        keywords["client_encoding"] = "UTF8"
        keywords["fallback_application_name"] = configuration.applicationName
        keywords["options"] = Self.options(configuration, given: keywords["options"])
        let defaults = [
            // Kerberos reads files and asks servers while the loop waits; whoever wants it says so.
            "gssencmode": "disable",
            // A peer that vanished without a word is found out within a minute, not two hours.
            "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3", "tcp_user_timeout": "30000",
        ]
        keywords.merge(defaults) { given, _ in given }
        return keywords.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Settings of the session that decoding and time-outs rely on. They come behind those of the connection string.
    private static func options(_ configuration: PostgresConfiguration, given: String?) -> String {
        var settings = [
            "datestyle=ISO", "bytea_output=hex", "extra_float_digits=1",
            // A server that works for a client that went away finds out, and stops (PostgreSQL 14 and later).
            "client_connection_check_interval=1000",
        ]
        if let timeout = configuration.statementTimeout {
            settings.append("statement_timeout=\(timeout.wholeMilliseconds)")
        }
        return ([given].compactMap { $0 } + settings.map { "-c \($0)" }).joined(separator: " ")
    }
}

extension Duration {
    /// Milliseconds, at least 1: to PostgreSQL 0 means no limit.
    var wholeMilliseconds: Int64 {
        max(1, self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000)
    }
}
