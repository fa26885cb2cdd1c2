/// What a closure returned or threw, kept until something else has been done.
enum Outcome<Value> {
    case success(Value)
    case failure(any Error)

    /// Runs the closure here and now.
    init(_ body: () async throws -> Value) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }

    func get() throws -> Value {
        switch self {
        case .success(let value): return value
        case .failure(let error): throw error
        }
    }
}

extension Outcome: Sendable where Value: Sendable {}
