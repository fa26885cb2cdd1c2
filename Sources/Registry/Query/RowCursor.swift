import Crypto
import FoundationEssentials
import JSON
import Postgres

/// Where a page ended: the last row's place in the order, and the query that it is a place in.
///
/// A place and not a number of rows: however much is edited in between, a row that nobody touches is shown once. What it
/// says is only compared with, so that a cursor somebody made up shows nothing that a query would not.
struct RowCursor {
    /// The last row's values of the sorted columns, in the database's text form.
    let keys: [String?]
    /// The last row's id.
    let id: Int64

    /// The longest cursor that is looked at, in characters.
    private static let longest = 100_000

    init(keys: [String?], id: Int64) {
        self.keys = keys
        self.id = id
    }

    /// Reads a cursor that a page of the same query gave out.
    init(_ text: String, of query: RowQuery) throws(RowQueryProblem) {
        let problem = RowQueryProblem(
            .invalidCursor,
            RowQuery.Word.cursor.rawValue,
            "This cursor does not belong to this query. Take “next” of a page whose filters, search and sort were the "
                + "same, or leave the cursor out to begin at the first page."
        )
        let standard = text.replacing("-", with: "+").replacing("_", with: "/")
        let padded = standard + String(repeating: "=", count: (4 - standard.count % 4) % 4)
        guard text.utf8.count <= Self.longest, let data = Data(base64Encoded: padded),
            let parts = (try? JSONValue(parsing: Array(data)))?.arrayValue,
            parts.count == 2 + query.order.count, let id = parts[1].int64Value
        else { throw problem }
        var keys: [String?] = []
        for part in parts.dropFirst(2) {
            guard part.isNull || part.stringValue != nil else { throw problem }
            keys.append(part.stringValue)
        }
        self.init(keys: keys, id: id)
        guard parts[0].stringValue == self.seal(query) else { throw problem }
    }

    /// The cursor as it is given out.
    func text(of query: RowQuery) -> String {
        let parts = [.string(self.seal(query)), JSONValue(self.id)] + self.keys.map { JSONValue($0) }
        return Data(JSONValue.array(parts).serialized()).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Ties the place to its query, and shows where either was changed.
    private func seal(_ query: RowQuery) -> String {
        let parts: [JSONValue] = [
            .string(query.table.name),
            .array(
                query.filters.map { filter in
                    [
                        .string(RowFilter.name(filter.column, filter.comparison)),
                        JSONValue(filter.operands),
                    ]
                }
            ),
            .string(query.search),
            .array(query.order.map { [.string($0.column.name), .bool($0.isDescending)] }),
            .string("\(query.asOf.map { "\($0)" } ?? "")"),
            JSONValue(self.id),
            .array(self.keys.map { JSONValue($0) }),
        ]
        let digest = SHA256.hash(data: JSONValue.array(parts).serialized())
        return digest.prefix(12).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// What the rows after this place satisfy.
    func condition(_ order: [RowQuery.Order], _ source: RowSource) -> SQL {
        var alternatives: [SQL] = []
        var equal: [SQL] = []
        for (order, key) in zip(order, self.keys) {
            let value = source.key(order.column)
            let here = RowSource.cast(key, order.column)
            // Empty cells come last either way, so that nothing comes after one.
            if key != nil {
                let sign = order.isDescending ? "<" : ">"
                let later: SQL = "(\(value) \(unescaped: sign) \(here) OR \(value) IS NULL)"
                alternatives.append(.joined(equal + [later], separator: " AND "))
                equal.append("\(value) = \(here)")
            } else {
                equal.append("\(value) IS NULL")
            }
        }
        alternatives.append(.joined(equal + ["t.id > \(self.id)"], separator: " AND "))
        return "(\(SQL.joined(alternatives.map { "(\($0))" }, separator: " OR ")))"
    }
}
