package import Secrets

/// What the process environment says about providers: their keys, their addresses, and where keys may go.
///
/// It is read once, at start; rows of the registry name variables of it, and never hold what is in them.
package struct ProviderEnvironment: Sendable {
    /// Where providers are and where their keys may go.
    package let policy: DestinationPolicy

    private let values: [String: Secret]

    /// Reads the environment.
    ///
    /// - Parameter environment: names and values; values that are not addresses are kept as secrets.
    /// - Throws: a ``DestinationError`` with the name of the variable that cannot be used.
    package init(environment: [String: String]) throws(DestinationError) {
        self.policy = try DestinationPolicy(environment: environment)
        self.values = environment.filter { !$0.value.isEmpty }.mapValues { Secret($0) }
    }

    /// What a provider's key is called, and the key if it is set.
    package struct Key: Sendable {
        /// The variables that may hold it, in order; the first is the one to name to people.
        package let variables: [String]

        /// The key; nil if none of the variables is set.
        package let secret: Secret?
    }

    /// The key of a provider's row.
    ///
    /// - Parameters:
    ///   - slug: the row's.
    ///   - rowVariable: what the row names; nil or empty for the definition's own.
    ///   - definition: of the row's adapter.
    /// - Returns: the variables and, if one is set, the key.
    /// - Throws: a ``KeyVariableError`` where the row names a variable that is not its own.
    package func key(
        slug: String,
        rowVariable: String?,
        definition: ProviderDefinition
    ) throws(KeyVariableError) -> Key {
        let variables = try KeyPolicy.variables(slug: slug, rowVariable: rowVariable, definition: definition)
        for variable in variables {
            if let secret = self.values[variable] { return Key(variables: variables, secret: secret) }
        }
        return Key(variables: variables, secret: nil)
    }
}
