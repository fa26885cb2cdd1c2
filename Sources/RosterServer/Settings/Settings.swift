package import Secrets
package import SystemPackage

/// What a process runs by: every setting of ``SettingList`` with its value and where that came from.
///
/// A value, made once at start. `settings.port` is the port; which source won, and what the others said, is settled.
/// Sources, strongest first: flags, environment, `.env` in the working folder, `~/.roster/.env`, the file that
/// `ROSTER_CONFIG` names, defaults.
@dynamicMemberLookup
package struct Settings: Sendable {
    /// Every declared setting.
    package static let list = SettingList()

    /// A setting's value for people.
    package struct Effective: Sendable {
        /// Which setting.
        package let facts: SettingFacts
        /// The value as text; `nil` if there is none. Never a secret's.
        package let text: String?
        /// Where it came from: `flag --port`, `environment`, `.env`, a file's name, `default`.
        package let origin: String
        /// Whether there is a value.
        package let isSet: Bool
    }

    /// Every setting with its value, in the order of the list.
    package let effective: [Effective]
    /// Variables that are not settings of Roster's own, such as the keys of providers.
    package let variables: OtherVariables

    private let values: [String: any Sendable]
    private let sources: [SettingsSource]
    private let isInKubernetes: Bool

    /// Finds the sources and reads them.
    ///
    /// - Parameters:
    ///   - flags: What the command line says, by flag.
    ///   - environment: The process's environment.
    ///   - workingFolder: Where `.env` is looked for.
    ///   - homeFolder: Where `.roster/.env` is looked for; `nil` if there is no home.
    /// - Returns: The settings.
    /// - Throws: Everything that is wrong with them.
    package static func load(
        flags: [String: String] = [:],
        environment: [String: String],
        workingFolder: FilePath,
        homeFolder: FilePath?
    ) async throws(SettingsError) -> Settings {
        var sources: [SettingsSource] = [.flags(flags), .variables(environment, label: "environment")]
        if let file = try SettingsSource.environmentFile(workingFolder.appending(".env"), label: ".env") {
            sources.append(file)
        }
        if let homeFolder, homeFolder != workingFolder {
            let path = homeFolder.appending(".roster").appending(".env")
            if let file = try SettingsSource.environmentFile(path, label: "~/.roster/.env") { sources.append(file) }
        }
        let soFar = try Settings(sources, kubernetes: environment["KUBERNETES_SERVICE_HOST"] != nil)
        if let path = soFar.configurationFile { sources.append(try await .file(path)) }
        return try Settings(sources, kubernetes: environment["KUBERNETES_SERVICE_HOST"] != nil)
    }

    /// The same with some values replaced by the program.
    ///
    /// - Parameters:
    ///   - flags: The values, by flag; stronger than every other source.
    ///   - label: Who says so, as `roster config` would show it.
    /// - Returns: The settings.
    /// - Throws: What is wrong with the values.
    package func replacing(_ flags: [String: String], by label: String) throws(SettingsError) -> Settings {
        try Settings([.flags(flags, label: label)] + self.sources, kubernetes: self.isInKubernetes)
    }

    /// A setting's value.
    package subscript<Value: Sendable>(dynamicMember member: KeyPath<SettingList, Setting<Value>>) -> Value {
        let setting = Self.list[keyPath: member]
        return self.values[setting.facts.variable] as? Value ?? setting.defaultValue
    }

    /// The values that are not defaults, as environment variables for another process: secrets are among them.
    package var environment: [String: String] {
        var environment: [String: String] = [:]
        for (setting, effective) in zip(Self.list.all, self.effective) where effective.origin != "default" {
            environment[setting.facts.variable] = self.values[setting.facts.variable].flatMap(setting.text(of:))
        }
        return environment
    }

    /// Where a setting's value came from.
    package func origin(of facts: SettingFacts) -> String {
        self.effective.first { $0.facts.variable == facts.variable }?.origin ?? "not set"
    }

    private init(_ sources: [SettingsSource], kubernetes: Bool) throws(SettingsError) {
        self.sources = sources
        self.variables = try OtherVariables(sources: sources)
        self.isInKubernetes = kubernetes
        var problems = try UnknownNames.problems(in: sources, kubernetes: kubernetes)
        var values: [String: any Sendable] = [:]
        var effective: [Effective] = []
        for setting in Self.list.all {
            let facts = setting.facts
            guard let found = try Self.first(facts, in: sources, kubernetes: kubernetes) else {
                effective.append(
                    Effective(
                        facts: facts,
                        text: facts.defaultText,
                        origin: facts.defaultText == nil ? "not set" : "default",
                        isSet: facts.defaultText != nil
                    )
                )
                continue
            }
            guard let value = setting.value(of: found.text) else {
                problems.append(Self.problem(facts, found))
                continue
            }
            values[facts.variable] = value
            effective.append(
                Effective(
                    facts: facts,
                    text: facts.isSecret ? nil : found.text,
                    origin: found.origin(of: facts),
                    isSet: true
                )
            )
        }
        guard problems.isEmpty else { throw SettingsError(problems) }
        self.values = values
        self.effective = effective
    }

    private struct Found {
        let text: String
        let name: String
        let source: SettingsSource

        func origin(of facts: SettingFacts) -> String {
            switch self.source.naming {
            case .flags: self.source.label == "flag" ? "flag --\(self.name)" : self.source.label
            case .variables: self.name == facts.variable ? self.source.label : "\(self.source.label) (\(self.name))"
            case .fileKeys: self.source.label
            }
        }
    }

    private static func first(
        _ facts: SettingFacts,
        in sources: [SettingsSource],
        kubernetes: Bool
    ) throws(SettingsError) -> Found? {
        for source in sources {
            guard let (text, name) = try source.text(of: facts) else { continue }
            if kubernetes, ServiceLinks.mayBe(name, value: text) { continue }
            return Found(text: text, name: name, source: source)
        }
        return nil
    }

    private static func problem(_ facts: SettingFacts, _ found: Found) -> SettingsError.Problem {
        let name = found.source.naming == .flags ? "--\(found.name)" : found.name
        let place = found.source.naming == .flags ? "" : " (\(found.source.label))"
        let value = facts.isSecret ? "its value is not shown" : "“\(found.text.prefix(100))”"
        return SettingsError.Problem(
            code: .badValue,
            subject: facts.variable,
            message: "\(name)\(place) has a value that cannot be used: \(value); expected \(facts.expected)."
        )
    }
}

/// Variables of the environment and of `.env` files beside Roster's own, strongest source first.
package struct OtherVariables: Sendable {
    private var found: [String: (text: Secret, origin: String)] = [:]

    init(sources: [SettingsSource]) throws(SettingsError) {
        for source in sources where source.naming == .variables {
            for name in source.names where self.found[name] == nil {
                if let text = try source.text(named: name) { self.found[name] = (Secret(text), source.label) }
            }
        }
    }

    /// Every variable that has a value; the keys of providers are among them.
    package var values: [String: Secret] { self.found.mapValues(\.text) }

    /// Where a variable's value came from; `nil` if it has none.
    package func origin(of name: String) -> String? { self.found[name]?.origin }
}
