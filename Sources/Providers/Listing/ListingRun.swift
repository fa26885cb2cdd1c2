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
    private var collected = CollectedModels()
    private var absences: [ListingError] = []
    private var notes: [String] = []
    private var pageCount = 0
    private var rowsRead = 0
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
        self.next = Self.first(from: 0, listing, context)
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
        let page: ListedPage
        do throws(ListingError) {
            page = try source.page(of: response, to: request, context: self.context, rowsBefore: self.rowsOfSource)
        } catch {
            guard self.mayDoWithout(source, after: error) else { throw error }
            self.absences.append(error)
            self.notes.append("\(request.reference): \(error)")
            self.advance(from: request.source, to: nil)
            return ListedPage(models: [], skipped: [], rowCount: 0)
        }
        self.asked.insert(request)
        self.pageCount += 1
        self.rowsRead += page.rowCount
        self.rowsOfSource += page.rowCount
        if let next = page.next {
            guard !self.asked.contains(next) else {
                throw ListingError(.brokenPaging, "the list sends back to a page that was read: it has no end")
            }
            guard page.rowCount > 0 else {
                throw ListingError(.brokenPaging, "the list sends on from a page without rows: it has no end")
            }
        }
        guard self.pageCount <= self.limits.pages, self.rowsRead <= self.limits.rows else {
            throw ListingError(
                .tooLarge,
                "the list is longer than \(self.limits.pages) pages or \(self.limits.rows) rows"
            )
        }
        self.collected.add(page, as: source.role)
        if let total = page.declaredTotal { self.declaredTotal = total }
        self.advance(from: request.source, to: page.next)
        return page
    }

    /// Whether the list is the list without the answer to ``next``, if there is none.
    package var canSkipNext: Bool {
        self.next.map { self.listing.sources[$0.source].role == .describes } ?? false
    }

    /// Goes on without the answer to ``next``, where ``canSkipNext``.
    ///
    /// - Parameter reason: why there is none, in plain words.
    package mutating func skipNext(because reason: String) {
        guard self.canSkipNext, let request = self.next else { return }
        self.notes.append("\(request.reference): \(reason)")
        self.advance(from: request.source, to: nil)
    }

    /// Whether the list is the list without this endpoint. An endpoint that has begun to answer must go on.
    private func mayDoWithout(_ source: ListSource, after error: ListingError) -> Bool {
        if source.role == .describes { return true }
        guard source.mayBeAbsent, self.rowsOfSource == 0, let status = error.status else { return false }
        return [401, 403, 404, 405, 410, 501].contains(status)
    }

    private mutating func advance(from source: Int, to next: ListingRequest?) {
        if let next {
            self.next = next
            return
        }
        if let total = self.declaredTotal, self.listing.sources[source].role != .describes {
            self.shortfall += max(0, total - self.rowsOfSource)
        }
        self.rowsOfSource = 0
        self.declaredTotal = nil
        self.next = Self.first(from: source + 1, self.listing, self.context)
    }

    private static func first(
        from source: Int,
        _ listing: ModelListing,
        _ context: ListingContext
    ) -> ListingRequest? {
        for index in listing.sources.indices.dropFirst(source) {
            if listing.sources[index].needsKey, !context.hasKey { continue }
            var request = listing.sources[index].first
            request.source = index
            return request
        }
        return nil
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
        if self.collected.models.isEmpty, let first = self.collected.skipped.first {
            throw ListingError(
                .unexpectedShape,
                "none of \(self.collected.rowCount) rows could be read; of the first: \(first.reason)"
            )
        }
        var models = self.collected.models
        let isSubstitute = self.pageCount == 0 && !self.absences.isEmpty
        if isSubstitute {
            guard !self.listing.knownIDs.isEmpty else { throw self.absences[0] }
            models = self.listing.knownIDs.map { ListedModel(known: $0) }
        }
        guard !models.isEmpty || self.listing.mayBeEmpty else {
            throw ListingError(.empty, "the list is empty, although this provider always has models")
        }
        var notes = self.notes
        if self.listing.doubtsUnit, let contradiction = UnitCheck.contradiction(of: models) {
            notes.append(contradiction)
            for index in models.indices { models[index].forgetPrices(because: contradiction) }
        }
        for facts in self.listing.facts {
            for index in models.indices { facts.fill(&models[index]) }
        }
        return ListedModels(
            models: models,
            skipped: self.collected.skipped,
            rowCount: isSubstitute ? models.count : self.collected.rowCount,
            pageCount: self.pageCount,
            notes: notes,
            shortfall: self.shortfall,
            isSubstitute: isSubstitute
        )
    }
}
