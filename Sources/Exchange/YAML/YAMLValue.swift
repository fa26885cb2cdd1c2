/// A value of a YAML file: scalars as they are meant, members in their order, and where each of them stood.
///
/// Aliases and merge keys are written out when a file is read; comments and the layout are lost. Two values are equal when
/// they mean the same, wherever they stood.
package struct YAMLValue: Sendable {
    /// What the value is.
    package indirect enum Content: Sendable, Hashable {
        case scalar(YAMLScalar)
        case list([YAMLValue])
        case mapping(YAMLMapping)
    }

    package var content: Content

    /// A tag that the file gives and that is not plain from the value itself: `!Ref`, `tag:yaml.org,2002:set`.
    package var tag: String?

    /// Where the file has it; nil for a value that was made.
    package let place: YAMLPlace?

    package init(_ content: Content, tag: String? = nil, place: YAMLPlace? = nil) {
        self.content = content
        self.tag = tag
        self.place = place
    }

    /// A string.
    package init(text: String) {
        self.init(.scalar(.text(text)))
    }

    /// `true` or `false`.
    package init(_ bool: Bool) {
        self.init(.scalar(.plain(bool ? "true" : "false")))
    }

    /// The scalar; nil for anything else.
    package var scalar: YAMLScalar? {
        guard case .scalar(let scalar) = self.content else { return nil }
        return scalar
    }

    /// The elements of a list; nil for anything else.
    package var list: [YAMLValue]? {
        guard case .list(let list) = self.content else { return nil }
        return list
    }

    /// The members of a mapping; nil for anything else.
    package var mapping: YAMLMapping? {
        guard case .mapping(let mapping) = self.content else { return nil }
        return mapping
    }

    /// What kind of value this is, in the words of an error message.
    package var kind: String {
        switch self.content {
        case .scalar(.null): "empty"
        case .scalar(let scalar): "“\(scalar.spelling.prefix(80))”"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

extension YAMLValue: Hashable {
    package static func == (left: YAMLValue, right: YAMLValue) -> Bool {
        left.content == right.content && left.tag == right.tag
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.content)
        hasher.combine(self.tag)
    }
}

/// A place in a file, both counted from 1; columns in characters (Unicode scalars, so that an editor agrees).
package struct YAMLPlace: Sendable, Hashable, CustomStringConvertible {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package var description: String { "line \(self.line), column \(self.column)" }
}

/// The members of a mapping in order, each key once, found quickly.
package struct YAMLMapping: Sendable {
    /// One member.
    package typealias Element = (key: YAMLScalar, value: YAMLValue)

    private var members: [Element] = []
    private var places: [String: Int] = [:]

    /// A mapping without members.
    package init() {}

    /// A mapping of these members; of two with the same key the last one wins, in the place of the first.
    package init(_ members: some Sequence<Element>) {
        for (key, value) in members { self[key] = value }
    }

    /// The value of a key, however it is spelled. Setting one that is not there appends it; setting nil removes it.
    package subscript(_ key: YAMLScalar) -> YAMLValue? {
        get { self.places[key.spelling].map { self.members[$0].value } }
        set {
            switch (self.places[key.spelling], newValue) {
            case (.some(let place), .some(let value)):
                self.members[place].value = value
            case (.some(let place), nil):
                self.members.remove(at: place)
                self.index()
            case (nil, .some(let value)):
                self.places[key.spelling] = self.members.count
                self.members.append((key, value))
            case (nil, nil):
                break
            }
        }
    }

    /// The value of a key that is a text.
    package subscript(_ key: String) -> YAMLValue? {
        get { self[.text(key)] }
        set { self[.text(key)] = newValue }
    }

    /// Puts a member right behind another one, or moves it there.
    package mutating func insert(_ key: String, _ value: YAMLValue, after other: String) {
        self[key] = nil
        let place = self.places[other].map { $0 + 1 } ?? self.members.count
        self.members.insert((.text(key), value), at: place)
        self.index()
    }

    /// Puts a member in front of all others, or moves it there.
    package mutating func prepend(_ key: String, _ value: YAMLValue) {
        self[key] = nil
        self.members.insert((.text(key), value), at: 0)
        self.index()
    }

    /// The mapping without some members.
    package func without(_ keys: String...) -> YAMLMapping {
        YAMLMapping(self.filter { !keys.contains($0.key.spelling) })
    }

    private mutating func index() {
        self.places = [:]
        for (place, member) in self.members.enumerated() { self.places[member.key.spelling] = place }
    }
}

extension YAMLMapping: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { self.members.count }

    /// The member at a place in the order.
    package subscript(position: Int) -> Element { self.members[position] }
}

extension YAMLMapping: Hashable {
    /// The order counts: people have put it so.
    package static func == (left: YAMLMapping, right: YAMLMapping) -> Bool {
        left.elementsEqual(right) { $0.key == $1.key && $0.value == $1.value }
    }

    package func hash(into hasher: inout Hasher) {
        for member in self.members {
            hasher.combine(member.key)
            hasher.combine(member.value)
        }
    }
}
