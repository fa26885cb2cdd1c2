import JSON
import NIOConcurrencyHelpers
import Postgres
@testable import Registry
import Testing

/// What people do: plain SQL, the editing path, transactions, mistakes.
extension PropertyDriver {
    mutating func writeRows() async throws -> String {
        guard let first = self.anyKey() else { return "nothing to write" }
        var keys = [first]
        if self.chance(1, in: 3) { keys = self.history.now.keys(of: first.table).filter { _ in self.chance(1, in: 2) } }
        let values = self.values(for: first, isNew: self.chance(1, in: 2))
        let (wanted, table) = (keys.map(\.id), first.table)
        _ = try await self.registry.store.write(as: Self.person) { connection in
            try await connection.query(
                "UPDATE \(SQL.identifier(table)) SET \(Self.assignments(values)) WHERE id = ANY (\(wanted))"
            )
        }
        var state = self.history.now
        for key in keys { state.rows[key]?.write(values) }
        self.history.commit(state)
        return "write \(table)"
    }

    /// Through the path that the API, files and plans use.
    mutating func editRow() async throws -> String {
        var state = self.history.now
        let isDryRun = self.chance(1, in: 6)
        if self.chance(1, in: 4) {
            let name = "setting\(self.newNumber())"
            let edit = RowEdit(.create, of: .settings, set: ["name": .string(name), "value": [:]])
            let outcome = try await self.registry.store.edit([edit], as: Self.person, isDryRun: isDryRun)
            guard let id = outcome.rows.first?.id, !isDryRun else { return "create by edit, dry" }
            state.insert(RowKey(table: "settings", id: id), ["name": name])
            self.history.commit(state)
            return "create by edit"
        }
        guard let key = self.anyKey(of: "models") else { return "nothing to edit" }
        var edit = RowEdit(.update(id: key.id), of: .models)
        let values = self.values(for: key, isNew: true)
        for (column, value) in values {
            edit.set[column] = column == "is_active" ? .bool(value == "true") : JSONValue(value)
        }
        edit.pin = RuledRow.discoverable.filter { _ in self.chance(1, in: 8) }
        edit.giveBack = RuledRow.discoverable.filter { name in
            values[name] == nil && !edit.pin.contains(name) && self.chance(1, in: 8)
        }
        _ = try await self.registry.store.edit([edit], as: Self.person, isDryRun: isDryRun)
        guard !isDryRun else { return "edit, dry" }
        state.rows[key]?.write(values, pin: Set(edit.pin), giveBack: Set(edit.giveBack))
        self.history.commit(state)
        return "edit"
    }

    /// Several statements, some of them taken back to a savepoint, and now and then all of them.
    mutating func writeInOneTransaction() async throws -> String {
        struct GivenUp: Error {}
        struct Statement { let key: RowKey, values: [String: String?], isTakenBack: Bool }
        var statements: [Statement] = []
        for _ in 0..<Int.random(in: 2...4, using: &self.random) {
            guard let key = self.anyKey() else { continue }
            statements.append(
                Statement(key: key, values: self.values(for: key, isNew: true), isTakenBack: self.chance(1, in: 4))
            )
        }
        let isGivenUp = self.chance(1, in: 5)
        do {
            _ = try await self.registry.store.write(as: Self.person) { [statements] connection in
                for statement in statements {
                    try await connection.script("SAVEPOINT before")
                    _ = try await connection.query(
                        """
                        UPDATE \(SQL.identifier(statement.key.table)) SET \(Self.assignments(statement.values))
                        WHERE id = \(statement.key.id)
                        """
                    )
                    if statement.isTakenBack { try await connection.script("ROLLBACK TO SAVEPOINT before") }
                }
                if isGivenUp { throw GivenUp() }
            }
        } catch is GivenUp {
            return "give up a transaction"
        }
        var state = self.history.now
        for statement in statements where !statement.isTakenBack { state.rows[statement.key]?.write(statement.values) }
        self.history.commit(state)
        return "write in one transaction"
    }

    mutating func insertRow() async throws -> String {
        var state = self.history.now
        let kind = Int.random(in: 0..<4, using: &self.random)
        let text = "by hand \(self.newNumber())"
        let free = Self.models.filter { name in
            !state.rows.contains { $0.key.table == "models" && $0.value.cells["provider_model_id"] == name }
        }.randomElement(using: &self.random)
        let route = self.anyKey(of: "routes")
        let position = self.newNumber()
        let key: RowKey
        let cells: [String: String]
        let statement: SQL
        switch kind {
        case 0, 1:
            guard let free else { return "no model to add" }
            cells = ["provider_model_id": free, "model_name": text, "description": text, "is_active": "true"]
            statement = """
                INSERT INTO models (provider_id, provider_model_id, model_name, description)
                VALUES (1, \(free), \(text), \(text)) RETURNING id
                """
            key = RowKey(table: "models", id: 0)
        case 2:
            let name = "route\(position)"
            cells = ["name": name, "is_active": "true"]
            statement = "INSERT INTO routes (name) VALUES (\(name)) RETURNING id"
            key = RowKey(table: "routes", id: 0)
        default:
            guard let route else { return "no route to add to" }
            cells = ["route_id": "\(route.id)", "position": "\(position)", "model": "m1"]
            statement = """
                INSERT INTO route_members (route_id, position, model) VALUES (\(route.id), \(Int64(position)), 'm1') RETURNING id
                """
            key = RowKey(table: "route_members", id: 0)
        }
        let (id, _) = try await self.registry.store.write(as: Self.person) { connection in
            try await connection.query(statement).only().decode(Int64.self, "id")
        }
        state.insert(RowKey(table: key.table, id: id), cells)
        self.history.commit(state)
        return "insert \(key.table)"
    }

    mutating func deleteRow() async throws -> String {
        guard let key = self.anyKey() else { return "nothing to delete" }
        if key.table == "settings" || (key.table == "models" && self.chance(1, in: 2)) {
            let table = key.table == "models" ? RegistryTable.models : .settings
            _ = try await self.registry.store.edit([RowEdit(.delete(id: key.id), of: table)], as: Self.person)
        } else {
            _ = try await self.registry.store.write(as: Self.person) { connection in
                try await connection.query("DELETE FROM \(SQL.identifier(key.table)) WHERE id = \(key.id)")
            }
        }
        var state = self.history.now
        state.delete(key)
        self.history.commit(state)
        return "delete \(key.table)"
    }

    mutating func truncate() async throws -> String {
        let table = self.chance(1, in: 2) ? "settings" : "route_members"
        _ = try await self.registry.store.write(as: Self.person) { connection in
            try await connection.query("TRUNCATE \(SQL.identifier(table))")
        }
        var state = self.history.now
        for key in state.keys(of: table) { state.delete(key) }
        self.history.commit(state)
        return "truncate \(table)"
    }

    mutating func pinOrGiveBack() async throws -> String {
        guard let key = self.anyKey(of: "models"), let column = RuledRow.discoverable.randomElement(using: &self.random)
        else { return "nothing to pin" }
        let isPinned = self.history.now.rows[key]?.pinned.contains(column) == true
        _ = try await self.registry.store.write(as: Self.person) { connection in
            try await connection.query(
                isPinned
                    ? "UPDATE models SET pinned = array_remove(pinned, \(column)) WHERE id = \(key.id)"
                    : "UPDATE models SET pinned = pinned || \(column)::text WHERE id = \(key.id)"
            )
        }
        var state = self.history.now
        state.rows[key]?.write([:], pin: isPinned ? [] : [column], giveBack: isPinned ? [column] : [])
        self.history.commit(state)
        return isPinned ? "give back" : "pin"
    }

    mutating func moveRow() async throws -> String {
        guard let key = self.anyKey(of: "models") else { return "nothing to move" }
        let moved = RowKey(table: "models", id: 1_000_000 + Int64(self.newNumber()))
        _ = try await self.registry.store.write(as: Self.person) { connection in
            try await connection.query("UPDATE models SET id = \(moved.id) WHERE id = \(key.id)")
        }
        var state = self.history.now
        state.rows[moved] = state.rows.removeValue(forKey: key)
        self.history.commit(state)
        return "move an id"
    }

    /// The connection is gone in the middle of the transaction, as when a process is killed.
    mutating func crash() async throws -> String {
        guard let key = self.anyKey() else { return "nothing to crash on" }
        let values = self.values(for: key, isNew: true)
        await #expect(throws: PostgresError.self) {
            try await self.registry.store.write(as: Self.person) { connection in
                _ = try await connection.query(
                    "UPDATE \(SQL.identifier(key.table)) SET \(Self.assignments(values)) WHERE id = \(key.id)"
                )
                _ = try await connection.query("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        return "crash"
    }

    /// Two writers of one row at once: by SQL both get through, one after the other; of two editors one is told.
    mutating func writeTwice() async throws -> String {
        guard let key = self.anyKey(of: "models") else { return "nothing to write twice" }
        let store = self.registry.store
        let notes = ["first \(self.newNumber())", "second \(self.newNumber())"]
        if self.chance(1, in: 2) {
            let seen = try await self.registry.state().numbers[key]
            let edits = notes.map { RowEdit(.update(id: key.id), of: .models, seen: seen, set: ["notes": .string($0)]) }
            async let one = Result.of { try await store.edit([edits[0]], as: Self.person) }
            async let other = Result.of { try await store.edit([edits[1]], as: Self.person) }
            let results = await [one, other]
            let winners = results.indices.filter { (try? results[$0].get()) != nil }
            #expect(winners.count == 1)
            for case .failure(let error) in results {
                let refusal = try #require(error as? EditRefused, "\(error)")
                #expect(refusal.problems.map(\.code) == [.conflict])
            }
            var state = self.history.now
            for winner in winners { state.rows[key]?.write(["notes": notes[winner]]) }
            self.history.commit(state)
            return "two editors"
        }
        let write: @Sendable (String) async throws -> Int64? = { note in
            try await store.write(as: Self.person) { connection in
                try await connection.query("UPDATE models SET notes = \(note) WHERE id = \(key.id)")
            }.revision
        }
        async let one = write(notes[0])
        async let other = write(notes[1])
        let revisions = try await [#require(one), #require(other)]
        for index in revisions[0] < revisions[1] ? [0, 1] : [1, 0] {
            var state = self.history.now
            state.rows[key]?.write(["notes": notes[index]])
            self.history.commit(state)
        }
        return "two writers"
    }

    /// What cannot be is refused and leaves nothing behind, also what the same transaction did before.
    mutating func beRefused() async throws -> String {
        guard let key = self.anyKey(of: "models") else { return "nothing to refuse" }
        let wrong: [SQL] = [
            "UPDATE models SET pricing_prompt = -1 WHERE id = \(key.id)",
            "UPDATE models SET pinned = '{notes}' WHERE id = \(key.id)",
            "UPDATE models SET discovered = '{\"x\": 1}' WHERE id = \(key.id)",
            "UPDATE models SET provider_id = 99 WHERE id = \(key.id)",
            "DELETE FROM providers WHERE id = 1",
            "SELECT * FROM revert_revision(1000000)",
            "SELECT * FROM restore_row('models', \(key.id))",
        ]
        let statement = wrong.randomElement(using: &self.random) ?? "SELECT 1 / 0"
        let note = "notes \(self.newNumber())"
        await #expect(throws: PostgresError.self, "\(statement)") {
            try await self.registry.store.write(as: Self.person) { connection in
                _ = try await connection.query("UPDATE models SET notes = \(note) WHERE id = \(key.id)")
                _ = try await connection.query(statement)
            }
        }
        let edits = [
            RowEdit(.update(id: key.id), of: .models, set: ["notes": .string(note)]),
            RowEdit(.update(id: key.id + 1), of: .models, set: ["pricing_prompt": "-1"]),
        ]
        await #expect(throws: EditRefused.self) { try await self.registry.store.edit(edits, as: Self.person) }
        return "be refused"
    }
}

extension Result where Failure == any Error {
    /// What came of something that may fail.
    static func of(_ body: () async throws -> Success) async -> Self {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
