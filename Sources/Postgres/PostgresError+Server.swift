import CPostgres

extension PostgresError {
    /// What the server reported instead of a result.
    ///
    /// - Parameters:
    ///   - result: A result whose status is an error.
    ///   - statement: The text of the statement it belongs to.
    init(_ result: borrowing PGResult, statement: String?) {
        let message = result.errorField(postgres_diag_message())
        let sqlState = result.errorField(postgres_diag_sqlstate())
        // The end of the session, and no answer to the statement (PostgreSQL documentation, 55.8, field V).
        let severity = result.errorField(postgres_diag_severity())
        let endsSession = severity == "FATAL" || severity == "PANIC" || sqlState == nil
        self.init(
            endsSession ? .connectionLost : .serverRefused,
            message ?? PQresultErrorMessage(result.raw).map { String(cString: $0) }?.firstLine ?? "no reason given",
            statement: statement,
            mayHaveBeenExecuted: endsSession
        )
        self.sqlState = sqlState
        self.detail = result.errorField(postgres_diag_detail())
        self.hint = result.errorField(postgres_diag_hint())
        self.constraint = result.errorField(postgres_diag_constraint())
        self.table = result.errorField(postgres_diag_table())
        self.column = result.errorField(postgres_diag_column())
    }

    /// Whether the server no longer has the prepared statement, or its columns have changed since: nothing was executed,
    /// and preparing it anew helps. 0A000 stands for much else; only its function tells, because messages are translated.
    static func isStalePreparedStatement(_ result: borrowing PGResult) -> Bool {
        switch result.errorField(postgres_diag_sqlstate()) {
        case "26000": true
        case "0A000": result.errorField(postgres_diag_source_function()) == "RevalidateCachedQuery"
        default: false
        }
    }

    /// For someone who waited on a connection that ended for a reason.
    func forStatement(_ statement: String?, mayHaveBeenExecuted: Bool) -> PostgresError {
        var error = self
        error.statement = statement
        error.mayHaveBeenExecuted = mayHaveBeenExecuted
        return error
    }
}

extension String {
    /// libpq's messages end with a newline, and some explain themselves on further lines.
    var firstLine: String {
        self.split(whereSeparator: \.isNewline).first.map { String($0) } ?? ""
    }
}
