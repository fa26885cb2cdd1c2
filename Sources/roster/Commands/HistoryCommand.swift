import ArgumentParser
import FoundationEssentials
import JSON
import Registry
import RosterServer

/// `roster history`: what happened to the registry.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show who changed what when and why, newest first; prices in USD per 1M tokens."
    )

    @Argument(help: "Only this model: provider/api-name.")
    var model: String?

    @Option(help: "Only this table: models, providers, routes, settings, api_keys.")
    var table: String?

    @Option(help: "Only this column, as pricing_prompt.")
    var column: String?

    @Option(help: "Only this revision.")
    var revision: Int64?

    @Option(help: "Only since a day (2026-11-20), a time (2026-11-20T08:00:00Z) or for a span (7d, 12h).")
    var since: Moment?

    @Option(help: "Only what was done by actors whose name begins so: refresh:, cli:, sql:.")
    var actor: String?

    @Option(help: "At most so many rows that were changed.")
    var limit = 50

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "Say where the database is taken from, and log what happens.")
    var verbose = false

    func validate() throws {
        guard (1...ChangeQuery.mostAtOnce).contains(self.limit) else {
            throw ValidationError("--limit is from 1 to \(ChangeQuery.mostAtOnce).")
        }
        guard self.model == nil || self.table == nil else {
            throw ValidationError("Name a model or a table, not both.")
        }
    }

    func run() async throws {
        var query = ChangeQuery()
        query.table = self.table
        query.column = self.column
        query.revisions = self.revision.map { $0...$0 }
        query.since = self.since?.date
        query.actor = self.actor
        query.limit = self.limit
        let page = try await RegistrySession.open(isVerbose: self.verbose) { [query, model] session in
            var query = query
            if let model {
                query.table = "models"
                query.rowID = try await session.store.modelID(model)
            }
            return try await session.store.changes(query)
        }
        if self.json { return Terminal.say(.array(page.changes.map { .object($0.json) })) }
        guard !page.changes.isEmpty else { return Terminal.note("Nothing of this kind has been changed.") }
        Terminal.say(Self.text(page.changes))
        if page.next != nil { Terminal.note("There is more; --limit shows up to \(ChangeQuery.mostAtOnce).") }
    }

    /// A heading for each revision, a line for each cell.
    private static func text(_ changes: [Change]) -> String {
        var text = CellLines()
        var blocks: [String] = []
        var revision: Int64?
        for change in changes {
            if change.revision != revision {
                revision = change.revision
                let reason = change.reason.map { ": \(TextTable.printable($0))" } ?? ""
                let when = change.changedAt.formatted(.iso8601)
                blocks.append("\(change.revision)  \(when)  \(TextTable.printable(change.actor))\(reason)")
            }
            text = CellLines()
            text.add(
                table: change.table,
                title: change.title,
                cells: change.cells.map { ($0.column, $0.old, $0.new) }
            )
            blocks += text.lines
        }
        return blocks.joined(separator: "\n")
    }
}

/// A moment as somebody types it: a day, a time, or how long ago.
struct Moment: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        if argument.last?.isLetter == true, let span = DurationText.parse(argument) {
            self.date = Date(timeIntervalSinceNow: -Double(span.components.seconds))
            return
        }
        guard case .time(let date) = RevisionPoint(argument) else { return nil }
        self.date = date
    }
}

extension RevisionPoint: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}

extension RegistrySession {
    /// Works with the database that the command line names.
    static func open<Value: Sendable>(
        isVerbose: Bool,
        _ body: @escaping @Sendable (RegistrySession) async throws -> Value
    ) async throws -> Value {
        let invocation = Invocation.current
        let settings = try await invocation.settingsOfDatabase(isVerbose: isVerbose)
        return try await self.run(settings, logger: invocation.logger(for: settings, isVerbose: isVerbose), body)
    }
}

extension RegistryStore {
    /// The number of a model, also of one that was deleted.
    func modelID(_ name: String) async throws -> Int64 {
        let snapshot = try await self.snapshot()
        if let offer = snapshot.offer(qualifiedName: name) { return offer.model.id }
        if let gone = try await self.deletedModel(named: name) { return gone }
        let nearest = NearestName.of(name, among: snapshot.offers.map(\.qualifiedName)).map { "; did you mean \($0)?" }
        throw CommandFailure("there is no model “\(name)” and there was none\(nearest ?? ".")")
    }
}

extension Change {
    /// For programs.
    var json: JSONObject {
        [
            "revision": JSONValue(self.revision),
            "changed_at": .string(self.changedAt.formatted(.iso8601)),
            "actor": .string(self.actor),
            "reason": JSONValue(self.reason),
            "table": .string(self.table),
            "id": JSONValue(self.rowID),
            "title": .string(self.title),
            "operation": .string(self.operation.rawValue),
            "cells": .object(JSONObject(self.cells.map { ($0.column, .array([$0.old, $0.new])) })),
        ]
    }
}
