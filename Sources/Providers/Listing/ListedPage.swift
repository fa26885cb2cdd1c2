import JSON

/// One page of a list, read.
package struct ListedPage: Sendable, Hashable {
    package var models: [ListedModel]

    /// The rows that were left out.
    package var skipped: [SkippedItem]

    /// How many rows the page holds, those left out included.
    package var rowCount: Int

    /// The request for the page after this one; nil after the last.
    package var next: ListingRequest?

    /// How many models the provider says there are over all pages.
    package var declaredTotal: Int?
}

extension ListSource {
    /// Reads one page.
    ///
    /// - Parameters:
    ///   - response: what came back.
    ///   - request: what was asked.
    ///   - context: who was asked.
    ///   - rowsBefore: the rows of the pages before it.
    /// - Returns: the page; its ids may repeat.
    /// - Throws: a ``ListingError`` where this is no page of the list.
    package func page(
        of response: ListingResponse,
        to request: ListingRequest,
        context: ListingContext,
        rowsBefore: Int = 0
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
        page.declaredTotal = self.declaredTotal(in: body)
        page.next = try self.paging.next(
            after: request,
            body: body,
            fields: response.fields,
            progress: Paging.Progress(
                rowCount: rows.count,
                rowsSoFar: rowsBefore + rows.count,
                declaredTotal: page.declaredTotal
            )
        )
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
        for path in self.total {
            var value: JSONValue? = body
            for name in path { value = value[name] }
            if let total = value?.int64ReadingStrings(), (0...Int64(Int32.max)).contains(total) { return Int(total) }
        }
        return nil
    }

    private static func name(of row: JSONValue) -> String? {
        let members = ["id", "name", "model", "model_id", "modelId", "model_name", "endpoint_id", "key"]
        return members.lazy.compactMap { row[$0]?.stringValue }.first.map { String($0.prefix(200)) }
    }
}
