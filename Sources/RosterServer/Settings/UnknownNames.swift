import Registry

/// Finds names that look like settings and are none: a typo in a setting must not pass unseen.
enum UnknownNames {
    /// A sentence for each name of ours that nobody declared, with the nearest one that somebody did.
    static func problems(
        in sources: [SettingsSource],
        kubernetes: Bool
    ) throws(SettingsError) -> [SettingsError.Problem] {
        let declared = Settings.list.all.map(\.facts)
        let variables = declared.flatMap(\.variables)
        var problems: [SettingsError.Problem] = []
        for source in sources {
            let known = declared.flatMap { source.naming.names(of: $0) }
            for name in source.names.sorted() where !known.contains(name) {
                switch source.naming {
                case .variables:
                    guard name.hasPrefix(SettingFacts.prefix) else { continue }
                    if kubernetes, ServiceLinks.mayBe(name, value: try source.text(named: name)) { continue }
                    problems.append(self.problem(name, in: source, among: variables))
                case .flags, .fileKeys:
                    problems.append(self.problem(name, in: source, among: known))
                }
            }
        }
        return problems
    }

    private static func problem(
        _ name: String,
        in source: SettingsSource,
        among known: [String]
    ) -> SettingsError.Problem {
        let nearest = NearestName.of(name, among: known).map { "; did you mean \($0)?" } ?? "."
        return SettingsError.Problem(
            code: .unknownSetting,
            subject: name,
            message: "\(name) (\(source.label)) is not a setting of Roster\(nearest)"
        )
    }
}

/// The variables that Kubernetes puts into a pod for every service of its namespace.
///
/// A service named `roster` gives `ROSTER_PORT=tcp://10.0.0.1:8000`, `ROSTER_SERVICE_HOST` and more, which are not
/// meant for us (Kubernetes documentation, “Discovering services”, environment variables).
enum ServiceLinks {
    /// Whether a variable may be one of them.
    static func mayBe(_ name: String, value: String?) -> Bool {
        guard name.hasPrefix(SettingFacts.prefix) else { return false }
        if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") { return true }
        let protocols = ["tcp", "udp", "sctp"]
        if name.hasSuffix("_PORT"), let value { return protocols.contains { value.hasPrefix("\($0)://") } }
        return protocols.contains { name.contains("_\($0.uppercased())") } && name.contains("_PORT_")
    }
}
