import Exchange
package import HTTP
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
package import Registry

/// `/api/v1/registry/{table}.csv` and `/api/v1/registry/import`: the registry as files for people with a spreadsheet.
///
/// What is imported is in force here when the answer arrives.
package struct SheetEndpoints: Sendable {
    let store: RegistryStore
    let feed: SnapshotFeed
    private let slots = ImportSlots()

    /// - Parameters:
    ///   - store: The registry.
    ///   - feed: What this replica serves.
    package init(store: RegistryStore, feed: SnapshotFeed) {
        self.store = store
        self.feed = feed
    }

    /// What is served.
    package var operations: [Operation] {
        [RegistryTable.models, .providers, .routes, .settings].map(self.export) + [self.import]
    }

    // MARK: Export

    private static let separator = Operation.Parameter.query(
        "separator",
        .choice(CSVDialect.Separator.allCases.map(\.word)),
        "What separates cells."
    )
    private static let decimal = Operation.Parameter.query(
        "decimal",
        .choice(CSVDialect.DecimalMark.allCases.map(\.word)),
        "What begins decimals: the comma where semicolons separate cells, else the point, unless given."
    )

    private func export(_ table: RegistryTable) -> Operation {
        Operation(
            .get,
            "\(RowEndpoints.path)/\(table.name).csv",
            id: "export\(table.name.prefix(1).uppercased())\(table.name.dropFirst())",
            summary: "Export \(table.name) as CSV",
            details:
                "Titles with units head the columns, prices are in USD per 1M tokens with every digit, and each row has "
                + "its number and revision, so that an import can tell what was changed. Filters, q, sort and fields are those "
                + "of the list; without limit all rows are given.",
            group: .registry,
            access: .key(.reader),
            parameters: [
                .query(
                    "filter",
                    table.filterSchema,
                    "Conditions, one parameter for each: column=value, column.op=value."
                ),
                .query("q", .string, "Words that occur in \(table.searched.joined(separator: ", "))."),
                .query("sort", .string, "Columns between commas; - before one sorts it from the largest."),
                .query(
                    "fields",
                    .string,
                    "Columns between commas, beside those that name a row; the usual ones unless given."
                ),
                Self.separator,
                Self.decimal,
                .query("excel", .boolean, "Begin with the byte order mark by which Excel knows the encoding."),
            ] + RowEndpoints.points,
            answers: [
                Operation.Answer(
                    .ok,
                    "The file.",
                    content: [Operation.Content("text/csv", .string)],
                    fields: [.header("Content-Disposition", .string, "A name for the file.")]
                )
            ],
            refusals: [.notFound: "There is no such revision."],
            needsDatabase: true,
            handler: { request, context in try await self.export(table, request, context) }
        )
    }

    private func export(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let own = ["separator", "decimal", "excel"]
        let parameters = try request.queryPairs().filter { !own.contains($0.name) }
        let dialect = CSVDialect(
            separator: try request.separator() ?? .comma,
            decimalMark: try request.decimalMark()
        )
        let hasByteOrderMark = try request.flag("excel")
        let page = try await APIError.explainingRegistry { () async throws -> (RowPage, [Column]) in
            var query = try RowQuery(table, parameters: parameters)
            let columns = try SheetExport.columns(named: query.fields?.map(\.name), of: table)
            query.fields = nil
            if !parameters.contains(where: { $0.name == RowQuery.Word.limit.rawValue }) {
                query.limit = CSVLimits.standard.rows
            }
            if query.order.isEmpty {
                query.order = table.identity.compactMap { table.column($0) }.map { RowQuery.Order($0) }
            }
            return (try await self.store.rows(query), columns)
        }
        let export = SheetExport(table, columns: page.1, dialect: dialect, hasByteOrderMark: hasByteOrderMark)
        let file = try await export.csv(page.0.rows)
        var headers = RowEndpoints.revisionField(page.0.revision)
        headers[.contentType] = "text/csv; charset=utf-8; header=present"
        headers[.contentDisposition] = "attachment; filename=\"roster-\(table.name)-r\(page.0.revision).csv\""
        headers[.cacheControl] = "private, no-cache"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file)))
    }

    // MARK: Import

    private var `import`: Operation {
        Operation(
            .post,
            "\(RowEndpoints.path)/import",
            id: "importRows",
            summary: "Preview or apply a CSV file",
            details:
                "Without apply nothing is changed: the answer lists every cell that would change and everything that is "
                + "wrong, by row and column of the file. With apply=true and the preview's name, exactly that is done, in one "
                + "revision, or nothing. Rows are found by Id, else by what names them; rows that are not there are made, and none "
                + "is ever deleted; an empty cell means unknown; columns that are left out stay as they are.",
            group: .registry,
            access: .key(.editor),
            parameters: [
                .query("format", .choice(["csv"]), "The kind of file."),
                .query("table", .choice(RegistryTable.all.map(\.name)), "The rows' table.", isRequired: true),
                .query("apply", .boolean, "Do it."),
                .query("preview", .string, "With apply: the member preview of the answer that was seen."),
                Self.separator,
                Self.decimal,
                EditReason.parameter,
            ],
            body: Operation.Body(
                [Operation.Content("text/csv", .string)],
                "The file, in UTF-8, or UTF-16 with its mark."
            ),
            answers: [
                .json(.importAnswer, "The preview, or what was done."),
                .json(
                    .conflict,
                    .importRefusal,
                    "The registry has moved and this is no longer what was seen; nothing was changed."
                ),
                .json(.unprocessableContent, .importRefusal, "Something in the file is wrong; nothing was changed."),
            ],
            needsDatabase: true,
            handler: self.import
        )
    }

    private func `import`(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let parameters = try ImportParameters(request)
        return try await self.slots.use {
            let body = try await request.collect(upTo: CSVLimits.standard.bytes)
            let sheet = try await Sheet(
                csv: Array(body.readableBytesView),
                of: parameters.table,
                separator: parameters.separator,
                decimalMark: parameters.decimalMark
            )
            let author = Authorship(
                actor: context.principal.actor,
                reason: try EditReason.of(nil, request) ?? "import of \(parameters.table.name)"
            )
            let importer = SheetImport(store: self.store)
            return try await APIError.explainingRegistry {
                guard let seen = parameters.seen else {
                    return try await self.answer(try await importer.preview(sheet, as: author), revision: nil)
                }
                switch try await importer.apply(sheet, seen: seen, as: author) {
                case .applied(let preview, let revision): return try await self.answer(preview, revision: revision)
                case .refused(let preview): throw APIError(refused: preview)
                case .stale(let preview): throw APIError(stale: preview)
                }
            }
        }
    }

    private func answer(_ preview: ImportPreview, revision: Int64?) async throws -> Response {
        var json = preview.json
        json["applied"] = .bool(revision != nil)
        json["revision"] = JSONValue(revision)
        json["in_force"] = .bool(try await self.feed.settle(on: revision))
        return Response(json: .object(json), headers: self.feed.revisionField)
    }
}
