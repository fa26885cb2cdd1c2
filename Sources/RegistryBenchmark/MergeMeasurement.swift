import Postgres
import Registry

/// Times of one merge, part by part.
struct MergeTimes: Sendable {
    /// From creating the temporary table to having its statistics.
    let copy: Duration
    /// `merge_listed_models()`, and the commit in which the revision is numbered.
    let merge: Duration
    /// What of that the server's process computed; waiting for the disk, and for a busy machine, is not in it.
    let processor: Duration
    /// Models that were added, changed or found missing.
    let touched: Int64
}

/// One case of the merge, measured in pairs: with history, and by the same statements without.
struct MergeMeasurement: Sendable {
    let name: String
    /// The database that it begins with.
    let template: String
    let rows: [ModelList.Row]
    /// How many models the merge must touch, so that no case measures another.
    let touched: Int

    private(set) var recorded: [MergeTimes] = []
    private(set) var bare: [MergeTimes] = []

    init(name: String, template: String, rows: [ModelList.Row], touched: Int) {
        self.name = name
        self.template = template
        self.rows = rows
        self.touched = touched
    }

    /// Which share of the time without history the time with it is: the median over rounds of both sides measured
    /// one right after the other, which a machine's slow hours change least.
    var ratio: Double {
        zip(self.recorded, self.bare).map { $0.merge.seconds / $1.merge.seconds }.median
    }

    /// The same of the time that the server's process computed.
    var processorRatio: Double {
        zip(self.recorded, self.bare).map { $0.processor.seconds / $1.processor.seconds }.median
    }

    /// Measures both sides once, in an order that changes from round to round.
    mutating func measure(on server: BenchmarkServer, round: Int) async throws {
        for records in round.isMultiple(of: 2) ? [true, false] : [false, true] {
            let rows = self.rows
            let times = try await server.withCopy(of: self.template, records: records) { client in
                try await Self.merge(rows, with: client)
            }
            guard times.touched == Int64(self.touched) else {
                throw Surprise(
                    description: "\(self.name): the merge touched \(times.touched) models, not \(self.touched)"
                )
            }
            if records { self.recorded.append(times) } else { self.bare.append(times) }
        }
    }

    /// A measurement that did not measure what it should.
    struct Surprise: Error, CustomStringConvertible {
        let description: String
    }

    /// Merges a list as a refresh does, and times it.
    static func merge(_ rows: [ModelList.Row], with client: PostgresClient) async throws -> MergeTimes {
        try await client.withConnection(statementTimeout: RegistryStore.longestMergeStatement) { connection in
            let clock = ContinuousClock()
            let process = try await connection.query("SELECT pg_backend_pid() AS id").only().decode(Int32.self, "id")
            try await connection.script(
                "BEGIN; SET LOCAL roster.writer = 'refresh'; SET LOCAL roster.actor = 'benchmark'"
            )
            let copy = try await clock.measure {
                try await RegistryStore.copy(connection) { write in
                    for row in rows { try await write(row.apiName, row.cells) }
                }
            }
            let processorBefore = try ProcessorTime.used(by: process)
            let start = clock.now
            let answer = try await connection.query("SELECT count(*) AS touched FROM merge_listed_models(1)")
            try await connection.script("COMMIT")
            return MergeTimes(
                copy: copy,
                merge: clock.now - start,
                processor: try ProcessorTime.used(by: process) - processorBefore,
                touched: try answer.only().decode(Int64.self, "touched")
            )
        }
    }
}
