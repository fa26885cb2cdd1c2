import FoundationEssentials
import JSON
import Postgres

/// Makes edits on a connection, within a transaction of the caller: locks, compares, writes, and says what came of it.
///
/// Used by one task. Nothing of it is kept by the database if the caller rolls back, which it must where ``problems`` has
/// something in it.
struct EditSession {
    /// Values of the row, as the registry gives them out.
    struct Row {
        let rowRevision: Int64
        let cells: JSONObject
    }

    private let connection: PostgresConnection
    /// What is wrong, as far as it was found.
    private(set) var problems: [EditProblem]
    private var providers: [String: Int64] = [:]

    /// The most rows that one statement writes; beyond that its parameter becomes unwieldy.
    private static let chunk = 5_000

    init(connection: PostgresConnection, problems: [EditProblem]) {
        self.connection = connection
        self.problems = problems
    }

    /// Makes the edits.
    ///
    /// - Parameter edits: Edits of which the types are right.
    /// - Returns: A row for each edit; empty if there are problems.
    /// - Throws: `PostgresError` for what is not the edits' fault.
    mutating func make(_ edits: [CheckedEdit]) async throws -> [EditedRow] {
        var before: [RowKey: Row] = [:]
        for table in RegistryTable.all {
            let ids = edits.filter { $0.table == table }.compactMap(\.edit.id)
            if !ids.isEmpty {
                for (id, row) in try await self.lock(ids, of: table) { before[RowKey(table, id)] = row }
            }
        }
        try await self.findProviders(of: edits)
        var possible: [CheckedEdit] = []
        var met: Set<RowKey> = []
        let incomplete = Set(self.problems.filter { $0.code == .required }.map(\.index))
        for edit in edits {
            guard let resolved = self.resolve(edit), !incomplete.contains(edit.index) else { continue }
            guard let id = edit.edit.id else {
                possible.append(resolved)
                continue
            }
            guard met.insert(RowKey(edit.table, id)).inserted else {
                self.report(
                    edit,
                    .duplicate,
                    "The \(edit.table.noun) \(id) is edited twice here; put both edits into one."
                )
                continue
            }
            guard let row = before[RowKey(edit.table, id)] else {
                self.report(
                    edit,
                    .notFound,
                    "There is no \(edit.table.noun) with the number \(id); it may have been deleted."
                )
                continue
            }
            if let seen = edit.edit.seen, seen != row.rowRevision {
                try await self.reportConflict(edit, id: id, seen: seen, row)
                continue
            }
            possible.append(resolved)
        }
        let made = try await self.write(possible)
        guard self.problems.isEmpty else { return [] }
        return try await self.outcome(of: edits, made: made, before: before)
    }

    // MARK: Looking

    private func lock(_ ids: [Int64], of table: RegistryTable) async throws -> [Int64: Row] {
        // In the order of their numbers, so that two who edit the same rows wait for each other instead of both.
        _ = try await self.connection.query(
            "SELECT FROM \(SQL.identifier(table.name)) WHERE id = ANY(\(ids)) ORDER BY id FOR NO KEY UPDATE"
        )
        return try await self.read(ids, of: table)
    }

    private func read(_ ids: [Int64], of table: RegistryTable) async throws -> [Int64: Row] {
        var rows: [Int64: Row] = [:]
        for place in stride(from: 0, to: ids.count, by: Self.chunk) {
            let some = Array(ids[place..<min(place + Self.chunk, ids.count)])
            let found = try await self.connection.query(
                "SELECT id, row_revision, cells::text AS cells FROM (\(table.reading())) rows WHERE id = ANY(\(some))"
            )
            for row in found {
                let cells = try JSONValue(parsing: Array(row.decode(String.self, "cells").utf8))
                rows[try row.decode(Int64.self, "id")] = Row(
                    rowRevision: try row.decode(Int64.self, "row_revision"),
                    cells: table.present(cells.objectValue ?? [:])
                )
            }
        }
        return rows
    }

    private mutating func findProviders(of edits: [CheckedEdit]) async throws {
        let slugs = Set(edits.filter { $0.table == .models }.compactMap { $0.cells["provider"]?.stringValue })
        // Providers that the same edits make are there only once they are written.
        let rows = try await self.connection.query("SELECT slug, id FROM providers WHERE slug = ANY(\(slugs.sorted()))")
        for row in rows { self.providers[try row.decode(String.self, "slug")] = try row.decode(Int64.self, "id") }
        for edit in edits where edit.table == .providers && edit.edit.action == .create {
            if let slug = edit.cells["slug"]?.stringValue, self.providers[slug] == nil { self.providers[slug] = 0 }
        }
    }

    /// Puts the number of a provider in the place of its slug.
    private mutating func resolve(_ edit: CheckedEdit) -> CheckedEdit? {
        guard let slug = edit.cells["provider"]?.stringValue, self.providers[slug] == nil else { return edit }
        self.report(
            edit,
            column: "provider",
            .invalidValue,
            "There is no provider “\(slug.prefix(80))”. Add it first: a row of providers with this slug."
        )
        return nil
    }

    // MARK: Writing

    /// Writes tables in the order in which they depend on each other, and rows that go before rows that come.
    private mutating func write(_ edits: [CheckedEdit]) async throws -> [Int: Int64] {
        var made: [Int: Int64] = [:]
        for table in RegistryTable.all.reversed() {
            try await self.write(edits.filter { $0.table == table && $0.isDeletion }, of: table, &made)
        }
        for table in RegistryTable.all {
            let own = edits.filter { $0.table == table }
            try await self.write(own.filter { !$0.isDeletion && $0.edit.id != nil }, of: table, &made)
            try await self.write(own.filter { $0.edit.id == nil }, of: table, &made)
            guard table == .providers else { continue }
            for edit in own {
                guard let id = made[edit.index], let slug = edit.cells["slug"]?.stringValue else { continue }
                self.providers[slug] = id
            }
        }
        return made
    }

    private mutating func write(
        _ edits: [CheckedEdit],
        of table: RegistryTable,
        _ made: inout [Int: Int64]
    ) async throws {
        for place in stride(from: 0, to: edits.count, by: Self.chunk) {
            guard self.problems.count < EditRefused.mostProblems else { return }
            let some = Array(edits[place..<min(place + Self.chunk, edits.count)])
            try await self.connection.script("SAVEPOINT edits")
            do {
                let statement = EditStatement(connection: self.connection, table: table, providers: self.providers)
                try await made.merge(statement.write(some)) { _, new in new }
                try await self.connection.script("RELEASE SAVEPOINT edits")
            } catch let error as PostgresError where error.isAboutValues {
                try await self.connection.script("ROLLBACK TO SAVEPOINT edits")
                try await self.diagnose(some, of: table, &made)
            }
        }
    }

    /// Writes one edit after the other, and of those that are refused one cell after the other, to say which it is.
    private mutating func diagnose(
        _ edits: [CheckedEdit],
        of table: RegistryTable,
        _ made: inout [Int: Int64]
    ) async throws {
        let statement = EditStatement(connection: self.connection, table: table, providers: self.providers)
        for edit in edits {
            guard self.problems.count < EditRefused.mostProblems else { return }
            guard let refusal = try await self.refusal(of: edit, by: statement, &made) else { continue }
            var found = 0
            for part in edit.parts {
                var unused: [Int: Int64] = [:]
                guard let error = try await self.refusal(of: part.edit, by: statement, &unused) else { continue }
                self.report(edit, column: part.column, error.problemCode, error.sentence)
                found += 1
            }
            guard found == 0 else { continue }
            let column = try await self.column(of: refusal, in: edit)
            self.report(edit, column: column, refusal.problemCode, refusal.sentence)
        }
    }

    private func refusal(
        of edit: CheckedEdit,
        by statement: EditStatement,
        _ made: inout [Int: Int64]
    ) async throws -> PostgresError? {
        try await self.connection.script("SAVEPOINT one_edit")
        do {
            try await made.merge(statement.write([edit])) { _, new in new }
            try await self.connection.script("RELEASE SAVEPOINT one_edit")
            return nil
        } catch let error as PostgresError where error.isAboutValues {
            try await self.connection.script("ROLLBACK TO SAVEPOINT one_edit")
            return error
        }
    }

    /// Which column of an edit is refused, as far as the constraint says; nil where it is about several.
    private func column(of error: PostgresError, in edit: CheckedEdit) async throws -> String? {
        if let name = error.column { return edit.table.column(name)?.name }
        guard let constraint = error.constraint else { return nil }
        let rows = try await self.connection.query(
            """
            SELECT a.attname::text AS name, c.conrelid = \(edit.table.name)::regclass AS is_own
            FROM pg_constraint c
            CROSS JOIN LATERAL unnest(c.conkey) k JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k
            WHERE c.conname = \(constraint)::name
            """
        )
        for row in rows {
            guard try row.decode(Bool.self, "is_own") else { return edit.members == nil ? nil : "members" }
            let name = try row.decode(String.self, "name")
            if edit.cells[name] != nil { return name }
        }
        return nil
    }

    // MARK: Telling

    private mutating func report(
        _ edit: CheckedEdit,
        column: String? = nil,
        _ code: EditProblem.Code,
        _ message: String
    ) {
        self.problems.append(EditProblem(edit.place, column: column, code, message))
    }

    private mutating func reportConflict(_ edit: CheckedEdit, id: Int64, seen: Int64, _ row: Row) async throws {
        let conflict = try await EditConflict(of: edit, id: id, seen: seen, row, on: self.connection)
        self.problems.append(
            EditProblem(
                edit.place,
                .conflict,
                "The \(edit.table.noun) \(id) is not as you saw it (row revision \(seen), now \(row.rowRevision)). "
                    + conflict.sentence,
                conflict: conflict
            )
        )
    }

    private func outcome(
        of edits: [CheckedEdit],
        made: [Int: Int64],
        before: [RowKey: Row]
    ) async throws -> [EditedRow] {
        var after: [RowKey: Row] = [:]
        for table in RegistryTable.all {
            let ids = edits.filter { $0.table == table && !$0.isDeletion }.compactMap { $0.edit.id ?? made[$0.index] }
            guard !ids.isEmpty else { continue }
            for (id, row) in try await self.read(ids, of: table) { after[RowKey(table, id)] = row }
        }
        return edits.map { edit in
            let id = edit.edit.id ?? made[edit.index] ?? 0
            let (old, new) = (before[RowKey(edit.table, id)], after[RowKey(edit.table, id)])
            let changes = edit.table.columns.compactMap { column -> EditedRow.CellChange? in
                guard !["row_revision", "updated_at"].contains(column.name) else { return nil }
                let (was, becomes) = (old?.cells[column.name] ?? .null, new?.cells[column.name] ?? .null)
                return was == becomes ? nil : EditedRow.CellChange(column: column.name, old: was, new: becomes)
            }
            return EditedRow(id: id, row: new?.cells, changes: changes)
        }
    }
}

/// Names a row among all tables.
struct RowKey: Hashable {
    let table: RegistryTable
    let id: Int64

    init(_ table: RegistryTable, _ id: Int64) {
        self.table = table
        self.id = id
    }
}

extension CheckedEdit {
    var isDeletion: Bool {
        if case .delete = self.edit.action { return true }
        return false
    }

    /// The edit of a row that is there, cell by cell, to find out which is refused.
    fileprivate var parts: [(column: String, edit: CheckedEdit)] {
        guard self.edit.id != nil, !self.isDeletion else { return [] }
        var parts = self.cells.map { name, value in
            var part = self
            part.cells = [name: value]
            part.members = nil
            return (column: name, edit: part)
        }
        if self.members != nil {
            var part = self
            part.cells = [:]
            parts.append((column: "members", edit: part))
        }
        return parts
    }
}

extension PostgresError {
    /// Whether it is the values that were refused (PostgreSQL documentation, appendix A: classes 22, 23, P0).
    fileprivate var isAboutValues: Bool {
        self.code == .serverRefused && ["22", "23", "P0"].contains(self.sqlState?.prefix(2))
    }

    fileprivate var problemCode: EditProblem.Code { self.sqlState == "23505" ? .duplicate : .invalidValue }

    /// A constraint's name is the sentence that says what is wrong.
    fileprivate var sentence: String {
        self.constraint.flatMap { $0.contains(" ") ? $0 : nil } ?? "\(self.message)\(self.hint.map { " \($0)" } ?? "")"
    }
}
