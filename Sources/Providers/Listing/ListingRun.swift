import JSON

/// One reading of a provider's whole list: which request comes next, what came so far, and whether it may be believed.
///
/// A value without I/O: whoever runs it fetches ``next`` until there is none, hands over each response, and asks for the
/// ``result()``. After an error it is of no further use.
package struct ListingRun: Sendable {
    /// The request to make now; nil when all pages are there.
    package private(set) var next: ListingRequest?

    private let listing: ModelListing
    private let context: ListingContext
    private let limits: Limits
    private var asked: Set<ListingRequest> = []
    private var models: [ListedModel] = []
    private var ids: Set<String> = []
    private var skipped: [SkippedItem] = []
    private var pageCount = 0
    private var rowCount = 0
    private var rowsOfSource = 0
    private var declaredTotal: Int?
    private var shortfall = 0

    /// How long a list may be before it is refused.
    package struct Limits: Sendable, Hashable {
        package let pages: Int
        package let rows: Int

        /// 2,000 pages, 200,000 rows: ten times the longest list known.
        package init(pages: Int = 2_000, rows: Int = 200_000) {
            self.pages = pages
            self.rows = rows
        }
    }

    /// Begins a reading.
    ///
    /// - Parameters:
    ///   - listing: the provider's.
    ///   - context: whom the requests will be sent to.
    ///   - limits: how long the list may be.
    package init(_ listing: ModelListing, context: ListingContext, limits: Limits = Limits()) {
        self.listing = listing
        self.context = context
        self.limits = limits
        self.next = Self.first(of: 0, listing)
    }

    /// Takes over the response to ``next``.
    ///
    /// - Parameter response: what came back.
    /// - Returns: the page alone.
    /// - Throws: a ``ListingError``; the whole reading has then failed.
    @discardableResult
    package mutating func read(_ response: ListingResponse) throws(ListingError) -> ListedPage {
        guard let request = self.next else {
            throw ListingError(.brokenPaging, "a page was read that nobody asked for")
        }
        let source = self.listing.sources[request.source]
        let page = try source.page(of: response, to: request, context: self.context)
        self.asked.insert(request)
        self.pageCount += 1
        self.rowCount += page.rowCount
        self.rowsOfSource += page.rowCount
        if let next = page.next {
            guard !self.asked.contains(next) else {
                throw ListingError(.brokenPaging, "the list sends back to a page that was read: it has no end")
            }
            guard page.rowCount > 0 else {
                throw ListingError(.brokenPaging, "the list sends on from a page without rows: it has no end")
            }
        }
        guard self.pageCount <= self.limits.pages, self.rowCount <= self.limits.rows else {
            throw ListingError(
                .tooLarge,
                "the list is longer than \(self.limits.pages) pages or \(self.limits.rows) rows"
            )
        }
        self.merge(page)
        if let total = page.declaredTotal { self.declaredTotal = total }
        self.advance(from: request.source, to: page.next)
        return page
    }

    private mutating func merge(_ page: ListedPage) {
        self.skipped += page.skipped
        for model in page.models {
            if self.ids.insert(model.providerModelID).inserted {
                self.models.append(model)
            } else {
                self.skipped.append(
                    SkippedItem(
                        id: model.providerModelID,
                        index: nil,
                        reason: "the id is listed more than once; its first row counts"
                    )
                )
            }
        }
    }

    private mutating func advance(from source: Int, to next: ListingRequest?) {
        if let next {
            self.next = next
            return
        }
        if let total = self.declaredTotal { self.shortfall += max(0, total - self.rowsOfSource) }
        self.rowsOfSource = 0
        self.declaredTotal = nil
        self.next = Self.first(of: source + 1, self.listing)
    }

    private static func first(of source: Int, _ listing: ModelListing) -> ListingRequest? {
        guard listing.sources.indices.contains(source) else { return nil }
        var request = listing.sources[source].first
        request.source = source
        return request
    }

    /// The whole list.
    ///
    /// - Returns: the models, each id once, in the provider's order, and what was left out.
    /// - Throws: a ``ListingError`` where pages are missing, or where the list is empty and should not be, or where no row
    ///   of it could be read.
    package func result() throws(ListingError) -> ListedModels {
        guard self.next == nil else {
            throw ListingError(.incomplete, "the list was left before its last page")
        }
        if self.models.isEmpty, let first = self.skipped.first {
            throw ListingError(
                .unexpectedShape,
                "none of \(self.rowCount) rows could be read; of the first: \(first.reason)"
            )
        }
        guard !self.models.isEmpty || self.listing.mayBeEmpty else {
            throw ListingError(.empty, "the list is empty, although this provider always has models")
        }
        return ListedModels(
            models: self.models,
            skipped: self.skipped,
            rowCount: self.rowCount,
            pageCount: self.pageCount,
            shortfall: self.shortfall
        )
    }
}

/// A provider's whole list, read.
package struct ListedModels: Sendable, Hashable {
    /// Each id once, in the provider's order.
    package var models: [ListedModel]

    /// The rows that were left out. Their models are listed all the same: they are not missing.
    package var skipped: [SkippedItem]

    /// How many rows the provider sent, those left out included.
    package var rowCount: Int
    package var pageCount: Int

    /// How many models the provider says it has beyond those that it listed.
    package var shortfall: Int

    /// Whether a model that is not here may be taken for withdrawn. Providers count in ways of their own, so that a
    /// shortfall is no reason to refuse what they did list.
    package var isComplete: Bool { self.shortfall == 0 }
}

extension ListSource {
    /// Reads one page.
    ///
    /// - Parameters:
    ///   - response: what came back.
    ///   - request: what was asked.
    ///   - context: who was asked.
    /// - Returns: the page; its ids may repeat.
    /// - Throws: a ``ListingError`` where this is no page of the list.
    package func page(
        of response: ListingResponse,
        to request: ListingRequest,
        context: ListingContext
    ) throws(ListingError) -> ListedPage {
        let body = try ResponseBody.json(of: response)
        let rows = try self.rows(in: body, ofPageAfterFirst: request != self.first)
        var page = ListedPage(models: [], skipped: [], rowCount: rows.count)
        for (index, row) in rows.enumerated() {
            do throws(ItemRefusal) {
                guard let object = row.objectValue else { throw ItemRefusal("the row is \(row.kind), not an object") }
                page.models += try self.normalise(ListedItem(object), context)
            } catch {
                page.skipped.append(SkippedItem(id: Self.name(of: row), index: index, reason: error.description))
            }
        }
        page.next = try self.paging.next(after: request, body: body, fields: response.fields, rowCount: rows.count)
        page.declaredTotal = self.declaredTotal(in: body)
        return page
    }

    private func rows(in body: JSONValue, ofPageAfterFirst isLater: Bool) throws(ListingError) -> [JSONValue] {
        if isLater, self.omitsEmptyRows, body.objectValue?.isEmpty == true { return [] }
        for path in self.rows {
            var value: JSONValue? = body
            for name in path { value = value[name] }
            if let rows = value?.arrayValue { return rows }
        }
        let places = self.rows.map { $0.isEmpty ? "an array" : "an array under \($0.joined(separator: "."))" }
        let names = body.objectValue.map { "an object with \($0.keys.prefix(8).joined(separator: ", "))" } ?? body.kind
        throw ListingError(
            .unexpectedShape,
            "the answer is not this provider's list: expected \(places.joined(separator: " or ")), found \(names.prefix(200))"
        )
    }

    private func declaredTotal(in body: JSONValue) -> Int? {
        guard let total = self.total else { return nil }
        var value: JSONValue? = body
        for name in total { value = value[name] }
        guard let total = value?.int64ReadingStrings(), (0...Int64(Int32.max)).contains(total) else { return nil }
        return Int(total)
    }

    private static func name(of row: JSONValue) -> String? {
        let name = row["id"]?.stringValue ?? row["name"]?.stringValue ?? row["model"]?.stringValue
        return name.map { String($0.prefix(200)) }
    }
}
