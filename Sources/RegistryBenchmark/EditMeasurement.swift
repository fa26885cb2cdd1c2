import Postgres

/// Edits of single cells by plain SQL: each is one statement and one transaction, answered when its revision is numbered.
struct EditMeasurement: Sendable {
    /// How many edits one writer makes alone.
    let count: Int
    /// How many models there are to edit.
    let models: Int

    /// Times of edits made one after another.
    func alone(_ client: PostgresClient) async throws -> [Duration] {
        let times = try await client.withConnection { connection in
            // The first few find cold caches and unprepared statements.
            for number in 1...20 { try await self.edit(number, price: number, connection) }
            var times: [Duration] = []
            for number in 1...self.count {
                let clock = ContinuousClock()
                times.append(try await clock.measure { try await self.edit(number, price: number + 20, connection) })
            }
            return times
        }
        try await self.expectRevisions(self.count + 20, client)
        return times
    }

    /// Edits per second of several writers at once, each on rows of its own.
    func together(_ client: PostgresClient, writers: Int) async throws -> Double {
        let clock = ContinuousClock()
        let elapsed = try await clock.measure {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        try await client.withConnection { connection in
                            for number in 1...self.count {
                                try await self.edit(number * writers + writer, price: number, connection)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await self.expectRevisions(self.count * writers, client)
        return Double(self.count * writers) / elapsed.seconds
    }

    private func edit(_ number: Int, price: Int, _ connection: PostgresConnection) async throws {
        _ = try await connection.query(
            """
            UPDATE models SET pricing_prompt = \(Int64(price)) / 1e9 WHERE id = \(Int64(1 + number % self.models))
            """
        )
    }

    /// Each edit has made one revision: none was lost in the measurement.
    private func expectRevisions(_ edits: Int, _ client: PostgresClient) async throws {
        let rows = try await client.query("SELECT count(*) AS count FROM revisions WHERE actor = 'sql:roster'")
        // The provider of the template is the first.
        let count = try rows.only().decode(Int64.self, "count") - 1
        guard count == Int64(edits) else {
            throw MergeMeasurement.Surprise(description: "\(edits) edits made \(count) revisions")
        }
    }
}
