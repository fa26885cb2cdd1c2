/// The answer to a statement: its rows, and how many it touched.
///
/// Rows are views of one shared buffer; nothing is decoded or copied before it is asked for. Whoever keeps a row keeps
/// the whole buffer.
public struct PostgresRows: Sendable, RandomAccessCollection {
    let result: ResultBuffer
    let statement: String

    init(result: ResultBuffer, statement: String) {
        self.result = result
        self.statement = statement
    }

    /// The names of the columns in their order.
    public var columnNames: [String] { self.result.columns.names }
    /// How many rows were returned, inserted, updated or deleted.
    public var affectedRows: Int { self.result.affectedRows }

    /// The first row's position.
    public var startIndex: Int { 0 }
    /// The position behind the last row.
    public var endIndex: Int { self.result.rowCount }

    /// One row.
    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < self.result.rowCount, "row \(position) of \(self.result.rowCount)")
        return PostgresRow(result: self.result, statement: self.statement, index: position)
    }

    /// The position of a column, to look it up once for many rows.
    ///
    /// - Throws: ``PostgresError`` if there is none, or several, of the name.
    public func columnIndex(_ name: String) throws(PostgresError) -> Int {
        do throws(PostgresError) {
            return try self.result.columns.index(of: name)
        } catch {
            var error = error
            error.column = name
            error.statement = self.statement
            throw error
        }
    }

    /// The only row.
    ///
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/decoding`` if there is none, or more than one.
    public func only() throws(PostgresError) -> PostgresRow {
        guard self.count == 1 else {
            throw PostgresError(.decoding, "one row was expected and \(self.count) came", statement: self.statement)
        }
        return self[0]
    }
}

/// One row of an answer.
public struct PostgresRow: Sendable {
    let result: ResultBuffer
    let statement: String
    let index: Int

    /// How many columns there are.
    public var count: Int { self.result.columns.names.count }
    /// The names of the columns in their order.
    public var columnNames: [String] { self.result.columns.names }

    /// The value of a column.
    ///
    /// - Parameters:
    ///   - type: What to decode it as; an optional where it can be `NULL`.
    ///   - column: The column's name.
    /// - Returns: The value.
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/decoding`` that names the column, its type and what it held
    ///   instead, but not the value.
    public func decode<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self,
        _ column: String
    ) throws(PostgresError) -> Value {
        let index: Int
        do throws(PostgresError) {
            index = try self.result.columns.index(of: column)
        } catch {
            var error = error
            error.column = column
            error.statement = self.statement
            throw error
        }
        return try self.decode(type, at: index)
    }

    /// The value of a column by its position, see ``PostgresRows/columnIndex(_:)``.
    ///
    /// - Parameters:
    ///   - type: What to decode it as; an optional where it can be `NULL`.
    ///   - column: The column's position from 0.
    /// - Returns: The value.
    /// - Throws: ``PostgresError`` as ``decode(_:_:)`` does.
    public func decode<Value: PostgresDecodable>(
        _ type: Value.Type = Value.self,
        at column: Int
    ) throws(PostgresError) -> Value {
        guard column >= 0, column < self.count else {
            throw PostgresError(
                .decoding,
                "there is no column at position \(column); there are \(self.count)",
                statement: self.statement
            )
        }
        if self.result.isNull(row: self.index, column: column) {
            guard let null = Value.postgresNull else { throw self.mismatch(type, column, "NULL") }
            return null
        }
        guard let value = self.result.decode(type, row: self.index, column: column) else {
            throw self.mismatch(type, column, "a value that is none")
        }
        return value
    }

    /// The value of a column, decoded as the type that is asked for.
    public subscript<Value: PostgresDecodable>(column: String, as type: Value.Type = Value.self) -> Value {
        get throws(PostgresError) { try self.decode(type, column) }
    }

    private func mismatch<Value>(_ type: Value.Type, _ column: Int, _ held: String) -> PostgresError {
        let name = self.columnNames[column]
        var error = PostgresError(
            .decoding,
            "column “\(name)” (\(self.result.columns.types[column])) of row \(self.index) was to be \(type) and holds \(held)",
            statement: self.statement
        )
        error.column = name
        return error
    }
}
