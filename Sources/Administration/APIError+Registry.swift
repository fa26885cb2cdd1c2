import HTTP
import HTTPTypes
import Registry

extension APIError {
    /// Runs what asks or changes the registry, and says in words what the database, a query or history had against it.
    ///
    /// - Parameter body: The asking or changing.
    /// - Returns: What the body returned.
    /// - Throws: ``APIError`` for what is a client's to mend or to wait for; other errors as they are.
    static func explainingRegistry<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await self.explainingStore(body)
        } catch let problem as RowQueryProblem {
            throw APIError(problem)
        } catch let problem as ChangeQueryProblem {
            throw APIError(.badRequest, code: "invalid_value", problem.message, param: problem.parameter)
        } catch let missing as HistoryNotFound {
            throw APIError(missing)
        } catch let refusal as ReversionRefused {
            throw APIError(refusal)
        }
    }

    /// A query that cannot be answered.
    init(_ problem: RowQueryProblem) {
        self.init(.badRequest, code: problem.code.rawValue, problem.message, param: problem.parameter)
    }
}
