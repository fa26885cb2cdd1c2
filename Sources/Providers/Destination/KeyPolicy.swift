/// Which environment variable may be read as the key of which provider.
///
/// A row names its variable (`providers.api_key_env_var`), and people edit rows. Without this rule a row could name
/// `DATABASE_URL`, or another provider's key, and have it sent to its own host.
package enum KeyPolicy {
    /// The variables to look into for a row's key, in order; the first that is set counts.
    ///
    /// - Parameters:
    ///   - slug: the row's.
    ///   - rowVariable: what the row names; nil or empty for the definition's own.
    ///   - definition: of the row's adapter.
    /// - Returns: at least one variable.
    /// - Throws: a ``KeyVariableError`` where the row names a variable that is not its own, and where its adapter does not
    ///   belong to its slug, so that the slug's key would go to the adapter's host.
    package static func variables(
        slug: String,
        rowVariable: String?,
        definition: ProviderDefinition
    ) throws(KeyVariableError) -> [String] {
        let conventional = DestinationPolicy.variable(slug: slug, ending: "_API_KEY")
        // A row that a person added must not pick up the key of the provider whose adapter it borrows.
        let known = slug == definition.slug ? definition.keyVariables : []
        let own = known.contains(conventional) ? known : known + [conventional]
        for variable in own { try Self.checkOwner(variable, definition) }
        guard let rowVariable, !rowVariable.isEmpty else { return own }
        if own.contains(rowVariable) { return [rowVariable] + own.filter { $0 != rowVariable } }
        try Self.checkName(rowVariable)
        try Self.checkOwner(rowVariable, definition)
        return [rowVariable]
    }

    private static func checkName(_ variable: String) throws(KeyVariableError) {
        let isName = variable.utf8.allSatisfy {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "_")
        }
        guard isName, ["_API_KEY", "_KEY", "_TOKEN"].contains(where: { variable.hasSuffix($0) }) else {
            throw KeyVariableError(
                variable: variable,
                reason: "the name of a key's variable is in capitals and ends with _API_KEY, _KEY or _TOKEN"
            )
        }
        guard !variable.hasPrefix("ROSTER_"), !["ADMIN_API_KEY", "IIR_API_KEY"].contains(variable) else {
            throw KeyVariableError(variable: variable, reason: "it is a key of this registry, not of a provider")
        }
    }

    private static func checkOwner(
        _ variable: String,
        _ definition: ProviderDefinition
    ) throws(KeyVariableError) {
        guard !definition.keyVariables.contains(variable) else { return }
        if let owner = ProviderCatalog.all.first(where: { $0.keyVariables.contains(variable) }) {
            throw KeyVariableError(variable: variable, reason: "it is the key of \(owner.name)")
        }
    }
}

/// Why a row's variable is not read.
package struct KeyVariableError: Error, Sendable, Hashable, CustomStringConvertible {
    package let variable: String
    package let reason: String

    package var description: String { "\(self.variable) cannot be this provider's key: \(self.reason)" }
}
