import HTTP
import HTTPTypes
import Hummingbird
import JSON
import Registry

extension RowEndpoints {
    /// The operations that look at a table.
    func reading(_ table: RegistryTable) -> [Operation] {
        [
            Operation(
                .get,
                "\(Self.path)/\(table.name)",
                id: "list\(table.shapeName)s",
                summary: "List \(table.name)",
                details: "\(table.meaning) Filters are columns with values, as in \(Self.example(table)). After a "
                    + "column may stand .ne, .lt, .lte, .gt, .gte, .contains, .in (values between commas) or .is (null or notnull). "
                    + "Text is sorted and compared by order without regard to capitals; empty cells come last. Pages hold "
                    + "together: however much is edited meanwhile, a row that nobody touches is shown once.",
                group: .registry,
                access: .key(.reader),
                parameters: [
                    .query("filter", table.filterSchema, "Conditions, one parameter each: column.op=value."),
                    .query("q", .string, "Words that occur in \(table.searched.joined(separator: ", "))."),
                    .query(
                        "sort",
                        .string,
                        "Columns between commas, the most significant first; - before one sorts it from the largest."
                    ),
                    .query("fields", .string, "Columns between commas; all unless given."),
                    .query(
                        "limit",
                        Schema.integer(1...Int64(RowQuery.largestPage)).with("default", JSONValue(RowQuery.usualPage)),
                        "At most so many rows."
                    ),
                    .query("cursor", .string, "Where the page before ended: its next."),
                ] + Self.points,
                answers: [
                    .json(
                        .object([
                            "object": .constant("list"),
                            "data": .array(of: table.partialRowSchema),
                            "next": .string.nullable.described("The cursor of the next page; null on the last."),
                            "total": .count.described("Rows that satisfy the query, on all pages."),
                            "revision": .count.described("The revision that all of it was read at."),
                        ]),
                        "A page of rows."
                    )
                ],
                refusals: [.notFound: "There is no such revision, or the moment is to come."],
                needsDatabase: true,
                handler: { request, context in try await self.list(table, request, context) }
            ),
            Operation(
                .get,
                "\(Self.path)/\(table.name)/{id}",
                id: "get\(table.shapeName)",
                summary: "Get a \(table.noun)",
                group: .registry,
                access: .key(.reader),
                parameters: [Self.rowParameter(table)] + Self.points,
                answers: [
                    .json(
                        .object([
                            "row": table.rowSchema,
                            "revision": .count.described("The revision that it was read at."),
                        ]),
                        "The row.",
                        fields: [Self.entityTag]
                    )
                ],
                refusals: [.notFound: "There is no such \(table.noun), or no such revision."],
                needsDatabase: true,
                handler: { request, context in try await self.get(table, request, context) }
            ),
        ]
    }

    /// The two ways to say that the past is wanted.
    static let points: [Operation.Parameter] = [
        .query("revision", .count, "Look at this revision instead of the latest."),
        .query("as_of", .string, "Look at the state of this moment or day, as in 2026-11-21T08:00:00Z."),
    ]

    private static func example(_ table: RegistryTable) -> String {
        table == .models
            ? "provider=openai&pricing_prompt.lte=0.000001&tags.contains=local&sort=-context_length,model_name"
            : "\(table.identity.first ?? "id").contains=a&sort=-updated_at"
    }

    private func list(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let page = try await APIError.explainingRegistry {
            try await self.store.rows(RowQuery(table, parameters: request.queryPairs()))
        }
        return Response(
            json: [
                "object": "list",
                "data": .array(page.rows.map { .object($0) }),
                "next": JSONValue(page.next),
                "total": JSONValue(page.total),
                "revision": JSONValue(page.revision),
            ],
            headers: Self.revisionField(page.revision)
        )
    }

    private func get(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let name = try Self.name(table, context)
        let (row, revision) = try await APIError.explainingRegistry {
            try await self.store.row(name, of: table, asOf: try Self.point(request))
        }
        guard let row else { throw Self.notFound(name, table) }
        var headers = Self.revisionField(revision)
        headers[.eTag] = RowPrecondition.entityTag(row)
        headers[.cacheControl] = "private, no-cache"
        return Response(json: ["row": .object(row), "revision": JSONValue(revision)], headers: headers)
    }

    /// The state that the query names; nil for the latest.
    private static func point(_ request: Request) throws -> RevisionPoint? {
        var point: RevisionPoint?
        for (name, value) in try request.queryPairs() {
            guard let word = RowQuery.Word(rawValue: name), [.revision, .asOf].contains(word) else {
                throw RowQueryProblem.unknown(name, known: ["revision", "as_of"])
            }
            point = try RowQuery.point(word, value)
        }
        return point
    }

    /// What was read from the database may be newer than what this replica serves to models' users.
    static func revisionField(_ revision: Int64) -> HTTPFields {
        var headers = HTTPFields()
        headers[.xRosterRevision] = String(revision)
        return headers
    }
}
