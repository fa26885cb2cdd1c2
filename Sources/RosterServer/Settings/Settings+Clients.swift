package import Gateway
package import HTTP
package import Logging
package import Postgres
import Providers
package import Redis
import Secrets
package import Transfer

/// The parts of a replica, made from the settings that concern each.
extension Settings {
    /// The client of the registry's database.
    ///
    /// - Parameter logger: What it logs with.
    /// - Returns: A client that is not running yet.
    /// - Throws: `SettingsError` where the setting is missing or cannot be used.
    package func postgresClient(logger: Logger) throws -> PostgresClient {
        let facts = Self.list.databaseURL.facts
        guard let url = self.databaseURL else { throw SettingsError.missing(facts, for: "this command") }
        do {
            var configuration = try PostgresConfiguration(url: url)
            // Statements share half of the connections; transactions lease the others.
            configuration.poolSize = self.databaseConnections / 2
            configuration.maximumLeases = self.databaseConnections - self.databaseConnections / 2
            return try PostgresClient(configuration: configuration, logger: logger)
        } catch let error as PostgresError where error.code == .configuration {
            throw SettingsError(.badValue, facts.variable, "\(facts.variable): \(error.message).")
        }
    }

    /// The client of Redis; `nil` where none is set.
    ///
    /// - Parameter logger: What it logs with.
    /// - Returns: A client that is not running yet.
    /// - Throws: `SettingsError` where the setting cannot be used.
    package func redisClient(logger: Logger) throws(SettingsError) -> RedisClient? {
        guard let url = self.redisURL else { return nil }
        let facts = Self.list.redisURL.facts
        do {
            return RedisClient(configuration: try RedisConfiguration(url: url.exposed), logger: logger)
        } catch {
            throw SettingsError(.badValue, facts.variable, "\(facts.variable): \(error.message)")
        }
    }

    /// The client of all traffic to providers.
    ///
    /// - Parameter logger: What it logs with.
    /// - Returns: A client that is not running yet.
    /// - Throws: `TransferError` where libcurl or the kernel refuses.
    package func transferClient(logger: Logger) throws -> TransferClient {
        var configuration = TransferConfiguration()
        configuration.maximumTransfers = self.providerConnections
        configuration.totalConnections = self.providerConnections
        configuration.shutdownGrace = self.shutdownGrace
        return try TransferClient(configuration: configuration, logger: logger)
    }

    /// The limits of the request path.
    package var inference: InferenceSettings {
        var inference = InferenceSettings()
        inference.largestBody = self.maximumBodyBytes
        inference.connectTimeout = self.connectTimeout
        inference.firstByteTimeout = self.firstByteTimeout
        inference.firstByteTimeoutOfStreams = self.streamFirstByteTimeout
        inference.idleTimeout = self.answerIdleTimeout
        return inference
    }

    /// Which clients may do without a key what others may not.
    ///
    /// - Returns: The networks.
    /// - Throws: `SettingsError` with the word that is no network.
    package func trustedNetworkList() throws(SettingsError) -> TrustedNetworks {
        do {
            return try TrustedNetworks(
                trusted: self.trustedNetworks.joined(separator: ","),
                proxies: self.trustedProxies.joined(separator: ",")
            )
        } catch {
            let facts = [Self.list.trustedNetworks.facts, Self.list.trustedProxies.facts]
            let names = facts.map(\.variable).joined(separator: " or ")
            throw SettingsError(.badValue, facts[0].variable, "\(names): \(error).")
        }
    }
}
