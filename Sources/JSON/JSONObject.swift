/// The members of an object, in order, found quickly by name.
///
/// Each name is there once. Where a text repeats a name, the last value wins and stays in the place of the first.
/// Names are compared byte by byte, as JSON does, not by Unicode equivalence as `String` does. The order of members does
/// not count for equality.
package struct JSONObject: Sendable {
    /// One member.
    package typealias Element = (key: String, value: JSONValue)

    private var members: [Element] = []

    /// Where each name stands; kept only by objects too large to be searched from one end to the other.
    private var places: [Name: Int] = [:]

    /// Up to this many members a plain search is faster than hashing.
    private static let searched = 12

    /// An object without members.
    package init() {}

    /// An object with these members in this order.
    package init(_ members: some Sequence<Element>) {
        for (key, value) in members { self[key] = value }
    }

    /// The value of a member. Setting one that is not there appends it; setting nil removes it.
    package subscript(_ key: String) -> JSONValue? {
        get { self.place(of: key).map { self.members[$0].value } }
        set {
            switch (self.place(of: key), newValue) {
            case (.some(let place), .some(let value)): self.members[place].value = value
            case (.some(let place), nil): self.remove(at: place)
            case (nil, .some(let value)): self.append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// The names, in order.
    package var keys: [String] { self.members.map(\.key) }

    /// Takes over every member of another object; its values win.
    package mutating func merge(_ other: JSONObject) {
        for (key, value) in other { self[key] = value }
    }

    private func place(of key: String) -> Int? {
        guard self.places.isEmpty else { return self.places[Name(key)] }
        return self.members.firstIndex { Name($0.key) == Name(key) }
    }

    private mutating func append(_ key: String, _ value: JSONValue) {
        self.members.append((key, value))
        if !self.places.isEmpty {
            self.places[Name(key)] = self.members.count - 1
        } else if self.members.count > Self.searched {
            self.index()
        }
    }

    private mutating func remove(at place: Int) {
        self.members.remove(at: place)
        self.places = [:]
        if self.members.count > Self.searched { self.index() }
    }

    private mutating func index() {
        self.places.reserveCapacity(self.members.count)
        for (place, member) in self.members.enumerated() { self.places[Name(member.key)] = place }
    }

    /// A member's name, compared by its bytes.
    struct Name: Hashable {
        let characters: String

        init(_ characters: String) {
            self.characters = characters
        }

        static func == (left: Name, right: Name) -> Bool {
            left.characters.utf8.elementsEqual(right.characters.utf8)
        }

        func hash(into hasher: inout Hasher) {
            for unit in self.characters.utf8 { hasher.combine(unit) }
            hasher.combine(0xFF as UInt8)
        }
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { self.members.count }

    /// The member at a place in the order.
    package subscript(position: Int) -> Element { self.members[position] }
}

extension JSONObject: Hashable {
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        return left.members.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        var members = 0
        for member in self.members {
            var one = Hasher()
            one.combine(Name(member.key))
            one.combine(member.value)
            members ^= one.finalize()
        }
        hasher.combine(members)
        hasher.combine(self.members.count)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}
