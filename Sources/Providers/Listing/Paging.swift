import HTTPTypes
import JSON

/// How a list goes on after a page. A first page must never be taken for the whole list: the rest would look withdrawn.
package enum Paging: Sendable, Hashable {
    /// One answer holds everything.
    case none
    /// A flag says whether there is more, a member where it begins, a parameter asks for it.
    case cursor(flag: String, member: String, parameter: String)
    /// A token for the next page, absent or empty after the last one.
    case token(member: String, parameter: String)
    /// The address of the next page in the body; null after the last one, and absent where there are no pages.
    case nextLink([String])
    /// The address of the next page in the `Link` field (RFC 8288).
    case linkField
    /// So many rows from there on; fewer rows than asked for are the last ones, unless the list says that it has more.
    case offset(parameter: String, size: Int)
    /// Numbered pages, the first being 1; fewer rows than asked for are the last ones, unless the list says that it has
    /// more, and more rows than asked for are the whole list of a server that knows no pages.
    case number(parameter: String, size: Int)

    /// How far a list has been read, this page included.
    struct Progress: Sendable, Hashable {
        /// The rows of this page.
        let rowCount: Int
        /// The rows of this and all pages before.
        let rowsSoFar: Int
        /// How many the provider says there are; nil where it does not say.
        let declaredTotal: Int?

        /// Whether rows must be missing: a server may send fewer at once than it was asked for.
        var isShort: Bool { self.rowCount > 0 && self.declaredTotal.map { self.rowsSoFar < $0 } ?? false }

        /// Whether all rows must be there.
        var isWhole: Bool { self.declaredTotal.map { self.rowsSoFar >= $0 } ?? false }
    }

    /// The request for the page after this one.
    ///
    /// - Parameters:
    ///   - request: the request for this page.
    ///   - body: this page.
    ///   - fields: the header fields it came with.
    ///   - progress: the rows that it and the pages before it hold.
    /// - Returns: the request, or nil where this was the last page.
    /// - Throws: ``ListingError/Code/brokenPaging`` where the page says that there is more but not where.
    func next(
        after request: ListingRequest,
        body: JSONValue,
        fields: HTTPFields,
        progress: Progress
    ) throws(ListingError) -> ListingRequest? {
        switch self {
        case .none:
            return nil
        case .cursor(let flag, let member, let parameter):
            return try Self.cursor(request, body, flag: flag, member: member, parameter: parameter)
        case .token(let member, let parameter):
            return try Self.token(request, body, member: member, parameter: parameter)
        case .nextLink(let path):
            var link: JSONValue? = body
            for name in path { link = link[name] }
            switch link {
            case nil, .null: return nil
            case .string(let link): return try Self.follow(link, from: request)
            case .some(let other):
                throw ListingError(.brokenPaging, "the address of the next page is \(other.kind), not a string")
            }
        case .linkField:
            guard let name = HTTPField.Name("link"), let field = fields[name] else { return nil }
            guard let link = Self.nextLink(in: field) else { return nil }
            return try Self.follow(link, from: request)
        case .offset(let parameter, let size):
            guard !progress.isWhole, progress.rowCount == size || progress.isShort else { return nil }
            let offset = request.parameter(parameter).flatMap { Int($0) } ?? 0
            return request.setting(parameter, to: String(offset + progress.rowCount))
        case .number(let parameter, let size):
            guard !progress.isWhole, progress.rowCount == size || progress.isShort else { return nil }
            let page = request.parameter(parameter).flatMap { Int($0) } ?? 1
            return request.setting(parameter, to: String(page + 1))
        }
    }

    private static func cursor(
        _ request: ListingRequest,
        _ body: JSONValue,
        flag: String,
        member: String,
        parameter: String
    ) throws(ListingError) -> ListingRequest? {
        switch body[flag] {
        case nil, .null, .bool(false): return nil
        case .bool(true): break
        case .some(let other): throw ListingError(.brokenPaging, "\(flag) is \(other.kind), not true or false")
        }
        guard let cursor = body[member]?.stringValue, !cursor.isEmpty else {
            throw ListingError(.brokenPaging, "the list says that there is more (\(flag)), but not where (\(member))")
        }
        return request.setting(parameter, to: cursor)
    }

    private static func token(
        _ request: ListingRequest,
        _ body: JSONValue,
        member: String,
        parameter: String
    ) throws(ListingError) -> ListingRequest? {
        switch body[member] {
        case nil, .null, .string(""): return nil
        case .string(let token): return request.setting(parameter, to: token)
        case .some(let other): throw ListingError(.brokenPaging, "\(member) is \(other.kind), not a string")
        }
    }

    /// Asks the same endpoint with the parameters of a link. Only those are taken from it: an answer must not be able to send
    /// the key, or the request, to another host.
    private static func follow(_ link: String, from request: ListingRequest) throws(ListingError) -> ListingRequest {
        let withoutFragment = link.prefix { $0 != "#" }
        let parts = withoutFragment.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, parts.count == 2, !parts[1].isEmpty else {
            throw ListingError(.brokenPaging, "the address of the next page has no parameters: \(link.prefix(200))")
        }
        let asked = request.reference.split(separator: "/").last
        guard path.isEmpty || path.split(separator: "/").last == asked else {
            throw ListingError(.brokenPaging, "the address of the next page is another endpoint: \(link.prefix(200))")
        }
        var next = request
        for pair in parts[1].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(sides[0]),
                let value = PercentEncoding.decode(sides.count > 1 ? sides[1] : "")
            else {
                throw ListingError(.brokenPaging, "the address of the next page is not an address: \(link.prefix(200))")
            }
            next = next.setting(name, to: value)
        }
        return next
    }

    /// The target of `rel="next"` in a `Link` field: `<https://…?cursor=x>; rel="next", <…>; rel="last"`.
    private static func nextLink(in field: String) -> String? {
        var rest = Substring(field)
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            let target = rest[rest.index(after: open)..<close]
            let after = rest[rest.index(after: close)...]
            let end = after.firstIndex(of: "<") ?? after.endIndex
            for parameter in after[..<end].split(whereSeparator: { $0 == ";" || $0 == "," }) {
                let sides = parameter.split(separator: "=", maxSplits: 1)
                guard sides.count == 2, sides[0].filter({ $0 != " " }).lowercased() == "rel" else { continue }
                let relations = sides[1].filter { $0 != "\"" }.split(separator: " ")
                if relations.contains(where: { $0.lowercased() == "next" }) { return String(target) }
            }
            rest = after[end...]
        }
        return nil
    }
}
