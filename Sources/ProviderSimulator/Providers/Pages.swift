import JSON

/// How a list is handed out in pages, and which rows a request asks for.
enum Pages: Sendable {
    /// One answer holds everything.
    case whole
    /// `limit` rows and a `cursor`, which is the number of the page in base64: fal.ai.
    case cursor(size: Int, most: Int)
    /// `pageSize` rows and a `pageToken`, which is the place of the page's first row in base64: Google's way.
    case token(size: Int, most: Int)
    /// `limit` rows from `offset` on, with the total: NEAR.
    case offset(size: Int)
    /// `per_page` rows of the `page` where one is asked for, otherwise everything: Featherless.
    case number(size: Int)
    /// `limit` rows, and the address of the next page in the `Link` field (RFC 8288): the Hub of Hugging Face.
    case link(size: Int)

    /// Some rows of a list, and what stands around them.
    struct Page {
        let rows: Range<Int>
        /// Members after the rows, each with the comma before it.
        var members = ""
        var headers: [(name: String, value: String)] = []
        /// Whether the list is handed out as it is, should all its rows be on this page.
        var mayBeWhole = true
    }

    /// The page that a request asks for.
    ///
    /// - Parameters:
    ///   - count: how many rows there are.
    ///   - call: the request.
    /// - Returns: the page.
    /// - Throws: a ``Refusal`` for a page that cannot be.
    func page(of count: Int, _ call: Call) throws(Refusal) -> Page {
        switch self {
        case .whole: return Page(rows: 0..<count)
        case .cursor(let size, let most): return try Self.cursor(count, call, size, most)
        case .token(let size, let most): return try Self.token(count, call, size, most)
        case .offset(let size): return try Self.offset(count, call, size)
        case .number(let size): return try Self.number(count, call, size)
        case .link(let size): return try Self.link(count, call, size)
        }
    }

    private static func size(_ name: String, _ call: Call, _ usual: Int, _ most: Int = .max) throws(Refusal) -> Int {
        let size = try call.request.queryInteger(name) ?? usual
        guard size >= 1 else { throw Refusal(.badRequest, "\(name) must be 1 or more") }
        return min(size, most)
    }

    /// `size` rows from a place on, as far as there are any.
    private static func rows(_ start: Int, _ size: Int, of count: Int) -> Range<Int> {
        let start = min(start, count)
        return start..<(start + min(size, count - start))
    }

    private static func number(in text: String?) throws(Refusal) -> Int {
        guard let text, !text.isEmpty else { return 0 }
        guard let bytes = Base64.decoded(text), let number = Int(String(decoding: bytes, as: UTF8.self)), number >= 0
        else {
            throw Refusal(.badRequest, "the cursor is invalid")
        }
        return number
    }

    private static func token(of number: Int) -> String { Base64.encoded(Array(String(number).utf8)) }

    private static func cursor(_ count: Int, _ call: Call, _ usual: Int, _ most: Int) throws(Refusal) -> Page {
        let size = try Self.size("limit", call, usual, most)
        let number = max(1, try Self.number(in: call.request.queryValue("cursor")))
        let (start, isFar) = (number - 1).multipliedReportingOverflow(by: size)
        let rows = Self.rows(isFar ? count : start, size, of: count)
        let hasMore = rows.upperBound < count
        let next = hasMore ? "\"\(Self.token(of: number + 1).filter { $0 != "=" })\"" : "null"
        return Page(rows: rows, members: ",\"next_cursor\":\(next),\"has_more\":\(hasMore)", mayBeWhole: number == 1)
    }

    private static func token(_ count: Int, _ call: Call, _ usual: Int, _ most: Int) throws(Refusal) -> Page {
        let size = try Self.size("pageSize", call, usual, most)
        let rows = Self.rows(try Self.number(in: call.request.queryValue("pageToken")), size, of: count)
        guard rows.upperBound < count else { return Page(rows: rows) }
        return Page(rows: rows, members: ",\"nextPageToken\":\"\(Self.token(of: rows.upperBound))\"")
    }

    private static func offset(_ count: Int, _ call: Call, _ usual: Int) throws(Refusal) -> Page {
        let size = try Self.size("limit", call, usual)
        let offset = try call.request.queryInteger("offset") ?? 0
        guard offset >= 0 else { throw Refusal(.badRequest, "Offset must be non-negative") }
        let members = ",\"limit\":\(size),\"offset\":\(offset),\"total\":\(count)"
        return Page(rows: Self.rows(offset, size, of: count), members: members)
    }

    private static func number(_ count: Int, _ call: Call, _ usual: Int) throws(Refusal) -> Page {
        guard let number = try call.request.queryInteger("page") else { return Page(rows: 0..<count) }
        guard number >= 1 else { throw Refusal(.badRequest, "page must be 1 or more") }
        let size = try Self.size("per_page", call, usual)
        let (start, isFar) = (number - 1).multipliedReportingOverflow(by: size)
        let members = ",\"pagination\":{\"page\":\(number),\"per_page\":\(size),\"total\":\(count)},\"total\":\(count)"
        return Page(rows: Self.rows(isFar ? count : start, size, of: count), members: members, mayBeWhole: false)
    }

    private static func link(_ count: Int, _ call: Call, _ usual: Int) throws(Refusal) -> Page {
        let size = try Self.size("limit", call, usual)
        let rows = Self.rows(try Self.number(in: call.request.queryValue("cursor")), size, of: count)
        guard rows.upperBound < count else { return Page(rows: rows) }
        let cursor = Self.token(of: rows.upperBound).replacing("=", with: "%3D")
        let address = "https://\(call.request.host)\(call.path)?limit=\(size)&cursor=\(cursor)"
        return Page(rows: rows, headers: [("link", "<\(address)>; rel=\"next\"")])
    }
}
