import ServiceLifecycle

/// Runs a service beside a piece of work that needs it.
enum Companion {
    /// Does the work while the service runs, and ends the service with it.
    ///
    /// - Parameters:
    ///   - service: What the work needs.
    ///   - work: The work.
    /// - Returns: What the work returns.
    /// - Throws: What the work throws; what the service throws, if it ends first.
    static func run<Value: Sendable>(
        _ service: some Service,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await service.run()
                return nil
            }
            group.addTask { try await work() }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let value = ended { return value }
            }
            throw CancellationError()
        }
    }
}
