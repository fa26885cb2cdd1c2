import HTTP
import HTTPTypes
import Hummingbird
import JSON
import Registry

extension RowEndpoints {
    /// The operations that change a table.
    func editing(_ table: RegistryTable) -> [Operation] {
        let (noun, shape) = (table.noun, table.shapeName)
        return [
            Operation(
                .post,
                "\(Self.path)/\(table.name)",
                id: "create\(shape)",
                summary: "Add a \(noun)",
                group: .registry,
                access: .key(.editor),
                parameters: [Self.dryRun, EditReason.parameter],
                body: .json(table.newRowSchema, "Values by column."),
                answers: [
                    .json(
                        .created,
                        Self.writtenSchema(table),
                        "It is added.",
                        fields: [Self.entityTag, .header("Location", .string, "Where the row is.")]
                    ),
                    .json(Self.writtenSchema(table), "A dry run: it would be added."),
                    .json(.unprocessableContent, .editRefusal, "It cannot be added; nothing was."),
                ],
                needsDatabase: true,
                handler: { request, context in try await self.create(table, request, context) }
            ),
            Operation(
                .patch,
                "\(Self.path)/\(table.name)/{id}",
                id: "edit\(shape)",
                summary: "Change a \(noun)",
                details: "Only the cells that are named change. A cell that discovery fills is pinned by that; "
                    + "give_back takes the pin away again. If somebody else changed the row since you saw it, the answer says what.",
                group: .registry,
                access: .key(.editor),
                parameters: [
                    Self.rowParameter(table), RowPrecondition.parameter, Self.dryRun, EditReason.parameter,
                ],
                body: .json(table.editSchema, "Values by column; null empties a cell."),
                answers: [
                    .json(Self.writtenSchema(table), "It is changed, or was so already.", fields: [Self.entityTag]),
                    .json(.conflict, .editRefusal, "Somebody else changed it since; both values are in the answer."),
                    .json(.unprocessableContent, .editRefusal, "It cannot be changed so; nothing was."),
                ],
                refusals: [.notFound: Self.missing(table), .preconditionRequired: "If-Match is missing."],
                needsDatabase: true,
                handler: { request, context in try await self.edit(table, request, context) }
            ),
            Operation(
                .delete,
                "\(Self.path)/\(table.name)/{id}",
                id: "delete\(shape)",
                summary: "Delete a \(noun)",
                details: "History keeps it, and it can be restored with its number.",
                group: .registry,
                access: .key(.editor),
                parameters: [
                    Self.rowParameter(table), RowPrecondition.parameter, Self.dryRun, EditReason.parameter,
                ],
                answers: [
                    .json(
                        .object([
                            "id": .integer, "deleted": .boolean, "dry_run": .boolean,
                            "revision": .integer.nullable.described("The revision that it made."),
                            "in_force": .boolean.described("Whether this replica serves it already."),
                        ]),
                        "It is deleted."
                    ),
                    .json(.conflict, .editRefusal, "Somebody else changed it since; what they did is in the answer."),
                    .json(.unprocessableContent, .editRefusal, "Something else needs it; nothing was deleted."),
                ],
                refusals: [.notFound: Self.missing(table), .preconditionRequired: "If-Match is missing."],
                needsDatabase: true,
                handler: { request, context in try await self.delete(table, request, context) }
            ),
            Operation(
                .patch,
                "\(Self.path)/\(table.name)",
                id: "edit\(shape)s",
                summary: "Change many \(table.name) at once",
                details: "All of it in one revision, or nothing. The answer names every cell that is wrong, if any is.",
                group: .registry,
                access: .key(.editor),
                parameters: [Self.dryRun, EditReason.parameter],
                body: .json(table.bulkEditSchema, "The edits, each with the row revision that was seen."),
                answers: [
                    .json(Self.bulkSchema, "They are made."),
                    .json(.conflict, .editRefusal, "Somebody else changed some of them since; nothing was changed."),
                    .json(.unprocessableContent, .editRefusal, "Some cannot be made; nothing was changed."),
                ],
                refusals: [.notFound: "None of the rows that cannot be edited is there; nothing was changed."],
                needsDatabase: true,
                handler: { request, context in try await self.editMany(table, request, context) }
            ),
        ]
    }

    private static let revision = Schema.integer.nullable
        .described("The revision that it made; null if nothing changed.")
    private static let inForce = Schema.boolean.described("Whether this replica serves it already.")

    static func writtenSchema(_ table: RegistryTable) -> Schema {
        .object([
            "row": table.rowSchema.described("The whole row as it is now, or would be."),
            "changes": .array(of: .cellChange).described("Every cell that is different now."),
            "revision": Self.revision,
            "row_revision": .integer.described("What the next edit names."),
            "in_force": Self.inForce,
            "dry_run": .boolean,
        ]).named("\(table.shapeName)Written")
    }

    private static let bulkSchema = Schema.object([
        "rows": .array(
            of: .object([
                "index": .count, "id": .integer, "row_revision": .integer.nullable,
                "changes": .array(of: .cellChange),
            ])
        ).described("One for each edit, in their order."),
        "revision": Self.revision,
        "in_force": Self.inForce,
        "dry_run": .boolean,
    ]).named("BulkWritten")

    // MARK: Answering

    private func create(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let isDryRun = try request.flag("dry_run")
        let wanted = try RowEditRequest(try await request.collectObject(), .create, of: table)
        let outcome = try await self.make([wanted.edit], table, wanted.reason, isDryRun, request, context)
        guard let made = outcome.rows.first, let row = made.row else { throw Self.vanished(table) }
        var headers = HTTPFields()
        if !isDryRun { headers[.location] = "\(Self.path)/\(table.name)/\(made.id)" }
        return try await self.written(
            row,
            made.changes,
            revision: outcome.revision,
            isDryRun: isDryRun,
            status: isDryRun ? .ok : .created,
            headers: headers
        )
    }

    private func edit(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let seen = try RowPrecondition.seen(request)
        let isDryRun = try request.flag("dry_run")
        let body = try await request.collectObject()
        let id = try await self.id(table, context)
        let wanted = try RowEditRequest(body, .update(id: id), of: table, seen: seen)
        let outcome = try await self.make([wanted.edit], table, wanted.reason, isDryRun, request, context)
        guard let made = outcome.rows.first, let row = made.row else { throw Self.vanished(table) }
        return try await self.written(row, made.changes, revision: outcome.revision, isDryRun: isDryRun)
    }

    private func delete(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let seen = try RowPrecondition.seen(request)
        let isDryRun = try request.flag("dry_run")
        let id = try await self.id(table, context)
        let edit = RowEdit(.delete(id: id), of: table, seen: seen)
        let outcome = try await self.make([edit], table, nil, isDryRun, request, context)
        let isInForce = try await self.feed.settle(on: outcome.revision)
        return Response(
            json: [
                "id": JSONValue(id), "deleted": .bool(!isDryRun), "dry_run": .bool(isDryRun),
                "revision": JSONValue(outcome.revision), "in_force": .bool(isInForce),
            ],
            headers: self.feed.revisionField
        )
    }

    private func editMany(
        _ table: RegistryTable,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> Response {
        let isDryRun = try request.flag("dry_run")
        let body = try await request.collectObject(upTo: BulkEditRequest.largestBody)
        let wanted = try BulkEditRequest(body, of: table)
        let outcome = try await self.make(wanted.edits, table, wanted.reason, isDryRun, request, context)
        let isInForce = try await self.feed.settle(on: outcome.revision)
        let rows = outcome.rows.enumerated().map { index, made -> JSONValue in
            [
                "index": JSONValue(index), "id": JSONValue(made.id), "row_revision": JSONValue(made.rowRevision),
                "changes": Self.json(made.changes),
            ]
        }
        return Response(
            json: [
                "rows": .array(rows), "revision": JSONValue(outcome.revision), "in_force": .bool(isInForce),
                "dry_run": .bool(isDryRun),
            ],
            headers: self.feed.revisionField
        )
    }

    // MARK: The way to the registry

    private func make(
        _ edits: [RowEdit],
        _ table: RegistryTable,
        _ written: String?,
        _ isDryRun: Bool,
        _ request: Request,
        _ context: ReplicaContext
    ) async throws -> EditOutcome {
        let author = Authorship(actor: context.principal.actor, reason: try EditReason.of(written, request))
        do {
            return try await APIError.explainingStore {
                try await self.store.edit(edits, as: author, isDryRun: isDryRun)
            }
        } catch let refusal as EditRefused {
            throw APIError(refusal, of: table)
        }
    }

    /// The number of the row that the path names.
    func id(_ table: RegistryTable, _ context: ReplicaContext) async throws -> Int64 {
        let name = try Self.name(table, context)
        if case .id(let id) = name { return id }
        let row = try await APIError.explainingRegistry { try await self.store.row(name, of: table).row }
        guard let id = row?["id"]?.int64Value else { throw Self.notFound(name, table) }
        return id
    }

    /// The answer to a write of one row, once it is in force here.
    func written(
        _ row: JSONObject,
        _ changes: [EditedRow.CellChange],
        revision: Int64?,
        isDryRun: Bool,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = HTTPFields()
    ) async throws -> Response {
        let isInForce = try await self.feed.settle(on: revision)
        var headers = headers
        headers[.xRosterRevision] = String(self.feed.snapshot.revision)
        headers[.eTag] = RowPrecondition.entityTag(row)
        return Response(
            json: [
                "row": .object(row),
                "changes": Self.json(changes),
                "revision": JSONValue(revision),
                "row_revision": row["row_revision"] ?? .null,
                "in_force": .bool(isInForce),
                "dry_run": .bool(isDryRun),
            ],
            status: status,
            headers: headers
        )
    }

    private static func json(_ changes: [EditedRow.CellChange]) -> JSONValue {
        .array(changes.map { ["column": .string($0.column), "old": $0.old, "new": $0.new] })
    }

    /// A row that was there when it was edited and is gone when it is to be shown.
    static func vanished(_ table: RegistryTable) -> APIError {
        APIError(
            .conflict,
            code: "conflict",
            "The \(table.noun) was deleted by somebody else at the same moment. List the rows again."
        )
    }
}
