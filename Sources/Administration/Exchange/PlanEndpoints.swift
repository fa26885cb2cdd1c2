import Exchange
import FoundationEssentials
package import HTTP
import HTTPTypes
import Hummingbird
import JSON
package import Registry

/// `/api/v1/registry/catalogue`, `…/plan` and `…/apply`: promotion from one registry to the next.
///
/// What is applied is in force here when the answer arrives.
package struct PlanEndpoints: Sendable {
    private let store: RegistryStore
    private let feed: SnapshotFeed
    private let slots = ImportSlots()

    /// The longest catalogue or plan that is accepted, in bytes.
    private static let longest = 64 << 20

    /// - Parameters:
    ///   - store: The registry.
    ///   - feed: What this replica serves.
    package init(store: RegistryStore, feed: SnapshotFeed) {
        self.store = store
        self.feed = feed
    }

    /// What is served.
    package var operations: [Operation] { [self.catalogue, self.plan, self.apply] }

    // MARK: Catalogue

    private var catalogue: Operation {
        Operation(
            .get,
            "\(RowEndpoints.path)/catalogue",
            id: "getCatalogue",
            summary: "Providers, models and routes in one document",
            details:
                "All rows of one revision, named as people name them and not by number, with what a person has pinned. "
                + "Another registry plans with it (POST …/plan, roster plan --from-url).",
            group: .registry,
            access: .key(.reader),
            answers: [.json(.catalogue, "The document.")],
            needsDatabase: true,
            handler: { _, _ in
                let contents = try await APIError.explainingStore {
                    try await self.store.contents(of: Catalogue.tables)
                }
                return Response(
                    json: Catalogue(contents, source: "export").json,
                    headers: RowEndpoints.revisionField(contents.revision)
                )
            }
        )
    }

    // MARK: Plan

    private var plan: Operation {
        Operation(
            .post,
            "\(RowEndpoints.path)/plan",
            id: "planCatalogue",
            summary: "Say what would make this registry like a catalogue",
            details:
                "Nothing is changed. The differences are ordered by danger: critical is what may break requests or make "
                + "them dearer. The answer is what POST …/apply takes; it belongs to the revision that it was made for.",
            group: .registry,
            access: .key(.reader),
            parameters: [
                .query("prune", .boolean, "Switch off what the catalogue's tables lack; nothing is ever deleted."),
                .query(
                    "critical_price",
                    .decimal,
                    "The rise of a price that is critical, in percent; 10 unless given."
                ),
            ],
            body: .json(.catalogue, "A catalogue, as GET …/catalogue gives it."),
            answers: [.json(.plan, "The plan.")],
            needsDatabase: true,
            handler: { request, _ in try await self.plan(request) }
        )
    }

    private func plan(_ request: Request) async throws -> Response {
        var rules = Plan.Rules()
        rules.prunes = try request.flag("prune")
        if let written = request.uri.queryParameters["critical_price"] {
            guard let percent = JSONValue.string(String(written)).decimalReadingStrings(), percent >= 0 else {
                throw APIError(
                    .badRequest,
                    code: "invalid_value",
                    "critical_price must be a number of 0 or more, as in 10 or 2.5.",
                    param: "critical_price"
                )
            }
            rules.criticalIncrease = percent
        }
        return try await self.slots.use {
            let body = try await request.collectObject(upTo: Self.longest)
            let catalogue: Catalogue
            do {
                catalogue = try Catalogue(.object(body), named: "the catalogue")
            } catch {
                throw APIError(.unprocessableContent, code: "invalid_catalogue", "\(error).")
            }
            let contents = try await APIError.explainingStore {
                try await self.store.contents(of: Catalogue.tables)
            }
            let plan = Plan(from: catalogue, to: contents, rules: rules)
            return Response(json: plan.json, headers: RowEndpoints.revisionField(contents.revision))
        }
    }

    // MARK: Apply

    private var apply: Operation {
        Operation(
            .post,
            "\(RowEndpoints.path)/apply",
            id: "applyPlan",
            summary: "Do exactly what a plan says, or nothing",
            details:
                "All of it is one revision. A plan that was made for another revision than the latest is refused, and the "
                + "answer says what came between.",
            group: .registry,
            access: .key(.editor),
            parameters: [EditReason.parameter],
            body: .json(.plan, "The plan, as POST …/plan or roster plan gave it."),
            answers: [.json(.planApplied, "It was done, or there was nothing to do.")],
            refusals: [
                .conflict:
                    "The registry has moved since the plan was made, and nothing was changed: `error.details` says who "
                    + "changed it.",
                .unprocessableContent: "The plan is damaged, or the registry's rules refuse it; nothing was changed.",
            ],
            needsDatabase: true,
            handler: { request, context in try await self.apply(request, context) }
        )
    }

    private func apply(_ request: Request, _ context: ReplicaContext) async throws -> Response {
        let author = Authorship(actor: context.principal.actor, reason: try EditReason.of(nil, request))
        return try await self.slots.use {
            let body = try await request.collectObject(upTo: Self.longest)
            let plan: Plan
            do {
                plan = try Plan(.object(body))
            } catch {
                throw APIError(.unprocessableContent, code: "damaged_plan", "\(error).")
            }
            let revision: Int64?
            do {
                revision = try await APIError.explainingStore {
                    try await PlanApplication(store: self.store).apply(plan, as: author)
                }
            } catch let stale as PlanApplication.Stale {
                throw APIError(stale: stale)
            } catch let refused as EditRefused {
                throw APIError(.unprocessableContent, code: "refused", refused.description)
            }
            return Response(
                json: [
                    "applied": .bool(revision != nil),
                    "revision": JSONValue(revision),
                    "base_revision": JSONValue(plan.baseRevision),
                    "edits": JSONValue(plan.edits.count),
                    "digest": .string(plan.digest),
                    "in_force": .bool(try await self.feed.settle(on: revision)),
                ],
                headers: self.feed.revisionField
            )
        }
    }
}

extension APIError {
    /// A plan whose base has moved, with what came between.
    fileprivate init(stale: PlanApplication.Stale) {
        self.init(.conflict, code: "stale_plan", stale.description)
        self.more["details"] = .array(
            stale.since.map { line in
                [
                    "revision": JSONValue(line.revision), "actor": .string(line.actor),
                    "reason": JSONValue(line.reason), "at": .string(line.at.formatted(.iso8601)),
                ]
            }
        )
    }
}

extension Schema {
    fileprivate static let catalogue = Schema.object([
        "format": .constant(Catalogue.format),
        "version": .count,
        "revision": .integer.nullable,
        "tables": .map(of: .array(of: .map(of: .any))).described("Rows of providers, models and routes."),
    ]).named("Catalogue")

    fileprivate static let plan = Schema.object([
        "format": .constant(Plan.format),
        "version": .count,
        "source": .string.described("What the registry is to be like, for people."),
        "base_revision": .count.described("The revision that it was made for."),
        "summary": .object(["critical": .count, "notable": .count, "harmless": .count]),
        "differences": .array(
            of: .object([
                "danger": .choice(Plan.Danger.allCases.map(\.rawValue)), "table": .string, "row": .string,
                "column": .string.nullable, "old": .any, "new": .any, "percent": .decimal.nullable,
                "message": .string.described("The difference in words."),
            ])
        ),
        "edits": .array(
            of: .object([
                "table": .string, "key": .map(of: .string), "row_revision": .integer.nullable, "set": .map(of: .any),
                "pin": .array(of: .string), "free": .array(of: .string),
            ])
        ),
        "digest": .string.described("Names the plan by everything that it says."),
    ]).named("Plan")

    fileprivate static let planApplied = Schema.object([
        "applied": .boolean, "revision": .integer.nullable, "base_revision": .count, "edits": .count, "digest": .string,
        "in_force": .boolean.described("Whether this replica serves it already."),
    ]).named("PlanApplied")
}
