import Postgres

extension RegistryStore {
    /// Takes a lease that nobody holds.
    ///
    /// - Parameters:
    ///   - name: The job.
    ///   - holder: Who takes it, for people.
    ///   - span: How long it lasts unless renewed.
    /// - Returns: The lease; nil while somebody holds it.
    /// - Throws: `PostgresError`.
    package func acquireLease(_ name: String, holder: String, for span: Duration) async throws -> Lease? {
        let rows = try await self.client.query(
            "SELECT acquire_lease(\(name), \(holder), make_interval(secs => \(span.seconds))) AS token"
        )
        guard let token = try rows.first?.decode(Int64?.self, "token") ?? nil else { return nil }
        return Lease(name: name, fencingToken: token)
    }

    /// Keeps a lease for longer, counted from now.
    ///
    /// - Returns: Whether it is still this holder's.
    /// - Throws: `PostgresError`.
    package func renew(_ lease: Lease, for span: Duration) async throws -> Bool {
        let rows = try await self.client.query(
            "SELECT renew_lease(\(lease.name), \(lease.fencingToken), make_interval(secs => \(span.seconds))) AS is_held"
        )
        return try rows.only().decode(Bool.self, "is_held")
    }

    /// Gives a lease back, so that nobody has to wait for its end.
    ///
    /// - Throws: `PostgresError`.
    package func release(_ lease: Lease) async throws {
        _ = try await self.client.query("SELECT release_lease(\(lease.name), \(lease.fencingToken))")
    }

    /// Works under a lease, which is renewed as long as the work takes and given back afterwards.
    ///
    /// - Parameters:
    ///   - name: The job.
    ///   - holder: Who works, for people.
    ///   - span: How long the lease lasts unless renewed; it is renewed three times in that span.
    ///   - body: The work; cancelled when the lease is lost.
    /// - Returns: What the work returned; nil if somebody else is at it.
    /// - Throws: What the work throws; ``LeaseLost``; `PostgresError`.
    package func withLease<Value: Sendable>(
        _ name: String,
        holder: String,
        for span: Duration = .seconds(30),
        _ body: @escaping @Sendable (Lease) async throws -> Value
    ) async throws -> Value? {
        guard let lease = try await self.acquireLease(name, holder: holder, for: span) else { return nil }
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await self.work(under: lease, for: span, body))
        } catch {
            outcome = .failure(error)
        }
        // A lease that cannot be given back ends by itself.
        if case .failure(is LeaseLost) = outcome { return try outcome.get() }
        do {
            try await self.release(lease)
        } catch let error as PostgresError {
            guard case .success = outcome else { return try outcome.get() }
            guard error.code == .connectionLost || error.code == .timedOut || error.code == .cancelled else {
                throw error
            }
        }
        return try outcome.get()
    }

    private func work<Value: Sendable>(
        under lease: Lease,
        for span: Duration,
        _ body: @escaping @Sendable (Lease) async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body(lease) }
            group.addTask {
                try await self.keep(lease, for: span)
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw LeaseLost(name: lease.name)
        }
    }

    /// Renews until cancelled; a database that is away is asked again until the lease must have ended.
    private func keep(_ lease: Lease, for span: Duration) async throws {
        var renewedAt = ContinuousClock.now
        while true {
            try await Task.sleep(for: span / 3)
            do {
                let askedAt = ContinuousClock.now
                guard try await self.renew(lease, for: span) else { throw LeaseLost(name: lease.name) }
                renewedAt = askedAt
            } catch let error as PostgresError {
                try Task.checkCancellation()
                guard ContinuousClock.now - renewedAt < span else { throw LeaseLost(name: lease.name) }
                guard error.code != .closed else { throw error }
            }
        }
    }
}

extension Duration {
    /// The same in seconds.
    fileprivate var seconds: Double {
        Double(self.components.seconds) + Double(self.components.attoseconds) / 1e18
    }
}
