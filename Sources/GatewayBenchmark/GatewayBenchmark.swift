import ArgumentParser
import NIOCore
import NIOPosix

/// Measures gateways against each other and against their upstream, in turns within one run.
///
/// Machines are noisy: what counts are the ratios between targets of the same run, of which each round measures all.
@main
struct GatewayBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway-benchmark",
        abstract: "Measure requests/s, CPU per 1,000 requests and added latency of OpenAI-compatible servers.",
        discussion: """
            The first target is what the others are compared with: usually the upstream itself, called directly. Give the
            process ids of each target (@pid,pid) to see its CPU time and memory.

              gateway-benchmark --key rk_… \\
                --target 'direct=http://127.0.0.1:9000/api.openai.com/v1/chat/completions#gpt-4o-mini@123' \\
                --target 'roster=http://127.0.0.1:8000/v1/chat/completions#openai/gpt-4o-mini@456'
            """
    )

    @Option(name: .long, help: "A server to measure; give the first one to compare with first.")
    var target: [Target]

    @Option(help: "The bearer key that all requests carry.")
    var key = "none"

    @Flag(help: "Ask for streams, and measure events.")
    var stream = false

    @Option(help: "Requests per target and round.")
    var requests = 10_000

    @Option(help: "Connections that send at the same time.")
    var connections = 32

    @Option(help: "Rounds; each measures every target in turn, and the median counts.")
    var rounds = 5

    @Option(help: "Requests sent one at a time per target and round, for the added latency.")
    var alone = 500

    @Option(help: "Bytes of the prompt.")
    var promptBytes = 1_000

    func validate() throws {
        guard !self.target.isEmpty else { throw ValidationError("Name at least one --target.") }
        guard self.requests > 0, self.connections > 0, self.rounds > 0, self.alone > 0 else {
            throw ValidationError("Requests, connections and rounds are 1 or more.")
        }
    }

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var measured = self.target.map { Measured(target: $0) }
        for index in measured.indices {
            // Warm connections, caches and branch predictors of each before anything counts.
            _ = try await self.load(
                measured[index].target,
                requests: min(self.requests, 500),
                connections: self.connections
            ).run(
                on: group
            )
        }
        for _ in 0..<self.rounds {
            for index in measured.indices {
                let target = measured[index].target
                let before = try ProcessUsage(of: target.processes)
                let busy = try await self.load(target, requests: self.requests, connections: self.connections).run(
                    on: group
                )
                let after = try ProcessUsage(of: target.processes)
                // One at a time: what a gateway adds when nothing queues.
                let alone = try await self.load(target, requests: self.alone, connections: 1).run(
                    on: group
                )
                measured[index].rounds.append(
                    Round(busy: busy, alone: alone, cpuSeconds: after.cpuSeconds - before.cpuSeconds)
                )
                measured[index].residentBytes = after.residentBytes
            }
        }
        try await group.shutdownGracefully()
        print(Report(measured: measured, isStream: self.stream, connections: self.connections).text)
        guard measured.allSatisfy({ $0.rounds.allSatisfy { $0.busy.failures == 0 } }) else { throw ExitCode.failure }
    }

    private func load(_ target: Target, requests: Int, connections: Int) -> Load {
        let prompt = String(repeating: "word ", count: self.promptBytes / 5)
        let body =
            #"{"model":"\#(target.model)","stream":\#(self.stream),"messages":[{"role":"user","content":"\#(prompt)"}]}"#
        let head = """
            POST \(target.path) HTTP/1.1\r
            Host: \(target.host):\(target.port)\r
            Authorization: Bearer \(self.key)\r
            Content-Type: application/json\r
            Content-Length: \(body.utf8.count)\r
            \r

            """
        return Load(
            target: target,
            request: ByteBuffer(string: head + body),
            connections: connections,
            requests: requests
        )
    }
}
