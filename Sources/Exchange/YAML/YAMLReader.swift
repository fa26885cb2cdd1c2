import Yams

extension YAMLValue {
    /// Reads the one document of a text. An empty text is nothing.
    ///
    /// - Parameters:
    ///   - bytes: The whole text, in UTF-8; a byte order mark is stepped over.
    ///   - limits: How long, how deep and how manifold it may be.
    /// - Throws: A ``YAMLError`` that says where and what is wrong.
    package init(parsing bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(.tooLarge, at: nil, "it is longer than \(limits.bytes) bytes")
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        guard let text = String(validating: bytes.dropFirst(bytes.starts(with: mark) ? 3 : 0), as: UTF8.self) else {
            throw YAMLError(.encoding, at: nil, "it is not text in UTF-8")
        }
        let root: Node?
        do {
            // The parser resolves the tags of keys where it looks for duplicates, and forgets whether there was one.
            let resolver = try Resolver.basic.appending(Tag.Name(rawValue: YAMLReader.none), "^")
            root = try Yams.Parser(yaml: text, resolver: resolver, encoding: .utf8).singleRoot()
        } catch {
            throw YAMLError(error, in: text)
        }
        guard let root else {
            self.init(.scalar(.null))
            return
        }
        var reader = YAMLReader(limits: limits)
        self = try reader.value(root, depth: 0)
    }
}

/// Turns the nodes of the parser into values: aliases and merge keys written out, within limits.
private struct YAMLReader {
    let limits: YAMLLimits
    private var values = 0

    /// The tag of what has no tag.
    static let none = "none"
    private static let standard = "tag:yaml.org,2002:"

    init(limits: YAMLLimits) {
        self.limits = limits
    }

    mutating func value(_ node: Node, depth: Int) throws(YAMLError) -> YAMLValue {
        let place = node.mark.map { YAMLPlace(line: $0.line, column: $0.column) }
        self.values += 1
        guard self.values <= self.limits.values else {
            throw YAMLError(
                .tooLarge,
                at: place,
                "there are more than \(self.limits.values) values, aliases written out"
            )
        }
        guard depth <= self.limits.depth else {
            throw YAMLError(.tooLarge, at: place, "lists and mappings are nested more than \(self.limits.depth) deep")
        }
        switch node {
        case .scalar(let scalar):
            let (content, tag) = Self.scalar(scalar)
            return YAMLValue(.scalar(content), tag: tag, place: place)
        case .sequence(let sequence):
            var elements: [YAMLValue] = []
            for element in sequence { elements.append(try self.value(element, depth: depth + 1)) }
            return YAMLValue(.list(elements), tag: Self.tag(sequence.tag, usual: "seq"), place: place)
        case .mapping(let mapping):
            return YAMLValue(
                .mapping(try self.members(of: mapping, depth: depth)),
                tag: Self.tag(mapping.tag, usual: "map"),
                place: place
            )
        case .alias(let alias):
            // The parser has put in what an alias stands for.
            throw YAMLError(.syntax, at: place, "the alias “\(alias.anchor.rawValue)” stands for nothing")
        }
    }

    private mutating func members(of mapping: Node.Mapping, depth: Int) throws(YAMLError) -> YAMLMapping {
        var members = YAMLMapping()
        var ownKeys: Set<String> = []
        for (key, _) in mapping { if let scalar = key.scalar { ownKeys.insert(Self.scalar(scalar).0.spelling) } }
        for (keyNode, valueNode) in mapping {
            let place = keyNode.mark.map { YAMLPlace(line: $0.line, column: $0.column) }
            guard let scalar = keyNode.scalar else {
                throw YAMLError(
                    .unsupported,
                    at: place,
                    "a key must be a plain value, and this one is a list or a mapping"
                )
            }
            let key = Self.scalar(scalar).0
            let value = try self.value(valueNode, depth: depth + 1)
            guard key == .plain("<<") else {
                members[key] = YAMLValue(value.content, tag: value.tag, place: value.place ?? place)
                continue
            }
            // What stands first wins, and what the mapping says itself wins over all of it.
            for other in try Self.merged(value) {
                for (key, value) in other where !ownKeys.contains(key.spelling) && members[key] == nil {
                    members[key] = value
                }
            }
        }
        return members
    }

    /// The mappings that a merge key names (YAML 1.1, the type `merge`).
    private static func merged(_ value: YAMLValue) throws(YAMLError) -> [YAMLMapping] {
        if let mapping = value.mapping { return [mapping] }
        var mappings: [YAMLMapping] = []
        for element in value.list ?? [value] {
            guard let mapping = element.mapping else {
                throw YAMLError(
                    .syntax,
                    at: element.place,
                    "what “<<” merges must be a mapping, and this is \(element.kind)"
                )
            }
            mappings.append(mapping)
        }
        return mappings
    }

    private static func scalar(_ scalar: Node.Scalar) -> (YAMLScalar, tag: String?) {
        let tag = scalar.tag.description
        switch tag {
        case "", self.none:
            let isPlain = scalar.style == .plain || scalar.style == .any
            return (isPlain ? YAMLScalar(unquoted: scalar.string) : .text(scalar.string), nil)
        case "!", self.standard + "str":
            return (.text(scalar.string), nil)
        case self.standard + "int", self.standard + "bool", self.standard + "null":
            return (YAMLScalar(unquoted: scalar.string), nil)
        default:
            return (.text(scalar.string), tag)
        }
    }

    private static func tag(_ tag: Tag, usual: String) -> String? {
        let name = tag.description
        return ["", "!", self.none, self.standard + usual].contains(name) ? nil : name
    }
}

extension YAMLError {
    /// What the parser said, in this project's words.
    fileprivate init(_ error: any Error, in text: String) {
        func place(_ mark: Mark) -> YAMLPlace { YAMLPlace(line: mark.line, column: mark.column) }
        guard let error = error as? YamlError else {
            self.init(.syntax, at: nil, "\(error)")
            return
        }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let isTab = Self.character(at: mark, in: text) == "\t"
            self.init(
                .syntax,
                at: place(mark),
                isTab ? "a tab stands there, and YAML is indented with spaces" : "it is not YAML: \(problem)"
            )
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(.duplicate, at: place(context.mark), "“\(duplicates.first ?? "")” stands twice in one mapping")
        case .reader(let problem, _, _, _):
            self.init(.encoding, at: nil, "it is not YAML: \(problem)")
        case .memory:
            self.init(.tooLarge, at: nil, "there is not enough memory to read it")
        case .no, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            self.init(.syntax, at: nil, "it is not YAML: \(error)")
        }
    }

    private static func character(at mark: Mark, in text: String) -> Unicode.Scalar? {
        let lines = text.unicodeScalars.split(separator: "\n", maxSplits: mark.line, omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        return lines[mark.line - 1].dropFirst(mark.column - 1).first
    }
}
