package import Configuration
import Secrets
import Yams

/// The file that `ROSTER_CONFIG` names, as swift-configuration reads it: one mapping of names to values or lists.
///
/// YAML 1.2 contains JSON, so that one parser reads both. swift-configuration's own snapshots cannot tell which names a
/// file holds; this one can, because a name that nobody knows is an error.
package struct SettingsFile: FileConfigSnapshot {
    /// Nothing can be chosen.
    package struct ParsingOptions: FileParsingOptions {
        package static let `default` = ParsingOptions()
    }

    /// A file that is no mapping of names to plain values.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    package let providerName: String
    /// The values as text, a list with commas, by name; a `null` is as if it were not there.
    let values: [String: Secret]

    package init(data: RawSpan, providerName: String, parsingOptions: ParsingOptions) throws {
        let bytes = unsafe data.withUnsafeBytes { unsafe Array($0) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Malformed(description: "it is not UTF-8")
        }
        self.providerName = providerName
        self.values = try Self.values(of: text).mapValues { Secret($0) }
    }

    private static func values(of text: String) throws -> [String: String] {
        guard let root = try Yams.Parser(yaml: text).singleRoot() else { return [:] }
        guard let mapping = root.mapping else {
            throw Malformed(description: "it is not a mapping of settings to values")
        }
        var values: [String: String] = [:]
        for (key, value) in mapping {
            guard let name = key.string else { throw Malformed(description: "a name in it is not a text") }
            let place = value.mark.map { " (line \($0.line))" } ?? ""
            switch value {
            case .scalar(let scalar):
                // YAML 1.2.2, section 10.3.2: what null is in the core schema.
                let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
                if !isNull { values[name] = scalar.string }
            case .sequence(let sequence):
                values[name] = try sequence.map { element in
                    guard let text = element.scalar?.string else {
                        throw Malformed(description: "\(name)\(place) is a list of something other than plain values")
                    }
                    return text
                }.joined(separator: ",")
            case .mapping:
                throw Malformed(description: "\(name)\(place) is a mapping; settings are plain values or lists")
            case .alias:
                throw Malformed(description: "\(name)\(place) is an alias; write the value itself")
            }
        }
        return values
    }

    package func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        let name = key.components.joined(separator: ".")
        return LookupResult(
            encodedKey: name,
            value: self.values[name].map { ConfigValue(.string($0.exposed), isSecret: true) }
        )
    }
}

extension SettingsFile: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { "settings file with \(self.values.count) values" }

    /// Without values: there may be secrets among them.
    package var debugDescription: String { self.description }
}
