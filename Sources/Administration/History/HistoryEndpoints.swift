package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Registry

/// `/api/v1/registry/changes`, `/revisions/{revision}` and `/revert`: what happened, over all tables, and taking it back.
package struct HistoryEndpoints: Sendable {
    private let store: RegistryStore
    private let feed: SnapshotFeed

    /// - Parameters:
    ///   - store: The registry.
    ///   - feed: What this replica serves.
    package init(store: RegistryStore, feed: SnapshotFeed) {
        self.store = store
        self.feed = feed
    }

    static let paging: [Operation.Parameter] = [
        .query(
            "limit",
            Schema.integer(1...Int64(ChangeQuery.mostAtOnce)).with("default", JSONValue(ChangeQuery().limit)),
            "At most so many changes."
        ),
        .query("cursor", .string, "Where the page before ended: its next."),
    ]

    /// What is served.
    package var operations: [Operation] {
        [
            Operation(
                .get,
                "\(RowEndpoints.path)/changes",
                id: "listChanges",
                summary: "What happened to the registry",
                details: "Newest first; each change is what one revision did to one row.",
                group: .registry,
                access: .key(.reader),
                parameters: [
                    .query("table", .string, "Only rows of this table."),
                    .query("id", .integer, "Only this row of the table; with a route come its members."),
                    .query("column", .string, "Only changes of this column."),
                    .query("revision", .count, "Only this revision."),
                    .query("from", .count, "Only this revision and later ones."),
                    .query("to", .count, "Only this revision and earlier ones."),
                    .query("since", .string, "Only what was committed at or after this moment or day."),
                    .query("until", .string, "Only what was committed before it."),
                    .query("actor", .string, "Only actors whose name begins so, as in refresh: or key:rk_3fA9."),
                ] + Self.paging,
                answers: [.json(.changePage, "A page of changes.")],
                needsDatabase: true,
                handler: self.changes
            ),
            Operation(
                .get,
                "\(RowEndpoints.path)/revisions/{revision}",
                id: "getRevision",
                summary: "What one revision did",
                group: .registry,
                access: .key(.reader),
                parameters: [.path("revision", .count, "Its number.")] + Self.paging,
                answers: [
                    .json(
                        .object([
                            "revision": .count, "at": .moment, "actor": .string, "reason": .string.nullable,
                            "changes": .changePage,
                        ]),
                        "Who, when, why, and a page of what."
                    )
                ],
                refusals: [.notFound: "There is no such revision."],
                needsDatabase: true,
                handler: self.revision
            ),
            Operation(
                .post,
                "\(RowEndpoints.path)/revert",
                id: "revert",
                summary: "Take something back as a new revision",
                details: "A cell, a row, a revision, or everything after a revision; whole, or not at all where an "
                    + "edit that somebody made later would be lost. What a provider says stays known; a cell that a refresh had "
                    + "overwritten is pinned. Keys of clients are taken back only with the scope admin.",
                group: .registry,
                access: .key(.editor),
                parameters: [RowEndpoints.dryRun, EditReason.parameter],
                body: .json(ReversionRequest.schema, "What to take back."),
                answers: [
                    .json(.reversion, "It is taken back."),
                    .json(.conflict, .reversionRefusal, "A later edit is in the way; nothing was changed."),
                ],
                refusals: [.notFound: "There is no such revision, row or change."],
                needsDatabase: true,
                handler: self.revert
            ),
        ]
    }

    private func changes(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        try await APIError.explainingRegistry {
            let page = try await self.store.changes(ChangeQuery(parameters: request.queryPairs()))
            return Response(json: Self.json(page))
        }
    }

    private func revision(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let written = try context.parameters.require("revision")
        return try await APIError.explainingRegistry {
            guard let revision = Int64(written), revision > 0 else {
                throw RowQueryProblem("revision", "“\(written.prefix(40))” is not the number of a revision.")
            }
            var query = try ChangeQuery(parameters: request.queryPairs(), words: [.limit, .cursor])
            query.revisions = revision...revision
            let page = try await self.store.changes(query)
            guard let first = page.changes.first else {
                throw APIError(
                    .notFound,
                    code: "not_found",
                    "There is no revision \(revision), or nothing after this cursor. "
                        + "The latest is \(try await self.store.position().revision).",
                    param: "revision"
                )
            }
            return Response(
                json: [
                    "revision": JSONValue(revision), "at": JSONValue(first.changedAt), "actor": .string(first.actor),
                    "reason": JSONValue(first.reason), "changes": Self.json(page),
                ]
            )
        }
    }

    private func revert(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let isDryRun = try request.flag("dry_run")
        let wanted = try ReversionRequest(try await request.collectObject())
        let author = Authorship(actor: context.principal.actor, reason: try EditReason.of(wanted.reason, request))
        let outcome = try await APIError.explainingRegistry {
            try await self.store.revert(
                wanted.reversion,
                as: author,
                isDryRun: isDryRun,
                mayTouchKeys: context.principal.allows(.admin)
            )
        }
        return try await Self.answer(outcome, isDryRun: isDryRun, self.feed)
    }

    // MARK: Shared with the tables' own operations

    static func json(_ page: ChangePage) -> JSONValue {
        [
            "object": "list", "data": .array(page.changes.map(ChangeAnswer.json)), "next": JSONValue(page.next),
        ]
    }

    static func answer(
        _ outcome: ReversionOutcome,
        isDryRun: Bool,
        _ feed: SnapshotFeed
    ) async throws -> Response {
        let isInForce = try await feed.settle(on: outcome.revision)
        return Response(
            json: [
                "cells": .array(outcome.cells.map(ChangeAnswer.json)),
                "revision": JSONValue(outcome.revision),
                "in_force": .bool(isInForce),
                "dry_run": .bool(isDryRun),
            ],
            headers: feed.revisionField
        )
    }
}
