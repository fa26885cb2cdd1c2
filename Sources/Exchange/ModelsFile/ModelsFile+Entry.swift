package import FoundationEssentials
import JSON

extension ModelsFile {
    /// One entry under `models`, read.
    package struct Entry: Sendable {
        /// The key that it stands under.
        package let id: String
        /// The slug of the provider; nil where the entry does not say.
        package let provider: String?
        /// The API name; nil where the entry does not say.
        package let modelName: String?
        /// How the program that reads the file talks to the provider.
        package let type: String?
        /// Parameters in billions, as spelled; nil where the entry does not say, or says something that is no size.
        package let size: Size?
        /// What the file says of the model that this program gives no meaning, in `config` and beside it.
        package let ownConfig: YAMLMapping
        package let ownMembers: YAMLMapping
        package let value: YAMLValue

        /// `provider/api-name`; nil where the entry does not say which model it is about.
        package var qualifiedName: String? {
            guard let provider, let modelName else { return nil }
            return "\(provider)/\(modelName)"
        }
    }

    /// A number of parameters.
    package struct Size: Sendable, Hashable {
        /// In billions.
        package let billions: Decimal
        /// Whether nobody has said so.
        package let isEstimated: Bool

        package init(billions: Decimal, isEstimated: Bool) {
            self.billions = billions
            self.isEstimated = isEstimated
        }
    }

    /// Every entry, in the order of the file.
    package var entries: [Entry] {
        self.models.compactMap { key, value in
            guard let members = value.mapping else { return nil }
            let config = members["config"]?.mapping ?? YAMLMapping()
            return Entry(
                id: key.spelling,
                provider: members["provider"]?.scalar?.name,
                modelName: config["model_name"]?.scalar?.name,
                type: members["type"]?.scalar?.name,
                size: Self.size(members),
                ownConfig: config.without("model_name"),
                ownMembers: members.without("provider", "type", "size_b", "size_estimated", "config"),
                value: value
            )
        }
    }

    private static func size(_ members: YAMLMapping) -> Size? {
        guard let spelling = members["size_b"]?.scalar?.spelling,
            let billions = JSONValue.string(spelling).decimalReadingStrings(), billions > 0
        else { return nil }
        return Size(billions: billions, isEstimated: members["size_estimated"]?.scalar?.bool == true)
    }

    /// What is wrong with the entries and the lists, for whoever means to take them over.
    package var problems: [ModelsFileError.Problem] {
        var problems: [ModelsFileError.Problem] = []
        var seen: [String: Entry] = [:]
        for entry in self.entries {
            problems += Self.problems(of: entry)
            guard let name = entry.qualifiedName else { continue }
            if let first = seen[name] {
                let line = first.value.place.map { " (line \($0.line))" } ?? ""
                problems.append(
                    .init(entry.value.place, "“\(entry.id)” is the same model as “\(first.id)”\(line): \(name)")
                )
            } else {
                seen[name] = entry
            }
        }
        for list in List.allCases {
            for element in self[list].map({ $0.list ?? [$0] }) ?? [] where Self.member(element) == nil {
                problems.append(
                    .init(element.place, "\(list.path) must name models, and this is \(element.kind)")
                )
            }
        }
        return problems
    }

    private static func problems(of entry: Entry) -> [ModelsFileError.Problem] {
        let members = entry.value.mapping ?? YAMLMapping()
        var problems: [ModelsFileError.Problem] = []
        if entry.provider == nil {
            let place = members["provider"]?.place ?? entry.value.place
            problems.append(.init(place, "“\(entry.id)” does not say its “provider”: the slug of who offers it"))
        }
        if let config = members["config"], config.mapping == nil, config.scalar != .null {
            problems.append(
                .init(config.place, "the “config” of “\(entry.id)” must be a mapping, and it is \(config.kind)")
            )
        } else if entry.modelName == nil {
            let place =
                members["config"]?.mapping?["model_name"]?.place ?? members["config"]?.place ?? entry.value.place
            problems.append(
                .init(
                    place,
                    "the “config” of “\(entry.id)” does not say its “model_name”: what its provider knows it by"
                )
            )
        }
        if let size = members["size_b"], size.scalar != .null, entry.size == nil {
            problems.append(
                .init(
                    size.place,
                    "“size_b” of “\(entry.id)” must be a number above 0, in billions, and it is \(size.kind)"
                )
            )
        }
        return problems
    }

    /// An element of a list as a member of a route: a name, or a mapping with `model` and conditions.
    static func member(_ value: YAMLValue) -> JSONValue? {
        if let name = value.scalar?.name { return .string(name) }
        guard value.mapping?["model"]?.scalar?.name != nil else { return nil }
        do throws(YAMLError) {
            return try value.json()
        } catch {
            // A condition that JSON cannot say is none that a route could have.
            return nil
        }
    }
}
