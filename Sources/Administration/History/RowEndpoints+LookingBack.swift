import HTTP
import HTTPTypes
import Hummingbird
import JSON
import Registry

extension RowEndpoints {
    /// The operations that look back at one row of a table, and bring one back.
    func lookingBack(_ table: RegistryTable) -> [Operation] {
        [
            Operation(
                .get,
                "\(Self.path)/\(table.name)/{id}/history",
                id: "get\(table.shapeName)History",
                summary: "What happened to a \(table.noun)",
                details: "Newest first; also of one that is deleted, by its number.",
                group: .registry,
                access: .key(.reader),
                parameters: [
                    Self.rowParameter(table),
                    .query("column", .string, "Only changes of this column."),
                ] + HistoryEndpoints.paging,
                answers: [.json(.changePage, "A page of changes.")],
                refusals: [.notFound: Self.missing(table)],
                needsDatabase: true,
                handler: { request, context in try await self.history(table, request, context) }
            ),
            Operation(
                .post,
                "\(Self.path)/\(table.name)/{id}/restore",
                id: "restore\(table.shapeName)",
                summary: "Bring a deleted \(table.noun) back",
                details: "With its number, its pins and what belongs to it, as a new revision.",
                group: .registry,
                access: .key(.editor),
                parameters: [.path("id", .integer, "The number that it had."), Self.dryRun, EditReason.parameter],
                body: .json(
                    .object(["reason": RegistryTable.reason], optional: ["reason"], isClosed: true),
                    "Why, if somebody says.",
                    isRequired: false
                ),
                answers: [
                    .json(.reversion, "It is there again."),
                    .json(.conflict, .reversionRefusal, "It is there, or its name was taken meanwhile."),
                ],
                refusals: [.notFound: "There never was such a \(table.noun)."],
                needsDatabase: true,
                handler: { request, context in try await self.restore(table, request, context) }
            ),
        ]
    }

    private func history(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let id = try await self.id(table, context)
        return try await APIError.explainingRegistry {
            var query = try ChangeQuery(parameters: request.queryPairs(), words: [.column, .limit, .cursor])
            if let column = query.column { _ = try RowQuery.column(column, of: table, parameter: "column") }
            query.table = table.name
            query.rowID = id
            let page = try await self.store.changes(query)
            guard !page.changes.isEmpty || query.column != nil || query.cursor != nil else {
                throw Self.notFound(.id(id), table)
            }
            return Response(json: HistoryEndpoints.json(page))
        }
    }

    private func restore(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let isDryRun = try request.flag("dry_run")
        var members = RequestMembers(try await request.collectObject())
        let written = try members.string("reason", atMost: EditReason.longest)
        try members.finish("reason")
        guard case .id(let id) = try Self.name(table, context) else {
            throw APIError(
                .badRequest,
                code: "invalid_value",
                "A deleted \(table.noun) is named by the number that it had. GET \(Self.path)/changes lists those.",
                param: "id"
            )
        }
        let author = Authorship(actor: context.principal.actor, reason: try EditReason.of(written, request))
        let outcome = try await APIError.explainingRegistry {
            try await self.store.restore(table, id: id, as: author, isDryRun: isDryRun)
        }
        return try await HistoryEndpoints.answer(outcome, isDryRun: isDryRun, self.feed)
    }
}
