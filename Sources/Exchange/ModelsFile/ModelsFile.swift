/// A `models.yaml`: models by id, a default with its fallbacks, and lists for cost and for quality.
///
/// It keeps the document as it was read, so that what it does not know stays where it is when a part of it is written anew.
package struct ModelsFile: Sendable, Hashable {
    /// The document.
    package private(set) var document: YAMLMapping

    /// A list of models that the file has, and the route of the registry that holds the same.
    package enum List: String, Sendable, Hashable, CaseIterable {
        case `default`
        case fallback
        case costOptimized = "cost_optimized"
        case performanceOptimized = "performance_optimized"

        /// The name of the route.
        package var route: String { self.rawValue }

        /// Where the file has it, as people name it.
        package var path: String { self.isPreference ? "preferences.\(self.rawValue)" : self.rawValue }

        var isPreference: Bool { self == .default || self == .fallback }
    }

    /// A file without anything in it.
    package init() {
        self.document = YAMLMapping()
    }

    /// Reads a file. What an entry says is not looked at yet.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - limits: How much of it is accepted.
    /// - Throws: ``YAMLError`` where it is not YAML; ``ModelsFileError`` where its parts are not what they must be.
    package init(parsing bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws {
        let root = try YAMLValue(parsing: bytes, limits: limits)
        guard let document = root.mapping ?? (root.scalar == .null ? YAMLMapping() : nil) else {
            throw ModelsFileError([
                .init(root.place, "the file must be a mapping with “models”, and it is \(root.kind)")
            ])
        }
        var problems: [ModelsFileError.Problem] = []
        for name in ["models", "preferences"] {
            guard let value = document[name], value.scalar != .null, value.mapping == nil else { continue }
            problems.append(.init(value.place, "“\(name)” must be a mapping, and it is \(value.kind)"))
        }
        for (id, entry) in document["models"]?.mapping ?? YAMLMapping() where entry.mapping == nil {
            problems.append(
                .init(entry.place, "the entry of “\(id.spelling)” must be a mapping, and it is \(entry.kind)")
            )
        }
        guard problems.isEmpty else { throw ModelsFileError(problems) }
        self.document = document
    }

    /// The file as text.
    package var text: String { YAMLWriter.text(of: self.document, header: Self.header) }

    /// What stands above every file that is written.
    static let header = [
        "Models for applications, written by roster (roster update-models, roster export).",
        "Entries, keys and lists of your own stay when it is written again; comments do not.",
        "size_b is in billions of parameters; size_estimated marks a guess.",
    ]

    /// The entries by id, in their order.
    package var models: YAMLMapping {
        get { self.document["models"]?.mapping ?? YAMLMapping() }
        set { self.set("models", YAMLValue(.mapping(newValue))) }
    }

    /// A list as the file has it; nil where there is none, or an empty one.
    package subscript(_ list: List) -> YAMLValue? {
        get {
            let value =
                list.isPreference ? self.document["preferences"]?.mapping?[list.rawValue] : self.document[list.rawValue]
            guard let value, value.scalar != .null, value.list?.isEmpty != true else { return nil }
            return value
        }
        set {
            guard list.isPreference else {
                self.set(list.rawValue, newValue ?? YAMLValue(.list([])))
                return
            }
            var preferences = self.document["preferences"]?.mapping ?? YAMLMapping()
            preferences[list.rawValue] =
                newValue ?? (list == .default ? YAMLValue(.scalar(.null)) : YAMLValue(.list([])))
            self.set("preferences", YAMLValue(.mapping(preferences)))
        }
    }

    private mutating func set(_ name: String, _ value: YAMLValue) {
        let before = self.document[name]
        self.document[name] = YAMLValue(value.content, tag: before?.tag, place: before?.place)
    }
}

/// What is wrong with the parts of a `models.yaml`: every problem in a sentence, with its place.
package struct ModelsFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One thing that is wrong.
    package struct Problem: Sendable, Hashable, CustomStringConvertible {
        package let place: YAMLPlace?
        /// What is wrong and what to do.
        package let message: String

        package init(_ place: YAMLPlace?, _ message: String) {
            self.place = place
            self.message = message
        }

        package var description: String { self.place.map { "\($0): \(self.message)" } ?? self.message }
    }

    /// Everything that is wrong, in the order of the file; at least one thing.
    package let problems: [Problem]

    package init(_ problems: [Problem]) {
        self.problems = problems
    }

    package var description: String { self.problems.map { "\($0)." }.joined(separator: "\n") }
}
