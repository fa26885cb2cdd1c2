import ArgumentParser
import LocalCluster
import Postgres

/// Measures what history costs: merging a provider's list with it and by the same statements without, and single edits.
///
/// The time is PostgreSQL's, so a debug build measures the same. What counts are the ratios, of which both sides are
/// measured in turns on equal copies of one database.
@main
struct RegistryBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry-benchmark",
        abstract: "Measure what recording history costs a merge, and how long an edit takes until it is numbered.",
        discussion: """
            Starts a private PostgreSQL, durable as in production. With --check it exits with 5 when recording costs more \
            than 1.3 times a merge in which one model in a hundred changed, or 2.5 times one in which all did.
            """
    )

    @Option(help: "Models of the provider.")
    var models = 100_000

    @Option(help: "Rounds; each measures every case with history and without.")
    var rounds = 5

    @Option(help: "Edits one after another, and by each of the writers at once.")
    var edits = 500

    @Option(help: "Writers that edit at the same time.")
    var writers = 8

    @Flag(help: "Exit with 5 when a ratio is above its aim.")
    var check = false

    func validate() throws {
        guard self.models >= 1_000, self.rounds > 0, self.edits > 0, self.writers > 0 else {
            throw ValidationError("Models are 1000 or more; rounds, edits and writers 1 or more.")
        }
    }

    func run() async throws {
        let ratios = try await ThrowawayFolder.use { folder in
            try await LocalCluster.runPostgres(.init(.kept(in: folder))) { server in
                try await self.measure(on: BenchmarkServer(server: server))
            }
        }
        let missed = ratios.filter { $0.ratio > $0.aim }
        guard self.check, !missed.isEmpty else { return }
        for (name, ratio, aim) in missed { print("\(name): \(decimal(ratio, 2)) is above \(decimal(aim, 1))") }
        throw ExitCode(5)
    }

    private func measure(on server: BenchmarkServer) async throws -> [(name: String, ratio: Double, aim: Double)] {
        let list = ModelList(count: self.models)
        let known = list.rows()
        try await server.makeTemplate("empty") { _ in }
        try await server.makeTemplate("filled") { client in _ = try await MergeMeasurement.merge(known, with: client) }
        try await server.makeTemplate("unverified") { client in
            _ = try await MergeMeasurement.merge(known, with: client)
            try await client.withConnection(statementTimeout: .seconds(600)) { connection in
                try await connection.script(
                    """
                    BEGIN; SET LOCAL roster.writer = 'refresh';
                    UPDATE models SET last_verified_at = last_verified_at - interval '2 hours'; COMMIT
                    """
                )
                // So that its rows lie as those of the other template do.
                try await connection.script("VACUUM FULL models")
            }
        }
        var cases = [
            MergeMeasurement(name: "nothing changed", template: "filled", rows: known, touched: 0),
            MergeMeasurement(name: "nothing changed in 2 h", template: "unverified", rows: known, touched: 0),
            MergeMeasurement(
                name: "1 % changed",
                template: "filled",
                rows: list.rows { $0 % 100 == 0 },
                touched: self.models / 100
            ),
            MergeMeasurement(
                name: "all changed",
                template: "filled",
                rows: list.rows { _ in true },
                touched: self.models
            ),
            MergeMeasurement(name: "all new", template: "empty", rows: known, touched: self.models),
        ]
        for round in 0..<self.rounds {
            for index in cases.indices { try await cases[index].measure(on: server, round: round) }
        }
        self.report(cases)
        try await self.reportEdits(on: server)
        return zip(["1 % changed", "all changed"], [1.3, 2.5]).compactMap { name, aim in
            cases.first { $0.name == name }.map { (name, $0.ratio, aim) }
        }
    }

    private func report(_ cases: [MergeMeasurement]) {
        print("Merging \(self.models) models of one provider, median of \(self.rounds) rounds, seconds with the commit")
        Self.line("", "with history", "without", "ratio", "± ratio", "ratio of CPU")
        for one in cases {
            let ratios = zip(one.recorded, one.bare).map { $0.merge.seconds / $1.merge.seconds }
            Self.line(
                one.name,
                decimal(one.recorded.map(\.merge.seconds).median, 2),
                decimal(one.bare.map(\.merge.seconds).median, 2),
                decimal(one.ratio, 2),
                decimal(ratios.spread, 2),
                decimal(one.processorRatio, 2)
            )
        }
        let copies = cases.flatMap { $0.recorded + $0.bare }.map(\.copy.seconds)
        print("The bare COPY into the temporary table, with its statistics: \(decimal(copies.median, 2)) s")
    }

    private func reportEdits(on server: BenchmarkServer) async throws {
        let edits = EditMeasurement(count: self.edits, models: self.models)
        let alone = try await server.withCopy(of: "filled") { try await edits.alone($0) }.map(\.milliseconds)
        let writers = self.writers
        let rate = try await server.withCopy(of: "filled", connections: writers) {
            try await edits.together($0, writers: writers)
        }
        print(
            """
            A cell edited by SQL, until it is numbered and durable, \(self.edits) edits one after another: \
            median \(decimal(alone.median, 2)) ms, p99 \(decimal(alone.percentile(0.99), 2)) ms
            \(writers) writers at once: \(decimal(rate, 0)) edits/s
            """
        )
    }

    private static func line(_ name: String, _ columns: String...) {
        let padded = columns.map { String(repeating: " ", count: max(0, 14 - $0.count)) + $0 }
        print(name + String(repeating: " ", count: max(0, 24 - name.count)) + padded.joined())
    }
}
