import JSON

/// A text is not the list of models that it should be.
package struct ListError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Says what is wrong, and where.
    package let description: String
}

/// Where a provider's list of models keeps its rows, and a row its id.
struct ListLayout: Sendable, Hashable {
    /// The members to go through to the rows; none where the whole text is the array.
    let rows: [String]

    /// The member of a row that names the model.
    let id: String

    static let openAI = ListLayout("data", id: "id")

    /// An array without anything around it.
    static let array = ListLayout(id: "id")

    init(_ rows: String..., id: String) {
        self.rows = rows
        self.id = id
    }
}

/// A provider's list of models: its bytes, unchanged, and where in them each row stands.
struct ModelList: Sendable {
    /// The whole list as it was written or recorded.
    let bytes: [UInt8]

    /// The names of the models, in order.
    let ids: [String]

    /// Where its rows and their ids are; nil for what need not be a list.
    let layout: ListLayout?

    private let rows: [Range<Int>]
    private let places: [String: Int]

    /// Finds the rows of a list.
    ///
    /// - Parameters:
    ///   - bytes: the whole list.
    ///   - layout: where its rows and their ids are.
    /// - Throws: a ``ListError`` where it is not JSON or not such a list.
    init(_ bytes: [UInt8], layout: ListLayout) throws(ListError) {
        do {
            self.rows = try Self.rows(of: bytes.span, in: Self.withoutWhiteSpace(bytes), layout)
            self.ids = try Self.ids(of: bytes.span, self.rows, layout)
        } catch {
            throw ListError(description: "not a list of models: \(error)")
        }
        self.bytes = bytes
        self.layout = layout
        self.places = Dictionary(zip(self.ids, self.ids.indices), uniquingKeysWith: { first, _ in first })
    }

    /// Finds the rows of a list that a provider writes in one of several ways.
    ///
    /// - Parameters:
    ///   - bytes: the whole list.
    ///   - layouts: the ways, in the order in which they are tried; not empty.
    /// - Throws: a ``ListError`` of the first way where it is none of them.
    init(_ bytes: [UInt8], layouts: [ListLayout]) throws(ListError) {
        var failure: ListError?
        for layout in layouts {
            do throws(ListError) {
                try self.init(bytes, layout: layout)
                return
            } catch {
                failure = failure ?? error
            }
        }
        throw failure ?? ListError(description: "no list of models was expected")
    }

    /// Takes something that need not be a list; no model of it is known.
    init(asIs bytes: [UInt8]) {
        self.bytes = bytes
        self.layout = nil
        self.ids = []
        self.rows = []
        self.places = [:]
    }

    /// How many models it holds.
    var count: Int { self.rows.count }

    /// Where a model stands, or nil.
    func place(of id: String) -> Int? { self.places[id] }

    /// The bytes of one row.
    func row(_ place: Int) -> ArraySlice<UInt8> { self.bytes[self.rows[place]] }

    /// The value of one row.
    func value(_ place: Int) throws(JSONError) -> JSONValue {
        try JSONScanner.value(in: self.rows[place], of: self.bytes.span)
    }

    /// Some rows, unchanged, with commas between them.
    func rows(_ places: Range<Int>) -> [UInt8] {
        var joined: [UInt8] = []
        for place in places {
            if place > places.lowerBound { joined.append(UInt8(ascii: ",")) }
            joined.append(contentsOf: self.row(place))
        }
        return joined
    }

    private static func rows(
        of bytes: Span<UInt8>,
        in text: Range<Int>,
        _ layout: ListLayout
    ) throws -> [Range<Int>] {
        var range = text
        for (depth, name) in layout.rows.enumerated() {
            // The first look scans the whole text; what is found in it need not be scanned again.
            let members =
                depth == 0 ? try JSONScanner.topLevelMembers(of: bytes) : try JSONScanner.members(in: range, of: bytes)
            guard let member = members[name] else {
                throw ListError(description: "there is no member “\(name)”")
            }
            range = member.valueRange
        }
        return try JSONScanner.elements(in: range, of: bytes)
    }

    private static func ids(of bytes: Span<UInt8>, _ rows: [Range<Int>], _ layout: ListLayout) throws -> [String] {
        try rows.map { row in
            guard let id = try JSONScanner.members(in: row, of: bytes)[layout.id] else {
                throw ListError(description: "the row at byte \(row.lowerBound) has no “\(layout.id)”")
            }
            return try JSONScanner.string(in: id.valueRange, of: bytes)
        }
    }

    private static func withoutWhiteSpace(_ bytes: [UInt8]) -> Range<Int> {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let start = bytes.firstIndex { !isSpace($0) } ?? 0
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? bytes.count
        return start..<max(start, end)
    }
}
