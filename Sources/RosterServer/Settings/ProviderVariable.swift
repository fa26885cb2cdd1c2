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
        let others = definition.addressVariables.map { variable in
            ProviderVariable(
                name: variable.name,
                meaning: "Where \(definition.name) is, as its own tools have it.",
                isSecret: false
            )
        }
        return keys + [address] + others.filter { $0.name != address.name }
    }
}

extension Settings {
    /// Whether the key of any provider is set.
    package var hasProviderKey: Bool {
        ProviderVariable.all.contains { $0.isSecret && self.variables.values[$0.name] != nil }
    }

    /// What providers read from the environment, as variables: keys are among them.
    package var providerValues: [String: String] {
        var values = self.variables.values.mapValues(\.exposed)
        values[DestinationPolicy.egressVariable] = self.egressURL
        values[DestinationPolicy.hostsVariable] = self.providerHosts.joined(separator: ",")
        return values
    }

    /// What providers read from the environment, with addresses that this list declares.
    ///
    /// - Returns: Keys and addresses of providers.
    /// - Throws: The setting that holds an address that cannot be used.
    package func providerEnvironment() throws(SettingsError) -> ProviderEnvironment {
        do {
            return try ProviderEnvironment(environment: self.providerValues)
        } catch {
            throw SettingsError(.badValue, "providers", "\(error).")
        }
    }
}
