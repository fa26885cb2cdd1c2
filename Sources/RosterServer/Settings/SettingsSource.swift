import Configuration
import FoundationEssentials
import SystemPackage

/// One of the places that settings come from: a provider of swift-configuration, and what it calls things.
struct SettingsSource: Sendable {
    /// How a source names settings.
    enum Naming: Sendable {
        /// `ROSTER_PORT`, with its aliases.
        case variables
        /// `port`, as a flag of the command line.
        case flags
        /// `max_body_bytes`, in a settings file.
        case fileKeys

        func names(of facts: SettingFacts) -> [String] {
            switch self {
            case .variables: facts.variables
            case .flags: [facts.flag]
            case .fileKeys: [facts.fileKey]
            }
        }
    }

    /// The source as `roster config` shows it: `environment`, `.env`.
    let label: String
    let naming: Naming
    let provider: any ConfigProvider
    /// Every name that the source holds, to find those that nobody knows.
    let names: [String]

    /// A setting's text in this source and the name it stands under; `nil` if it is not there or empty.
    func text(of facts: SettingFacts) throws(SettingsError) -> (text: String, name: String)? {
        for name in self.naming.names(of: facts) {
            if let text = try self.text(named: name) { return (text, name) }
        }
        return nil
    }

    /// The text that stands under a name; `nil` if it is not there or empty, as Compose and Kubernetes pass on a
    /// variable that is not set.
    func text(named name: String) throws(SettingsError) -> String? {
        do {
            let found = try self.provider.value(forKey: AbsoluteConfigKey([name]), type: .string).value
            guard case .string(let text)? = found?.content, !text.isEmpty else { return nil }
            return text
        } catch {
            throw SettingsError(.badValue, name, "\(name) (\(self.label)) cannot be read: \(error).")
        }
    }

    /// Settings given in the program itself or on its command line.
    static func flags(_ values: [String: String], label: String = "flag") -> SettingsSource {
        let entries = values.map { (AbsoluteConfigKey([$0.key]), ConfigValue(.string($0.value), isSecret: true)) }
        return SettingsSource(
            label: label,
            naming: .flags,
            provider: InMemoryProvider(name: label, values: Dictionary(entries) { _, last in last }),
            names: Array(values.keys)
        )
    }

    /// Environment variables.
    static func variables(_ values: [String: String], label: String) -> SettingsSource {
        SettingsSource(
            label: label,
            naming: .variables,
            provider: EnvironmentVariablesProvider(environmentVariables: values, secretsSpecifier: .all),
            names: Array(values.keys)
        )
    }

    /// A `.env` file; `nil` if there is none.
    static func environmentFile(_ path: FilePath, label: String) throws(SettingsError) -> SettingsSource? {
        guard FileManager.default.fileExists(atPath: path.string) else { return nil }
        guard let data = FileManager.default.contents(atPath: path.string) else {
            throw SettingsError(.unreadableFile, label, "\(path) cannot be read: check its permissions.")
        }
        guard data.count <= Self.sizeLimit, let text = String(validating: data, as: UTF8.self) else {
            throw SettingsError(.badSyntax, label, "\(path) is not a text file of at most 1 MiB.")
        }
        return .variables(try EnvironmentFile(text, path: path.string).values, label: label)
    }

    /// The file that `ROSTER_CONFIG` names.
    static func file(_ path: String) async throws(SettingsError) -> SettingsSource {
        do {
            let provider = try await FileProvider<SettingsFile>(filePath: FilePath(path))
            let names = (provider.snapshot() as? SettingsFile)?.values.keys.map { $0 } ?? []
            return SettingsSource(label: path, naming: .fileKeys, provider: provider, names: names)
        } catch let error as SettingsFile.Malformed {
            throw SettingsError(.badSyntax, path, "The settings file \(path) cannot be used: \(error).")
        } catch {
            throw SettingsError(.unreadableFile, path, "The settings file \(path) cannot be read: \(error).")
        }
    }

    private static let sizeLimit = 1 << 20
}

extension SettingsSource: CustomStringConvertible, CustomReflectable {
    /// Without values: there may be secrets among them.
    var description: String { self.label }

    /// No children, so that `dump` and `Mirror` find nothing.
    var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
