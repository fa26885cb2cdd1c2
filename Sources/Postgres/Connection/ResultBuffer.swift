import CPostgres

/// One result of libpq, freed where it goes out of scope.
struct PGResult: ~Copyable {
    let raw: OpaquePointer

    init(adopting raw: OpaquePointer) {
        self.raw = raw
    }

    deinit { PQclear(self.raw) }

    /// Gives the result to someone who frees it later.
    consuming func release() -> OpaquePointer {
        let raw = self.raw
        discard self
        return raw
    }

    var status: ExecStatusType { PQresultStatus(self.raw) }

    /// How many rows a command touched, or a query gave.
    var affectedRows: Int {
        // It is the empty string for commands that count nothing.
        PQcmdTuples(self.raw).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The command's tag, such as `COMMIT`.
    var commandTag: String {
        PQcmdStatus(self.raw).map { String(cString: $0) } ?? ""
    }

    func errorField(_ field: Int32) -> String? {
        PQresultErrorField(self.raw, field).map { String(cString: $0) }
    }
}

/// The rows of one result, shared by everyone who holds one of them; cells are decoded where they are.
///
/// `@unchecked Sendable`: after libpq has handed a result out, only functions that read it are called here, from any
/// thread (PostgreSQL documentation, 34.20: “PGresult objects are normally read-only after creation, and so can be
/// passed around freely between threads”), and it is freed when the last reference is gone.
final class ResultBuffer: @unchecked Sendable {
    private let raw: OpaquePointer
    let columns: ResultColumns
    let rowCount: Int
    let affectedRows: Int
    let commandTag: String

    /// - Parameters:
    ///   - result: What libpq handed out.
    ///   - known: The columns that an earlier run of the same prepared statement had: they cannot have changed since.
    init(_ result: consuming PGResult, known: ResultColumns?) {
        self.rowCount = Int(PQntuples(result.raw))
        self.affectedRows = result.affectedRows
        self.commandTag = result.commandTag
        self.columns = known ?? ResultColumns(of: result)
        self.raw = result.release()
    }

    deinit { PQclear(self.raw) }

    func isNull(row: Int, column: Int) -> Bool {
        PQgetisnull(self.raw, Int32(row), Int32(column)) == 1
    }

    /// Decodes the text of a cell; no pointer leaves the call.
    func decode<Value: PostgresDecodable>(_: Value.Type, row: Int, column: Int) -> Value? {
        let length = Int(PQgetlength(self.raw, Int32(row), Int32(column)))
        guard let start = PQgetvalue(self.raw, Int32(row), Int32(column)) else { return nil }
        return start.withMemoryRebound(to: UInt8.self, capacity: length) { start in
            Value.decode(UnsafeBufferPointer(start: start, count: length).span, type: self.columns.types[column])
        }
    }
}

/// Names and types of a result's columns.
final class ResultColumns: Sendable {
    let names: [String]
    let types: [PostgresType]
    /// A name that stands for several columns has no index.
    private let indices: [String: Int?]

    init(of result: borrowing PGResult) {
        var names: [String] = []
        var types: [PostgresType] = []
        var indices: [String: Int?] = [:]
        for index in 0..<PQnfields(result.raw) {
            let name = PQfname(result.raw, index).map { String(cString: $0) } ?? ""
            indices.updateValue(indices.keys.contains(name) ? nil : names.count, forKey: name)
            names.append(name)
            types.append(PostgresType(identifier: PQftype(result.raw, index)))
        }
        self.names = names
        self.types = types
        self.indices = indices
    }

    func index(of name: String) throws(PostgresError) -> Int {
        guard let found = self.indices[name] else {
            throw PostgresError(.decoding, "there is no column “\(name)” among \(self.names.joined(separator: ", "))")
        }
        guard let index = found else {
            throw PostgresError(.decoding, "several columns are called “\(name)”; tell them apart with AS")
        }
        return index
    }
}
