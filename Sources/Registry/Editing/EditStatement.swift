import JSON
import Postgres

/// The statements that write edits of one table, many rows at a time.
///
/// Values travel as one JSON parameter and become the columns' types in the database; names of columns come from the
/// table's description and nowhere else.
struct EditStatement {
    let connection: PostgresConnection
    let table: RegistryTable
    /// Numbers by slug.
    let providers: [String: Int64]

    /// Writes edits that are all deletions, all of rows that are there, or all of rows that are to be made.
    ///
    /// - Parameter edits: The edits.
    /// - Returns: The numbers of rows that were made, by the index of their edit.
    /// - Throws: `PostgresError`.
    func write(_ edits: [CheckedEdit]) async throws -> [Int: Int64] {
        guard let first = edits.first else { return [:] }
        var made: [Int: Int64] = [:]
        switch first.edit.action {
        case .delete: try await self.delete(edits)
        case .update: try await self.update(edits.filter(\.touchesRow))
        case .create:
            // One statement needs one list of columns.
            for group in Dictionary(grouping: edits, by: { Set($0.cells.keys) }).values {
                try await made.merge(self.create(group)) { _, new in new }
            }
            try await self.settlePins(edits.filter { !$0.giveBack.isEmpty || !$0.pin.isEmpty }, made)
        }
        for edit in edits {
            guard let members = edit.members, let id = edit.edit.id ?? made[edit.index] else { continue }
            try await self.setMembers(members, ofRoute: id)
        }
        return made
    }

    private var relation: SQL { SQL.identifier(self.table.name) }

    private func delete(_ edits: [CheckedEdit]) async throws {
        _ = try await self.connection.query(
            "DELETE FROM \(self.relation) WHERE id = ANY(\(edits.compactMap(\.edit.id)))"
        )
    }

    private func update(_ edits: [CheckedEdit]) async throws {
        guard !edits.isEmpty else { return }
        let set = Set(edits.flatMap(\.cells.keys))
        var assignments = self.table.columns.filter { set.contains($0.name) }.map { column -> SQL in
            let name = SQL.identifier(column.name)
            return "\(name) = CASE WHEN e.cells ? \(column.name)::text THEN p.\(name) ELSE own.\(name) END"
        }
        if edits.contains(where: { !$0.giveBack.isEmpty || !$0.pin.isEmpty }) {
            assignments.append(
                """
                pinned = ARRAY(
                    SELECT name FROM (SELECT unnest(own.pinned) AS name UNION SELECT jsonb_array_elements_text(e.pin)) named
                    WHERE NOT e.give_back ? name ORDER BY name
                )
                """
            )
        }
        let values = JSONValue.array(
            edits.map { edit in
                [
                    "id": JSONValue(edit.edit.id), "cells": .object(edit.cells), "pin": JSONValue(edit.pin),
                    "give_back": JSONValue(edit.giveBack),
                ]
            }
        )
        _ = try await self.connection.query(
            """
            UPDATE \(self.relation) own SET \(SQL.joined(assignments, separator: ", "))
            FROM jsonb_to_recordset(\(values.serializedString())::jsonb)
                    AS e(id bigint, cells jsonb, pin jsonb, give_back jsonb)
                CROSS JOIN LATERAL jsonb_populate_record(NULL::\(self.relation), e.cells) p
            WHERE own.id = e.id
            """
        )
    }

    private func create(_ edits: [CheckedEdit]) async throws -> [Int: Int64] {
        guard let first = edits.first else { return [:] }
        let names = self.table.columns.map(\.name).filter { $0 != "provider" && first.cells[$0] != nil }
        let columns = (first.cells["provider"] == nil ? [] : ["provider_id"]) + names
        let values = JSONValue.array(
            edits.map { edit in
                var cells = edit.cells
                if let slug = cells["provider"]?.stringValue {
                    cells["provider"] = nil
                    cells["provider_id"] = JSONValue(self.providers[slug])
                }
                return .object(cells)
            }
        )
        let rows = try await self.connection.query(
            """
            INSERT INTO \(self.relation) (\(SQL.joined(columns.map(SQL.identifier), separator: ", ")))
            SELECT \(SQL.joined(columns.map { "p.\(SQL.identifier($0))" as SQL }, separator: ", "))
            FROM jsonb_array_elements(\(values.serializedString())::jsonb) WITH ORDINALITY AS e(cells, place)
                CROSS JOIN LATERAL jsonb_populate_record(NULL::\(self.relation), e.cells) p
            ORDER BY place
            RETURNING id
            """
        )
        // Rows are made in the order of the query, and so are their numbers.
        let ids = try rows.map { try $0.decode(Int64.self, "id") }.sorted()
        return Dictionary(zip(edits.map(\.index), ids), uniquingKeysWith: { first, _ in first })
    }

    /// Takes the pins from cells of rows that were just made, so that a refresh may fill them (until then they keep what
    /// they were given), and puts pins on cells that were left empty.
    private func settlePins(_ edits: [CheckedEdit], _ made: [Int: Int64]) async throws {
        guard !edits.isEmpty else { return }
        let values = JSONValue.array(
            edits.map { edit in
                ["id": JSONValue(made[edit.index]), "pin": JSONValue(edit.pin), "give_back": JSONValue(edit.giveBack)]
            }
        )
        _ = try await self.connection.query(
            """
            UPDATE \(self.relation) own
            SET pinned = ARRAY(
                SELECT name FROM (SELECT unnest(own.pinned) AS name UNION SELECT jsonb_array_elements_text(e.pin)) named
                WHERE NOT e.give_back ? name ORDER BY name
            )
            FROM jsonb_to_recordset(\(values.serializedString())::jsonb) AS e(id bigint, pin jsonb, give_back jsonb)
            WHERE own.id = e.id
            """
        )
    }

    /// Makes a route's members what they shall be, writing only what differs; their places are counted from 1.
    private func setMembers(_ members: [JSONValue], ofRoute id: Int64) async throws {
        let wanted: SQL = """
            SELECT e.place::integer AS position, p.model, p.weight, p.requires, p.max_price
            FROM jsonb_array_elements(\(JSONValue.array(members).serializedString())::jsonb)
                    WITH ORDINALITY AS e(cells, place)
                CROSS JOIN LATERAL jsonb_populate_record(NULL::route_members, e.cells) p
            """
        _ = try await self.connection.query(
            """
            DELETE FROM route_members WHERE id IN (
                SELECT id FROM route_members WHERE route_id = \(id) ORDER BY position OFFSET \(Int64(members.count))
            )
            """
        )
        _ = try await self.connection.query(
            """
            UPDATE route_members m
            SET position = w.position, model = w.model, weight = w.weight, requires = w.requires, max_price = w.max_price
            FROM (\(wanted)) w
                JOIN (SELECT id, row_number() OVER (ORDER BY position) AS place FROM route_members WHERE route_id = \(id)) there
                ON there.place = w.position
            WHERE m.id = there.id AND (m.position, m.model, m.weight, m.requires, m.max_price)
                IS DISTINCT FROM (w.position, w.model, w.weight, w.requires, w.max_price)
            """
        )
        _ = try await self.connection.query(
            """
            INSERT INTO route_members (route_id, position, model, weight, requires, max_price)
            SELECT \(id), w.position, w.model, w.weight, w.requires, w.max_price FROM (\(wanted)) w
            WHERE w.position > (SELECT count(*) FROM route_members WHERE route_id = \(id))
            ORDER BY w.position
            """
        )
    }
}
