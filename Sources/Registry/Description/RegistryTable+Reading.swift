package import JSON
package import Postgres

/// How rows are read as the registry gives them out: every described column, also those that are put together.
extension RegistryTable {
    /// A query that gives `id`, `row_revision` and `cells` (`jsonb`) of every row.
    ///
    /// - Parameter relation: What stands for a table: the table itself, unless the past is wanted.
    /// - Returns: A query without an end, to be used as a subquery; its names are trusted.
    package func reading(from relation: (_ table: String) -> SQL = { SQL.identifier($0) }) -> SQL {
        switch self {
        case .models:
            """
            SELECT own.id, own.row_revision,
                to_jsonb(own) || jsonb_build_object('provider', p.slug, 'drifted', drifted_columns(own)) AS cells
            FROM \(relation("models")) own JOIN \(relation("providers")) p ON p.id = own.provider_id
            """
        case .routes:
            """
            SELECT own.id, own.row_revision, to_jsonb(own) || jsonb_build_object('members', (
                SELECT coalesce(jsonb_agg(jsonb_build_object('model', m.model, 'weight', m.weight,
                    'requires', m.requires, 'max_price', m.max_price) ORDER BY m.position), '[]')
                FROM \(relation("route_members")) m WHERE m.route_id = own.id)) AS cells
            FROM \(relation("routes")) own
            """
        default:
            "SELECT own.id, own.row_revision, to_jsonb(own) AS cells FROM \(relation(self.name)) own"
        }
    }

    /// A row as the registry gives it out: the described columns in their order, decimals as plain strings.
    ///
    /// - Parameter cells: What ``reading(from:)`` gave.
    /// - Returns: The row.
    package func present(_ cells: JSONObject) -> JSONObject {
        var row = JSONObject(
            self.columns.map { column in (column.name, column.type.present(cells[column.name] ?? .null)) }
        )
        // What the provider said is spelled as the cells beside it are.
        if let discovered = row["discovered"]?.objectValue {
            row["discovered"] = .object(
                JSONObject(discovered.map { name, told in (name, self.column(name)?.type.present(told) ?? told) })
            )
        }
        return row
    }
}
