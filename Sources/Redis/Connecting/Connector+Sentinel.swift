import NIOCore
import NIOConcurrencyHelpers

/// Which sentinel answered last, to be asked first; shared by the connections of one client.
final class SentinelOrder: Sendable {
    private let last = NIOLockedValueBox<RedisConfiguration.Address?>(nil)

    /// The addresses, the one that answered last in front.
    /// - Parameter addresses: The addresses as configured.
    /// - Returns: All of them.
    func sorted(_ addresses: [RedisConfiguration.Address]) -> [RedisConfiguration.Address] {
        guard let last = self.last.withLockedValue({ $0 }), addresses.contains(last) else { return addresses }
        return [last] + addresses.filter { $0 != last }
    }

    /// Remembers who answered.
    /// - Parameter address: The sentinel.
    func answered(_ address: RedisConfiguration.Address) {
        self.last.withLockedValue { $0 = address }
    }
}

extension Connector {
    /// Asks one sentinel after another where the master is, as
    /// https://redis.io/docs/latest/develop/reference/sentinel-clients/ says.
    /// - Parameters:
    ///   - addresses: The sentinels.
    ///   - master: The master's name.
    /// - Returns: The master's address, which is still to be verified.
    /// - Throws: ``RedisError`` with what each sentinel said, if none knows the master.
    func askSentinels(
        _ addresses: [RedisConfiguration.Address],
        for master: String
    ) async throws(RedisError) -> RedisConfiguration.Address {
        var reasons: [String] = []
        for sentinel in self.sentinels.sorted(addresses) {
            guard !Task.isCancelled else { throw .cancelled(executed: false) }
            do throws(RedisError) {
                let address = try await self.ask(sentinel, for: master)
                self.sentinels.answered(sentinel)
                return address
            } catch {
                reasons.append(error.message)
            }
        }
        throw RedisError(
            .unreachable,
            "No sentinel knows the master \(master): \(reasons.joined(separator: " "))"
        )
    }

    private func ask(
        _ sentinel: RedisConfiguration.Address,
        for master: String
    ) async throws(RedisError) -> RedisConfiguration.Address {
        let commands =
            Self.signIn(self.configuration.sentinelCredentials)
            + [RedisCommand("SENTINEL", ["get-master-addr-by-name", .string(master)])]
        let (channel, answers) = try await self.open(sentinel, asking: commands)
        channel.close(promise: nil)
        for answer in answers {
            if case .error(let message) = answer {
                throw RedisError(.unreachable, "The sentinel at \(sentinel) refused: \(message)")
            }
        }
        guard let pair = answers.last?.array, pair.count == 2, let host = pair[0].string, let port = pair[1].integer,
            (1...65_535).contains(port)
        else {
            throw RedisError(.unreachable, "The sentinel at \(sentinel) does not know the master \(master).")
        }
        return .host(host, port: Int(port))
    }
}
