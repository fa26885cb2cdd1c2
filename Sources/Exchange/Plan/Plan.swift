import Crypto
package import FoundationEssentials
package import JSON
package import Registry

/// What would make a registry like a catalogue, decided once and done later exactly so, or not at all.
///
/// It belongs to one revision of one registry: the edits name the rows that they were decided on, and are refused when
/// anything has changed since. Its digest says that nobody has changed the plan itself.
package struct Plan: Sendable {
    /// What the file calls itself.
    package static let format = "roster-plan"
    /// The version of the file's shape.
    package static let version: Int64 = 1

    /// How much a person should look at a difference.
    package enum Danger: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Requests that work today may fail or cost more.
        case critical
        /// Worth knowing.
        case notable
        /// Nothing that a request would feel.
        case harmless

        package static func < (left: Danger, right: Danger) -> Bool {
            let order = Self.allCases
            return (order.firstIndex(of: left) ?? 0) < (order.firstIndex(of: right) ?? 0)
        }
    }

    /// One difference, for a person.
    package struct Difference: Sendable, Hashable {
        package let danger: Danger
        package let table: RegistryTable
        /// What people call the row.
        package let row: String
        /// The column; nil where it is about the whole row.
        package let column: String?
        package let old: JSONValue
        package let new: JSONValue
        /// By how much a number rises, or falls if negative, in percent with two decimals; nil where that means nothing.
        package let percent: Decimal?
        /// The difference in words.
        package let message: String
    }

    /// One row that is to be made or changed.
    package struct Edit: Sendable, Hashable {
        package let table: RegistryTable
        /// The columns that name the row.
        package let key: JSONObject
        /// The `row_revision` of the row that is to be changed; nil for one that is to be made.
        package let rowRevision: Int64?
        /// Values by column.
        package let set: JSONObject
        /// Columns that a refresh shall leave alone from now on.
        package let pin: [String]
        /// Columns of a row that is to be made that a refresh may go on filling.
        package let free: [String]
    }

    /// What the registry is to be like, for people.
    package let source: String
    /// The revision of the registry that the plan was made for.
    package let baseRevision: Int64
    /// The most urgent first, then by table and name.
    package let differences: [Difference]
    /// In the order of tables and names.
    package let edits: [Edit]

    /// Whether there is nothing to do.
    package var isEmpty: Bool { self.edits.isEmpty }

    /// The differences of a danger.
    package func differences(_ danger: Danger) -> [Difference] { self.differences.filter { $0.danger == danger } }

    /// Names the plan by everything that it says.
    package var digest: String { Self.digest(of: self.body) }

    /// The document.
    package var json: JSONValue {
        var document = self.body
        document["digest"] = .string(self.digest)
        return .object(document)
    }

    private static func digest(of body: JSONObject) -> String {
        "sha256:"
            + SHA256.hash(data: JSONValue.object(body).serialized(.canonical)).map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined()
    }

    private var body: JSONObject {
        [
            "format": .string(Self.format),
            "version": JSONValue(Self.version),
            "source": .string(self.source),
            "base_revision": JSONValue(self.baseRevision),
            "summary": .object(
                JSONObject(Danger.allCases.map { ($0.rawValue, JSONValue(self.differences($0).count)) })
            ),
            "differences": .array(self.differences.map(\.json)),
            "edits": .array(self.edits.map(\.json)),
        ]
    }
}

extension Plan {
    /// Why a document is no plan, in a sentence.
    package struct Damaged: Error, Sendable, Hashable, CustomStringConvertible {
        package let description: String

        init(_ reason: String) {
            self.description = "\(reason); make it anew with roster plan"
        }
    }

    private static let limits = JSONLimits(bytes: 512 << 20, values: 20_000_000)

    /// Reads a plan that ``json`` wrote.
    ///
    /// - Parameter bytes: The JSON text.
    /// - Throws: ``Damaged`` for anything else, also for a plan that somebody has changed.
    package init(parsing bytes: [UInt8]) throws(Damaged) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes, limits: Self.limits)
        } catch {
            throw Damaged("this is no plan: \(error)")
        }
        try self.init(document)
    }

    /// Reads a document; see ``init(parsing:)``.
    ///
    /// - Parameter document: The document.
    /// - Throws: ``Damaged``.
    package init(_ document: JSONValue) throws(Damaged) {
        guard var body = document.objectValue, body["format"]?.stringValue == Self.format else {
            throw Damaged("this is no plan: it must be an object with “format”: “\(Self.format)”")
        }
        guard body["version"]?.int64Value == Self.version else {
            throw Damaged("this is a plan of another version than \(Self.version)")
        }
        guard let written = body["digest"]?.stringValue else { throw Damaged("the plan has no digest") }
        body["digest"] = nil
        guard written == Self.digest(of: body) else {
            throw Damaged("the plan is not as it was made: its digest does not fit what it says")
        }
        guard let source = body["source"]?.stringValue, let base = body["base_revision"]?.int64Value,
            let differences = body["differences"]?.arrayValue, let edits = body["edits"]?.arrayValue
        else { throw Damaged("the plan lacks its source, its revision, its differences or its edits") }
        let readDifferences = differences.compactMap { Difference($0) }
        let readEdits = edits.compactMap { Edit($0) }
        guard readDifferences.count == differences.count, readEdits.count == edits.count else {
            throw Damaged("the plan has a difference or an edit that this roster does not understand")
        }
        self.init(source: source, baseRevision: base, differences: readDifferences, edits: readEdits)
    }
}

extension Plan.Difference {
    var json: JSONValue {
        [
            "danger": .string(self.danger.rawValue),
            "table": .string(self.table.name),
            "row": .string(self.row),
            "column": JSONValue(self.column),
            "old": self.old,
            "new": self.new,
            "percent": self.percent.map { .string($0.description) } ?? .null,
            "message": .string(self.message),
        ]
    }

    init?(_ json: JSONValue) {
        guard let danger = json["danger"]?.stringValue.flatMap(Plan.Danger.init(rawValue:)),
            let table = json["table"]?.stringValue.flatMap(RegistryTable.named), let row = json["row"]?.stringValue,
            let message = json["message"]?.stringValue
        else { return nil }
        self.init(
            danger: danger,
            table: table,
            row: row,
            column: json["column"]?.stringValue,
            old: json["old"] ?? .null,
            new: json["new"] ?? .null,
            percent: json["percent"]?.decimalReadingStrings(),
            message: message
        )
    }
}

extension Plan.Edit {
    var json: JSONValue {
        [
            "table": .string(self.table.name),
            "key": .object(self.key),
            "row_revision": JSONValue(self.rowRevision),
            "set": .object(self.set),
            "pin": JSONValue(self.pin),
            "free": JSONValue(self.free),
        ]
    }

    init?(_ json: JSONValue) {
        func names(_ member: String) -> [String]? {
            guard let values = json[member]?.arrayValue else { return nil }
            let names = values.compactMap(\.stringValue)
            return names.count == values.count ? names : nil
        }
        guard let table = json["table"]?.stringValue.flatMap(RegistryTable.named), let key = json["key"]?.objectValue,
            table.identity.allSatisfy({ key[$0]?.stringValue != nil }), let set = json["set"]?.objectValue,
            let pin = names("pin"), let free = names("free")
        else { return nil }
        self.init(table: table, key: key, rowRevision: json["row_revision"]?.int64Value, set: set, pin: pin, free: free)
    }
}
