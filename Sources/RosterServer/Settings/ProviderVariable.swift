package import Providers
import Secrets

/// A variable that providers' definitions ask for: a key, or an address.
///
/// They come from ``ProviderCatalog``, so that a new provider brings its own along.
package struct ProviderVariable: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// What it holds.
    package let meaning: String
    /// Whether its value is never shown.
    package let isSecret: Bool

    /// Every variable of every provider that is built in, in the order of the catalogue.
    package static let all: [ProviderVariable] = ProviderCatalog.seeded.flatMap { definition in
        let keys = definition.keyVariables.enumerated().map { index, name in
            let first = definition.keyVariables[0]
            return ProviderVariable(
                name: name,
                meaning: "The key of \(definition.name)" + (index == 0 ? "." : ", if \(first) is not set."),
                isSecret: true
            )
        }
        let address = ProviderVariable(
            name: DestinationPolicy.addressVariable(slug: definition.slug),
            meaning: "Where \(definition.name) is, instead of \(definition.baseURL).",
            isSecret: false
        )
        let others = definition.addressVariables.flatMap { [$0.name] + $0.companions }.map { name in
            ProviderVariable(
                name: name,
                meaning: "Where \(definition.name) is, as its own tools have it.",
                isSecret: false
            )
        }
        return keys + [address] + others.filter { $0.name != address.name }
    }
}

extension Settings {
    /// The same, but every provider is a simulator: its address takes all traffic, and every key is set to something.
    ///
    /// - Parameters:
    ///   - url: Where the simulator is.
    ///   - label: Who says so, as `roster config` would show it.
    /// - Returns: The settings.
    /// - Throws: What is wrong with the address.
    package func simulatingProviders(at url: String, by label: String) throws(SettingsError) -> Settings {
        let names = ProviderCatalog.seeded.compactMap { $0.keyVariables.first }
        return try self.replacing(
            ["egress-url": url],
            variables: Dictionary(names.map { ($0, "simulated") }, uniquingKeysWith: { first, _ in first }),
            by: label
        )
    }

    /// Whether the key of any provider is set.
    package var hasProviderKey: Bool {
        ProviderVariable.all.contains { $0.isSecret && self.variables.values[$0.name] != nil }
    }

    /// What providers read from the environment, with addresses that this list declares.
    ///
    /// - Returns: Keys and addresses of providers.
    /// - Throws: The setting that holds an address that cannot be used.
    package func providerEnvironment() throws(SettingsError) -> ProviderEnvironment {
        var values = self.variables.values.mapValues(\.exposed)
        values[DestinationPolicy.egressVariable] = self.egressURL
        values[DestinationPolicy.hostsVariable] = self.providerHosts.joined(separator: ",")
        do {
            return try ProviderEnvironment(environment: values)
        } catch {
            throw SettingsError(.badValue, "providers", "\(error).")
        }
    }
}
