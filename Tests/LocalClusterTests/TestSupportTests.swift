import LocalCluster
import Secrets
import TestSupport
import Testing

/// What the tests of everything else stand on.
@Suite struct TestSupportTests {
    @Test func eachTestHasADatabaseOfItsOwn() async throws {
        let names = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    try await withDatabase { database in
                        try await execute("CREATE TABLE only_here AS SELECT 1", on: database)
                        return try await execute("SELECT current_database()", on: database)
                    }
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(names.count == 4)
        let left = try await execute("SELECT datname FROM pg_database", on: TestCluster.postgres.url)
        #expect(names.isDisjoint(with: left))
    }

    @Test func aTemplateIsPreparedOnceAndCopied() async throws {
        let preparations = Seen<Int>()
        let template = DatabaseTemplate("counted") { database in
            preparations.set((preparations.value ?? 0) + 1)
            try await execute("CREATE TABLE t (n integer)", on: database)
        }
        for _ in 0..<3 {
            try await withDatabase(from: template) { database in
                try await expect(
                    [
                        "0"
                    ],
                    from: "INSERT INTO t VALUES (1) RETURNING (SELECT count(*) FROM t)",
                    on: database
                )
            }
        }
        #expect(preparations.value == 1)
    }

    @Test func aConditionThatNeverHoldsIsAnIssueThatNamesIt() async throws {
        try await withKnownIssue {
            try await eventually(within: .milliseconds(30), "the moon is full") { false }
        } matching: { issue in
            "\(issue)".contains("the moon is full")
        }
    }

    @Test func pythonRunsCodeInItsOwnEnvironment() async throws {
        let python = try await PythonEnvironment(requirements: [])
        let run = try await python.run(
            "import os, sys; print(sys.prefix != sys.base_prefix, sys.argv[1], os.environ['COLOUR']); sys.exit(3)",
            arguments: ["red"],
            environment: ["COLOUR": "blue"]
        )
        #expect(run.status == 3)
        #expect(run.output == "True red blue\n")
        let slow = try await python.run("import time; time.sleep(600)", within: .seconds(1))
        #expect(slow.status == 137)
    }
}
