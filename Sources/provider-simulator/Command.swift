import ArgumentParser
import Logging
import ProviderSimulator
import Secrets
import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The command line of the simulator: options in, a configuration out, one service until a signal.
@main
struct Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider-simulator",
        abstract: "Impersonates model providers on loopback: their lists, their chat, their failures.",
        discussion: """
            A provider is addressed by its host as the first segment of the path: openrouter.ai, api.openai.com, \
            api.anthropic.com, generativelanguage.googleapis.com, localhost:11434 (Ollama); any other host is OpenAI-shaped. \
            So an SDK needs nothing but another base URL, and Roster nothing but \
            ROSTER_EGRESS_URL=http://127.0.0.1:8090.

            EXAMPLES
              provider-simulator
              provider-simulator --simulate latency=200ms,delay=20ms
              provider-simulator --fault openai:probability=0.1:status=429
              provider-simulator --recordings DIR \\
                --recording openrouter=models-2024-12-08.json

              U=http://127.0.0.1:8090
              curl $U/openrouter.ai/api/v1/models
              curl $U/api.openai.com/v1/chat/completions \\
                -H 'Authorization: Bearer any' -N -d '{"stream": true,
                "model": "gpt-4o-mini",
                "messages": [{"role": "user", "content": "Hello"}]}'
              OPENAI_API_KEY=any OPENAI_BASE_URL=$U/api.openai.com/v1 \\
                python app.py

            BEHAVIOUR, for all requests (--simulate), for some (--fault, POST /_simulator/faults), or for one, by the header \
            “X-Simulate: cut=middle”, the model “gpt-4o-mini#cut=middle” or a prompt that begins with “simulate: cut=middle”:

            \(Self.indented(Behaviour.syntax))

            CHAT answers with a sentence that repeats the last message. With tools in the request, a prompt such as \
            call: get_weather {"city":"Paris"} is answered with that call.

            CONTROL, while it runs:

            \(Self.indented(ProviderSimulator.controlSummary))
            """
    )

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 for a free one.")
    var port = 8090

    @Option(help: "How many threads answer requests.")
    var threads = 1

    @Option(
        help: ArgumentHelp(
            "A folder with recorded lists, one folder per provider (openrouter/models-2026-05-15.json).",
            valueName: "folder"
        )
    )
    var recordings: String?

    @Option(
        help: ArgumentHelp("The recording that a provider serves instead of the newest.", valueName: "provider=file")
    )
    var recording: [String] = []

    @Option(help: ArgumentHelp("How every answer behaves; see BEHAVIOUR.", valueName: "behaviour"))
    var simulate: String?

    @Option(
        help: ArgumentHelp(
            "How some answers behave: conditions, each ended by a colon, then the behaviour.",
            discussion: """
                Conditions are a provider (openai:), path=/v1/chat:, model=gpt-4o:, probability=0.1:, count=3:.
                """,
            valueName: "conditions:behaviour"
        )
    )
    var fault: [String] = []

    @Option(help: ArgumentHelp("The only key that a provider accepts; otherwise any.", valueName: "provider=key"))
    var key: [String] = []

    @Flag(help: "Answer for models that are not listed, too.")
    var anyModel = false

    @Option(help: "Where chance and identifiers begin; the same seed repeats a run.")
    var seed: UInt64 = 1

    @Option(help: "How many of the last requests are kept for GET /_simulator/requests.")
    var keepRequests = 100

    mutating func validate() throws {
        _ = try self.simulatorConfiguration()
    }

    func run() async throws {
        let logger = Logger(label: "provider-simulator", factory: { _ in SwiftLogNoOpLogHandler() })
        let simulator = ProviderSimulator(try self.simulatorConfiguration(), logger: logger) { address in
            print("The simulator is ready at \(address.url) (Ctrl-C ends it).")
            print("ROSTER_EGRESS_URL=\(address.url)")
            // Whoever reads this through a pipe waits for it.
            fflush(nil)
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: simulator)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        do {
            try await group.run()
        } catch {
            throw StartError(description: "\(error)")
        }
    }

    /// Why the simulator did not start, or ended, in its own words.
    private struct StartError: Error, CustomStringConvertible {
        let description: String
    }

    private func simulatorConfiguration() throws -> SimulatorConfiguration {
        var configuration = SimulatorConfiguration()
        guard (0...65535).contains(self.port) else { throw ValidationError("--port is 0 to 65535.") }
        guard (1...256).contains(self.threads) else { throw ValidationError("--threads is 1 to 256.") }
        guard (0...100_000).contains(self.keepRequests) else {
            throw ValidationError("--keep-requests is 0 to 100000.")
        }
        configuration.host = self.host
        configuration.port = self.port
        configuration.threads = self.threads
        configuration.recordings = self.recordings
        configuration.acceptsUnknownModels = self.anyModel
        configuration.seed = self.seed
        configuration.keptRequests = self.keepRequests
        for (slug, file) in try Self.pairs(self.recording, option: "--recording") {
            configuration.selectedRecordings[slug] = file
        }
        for (slug, key) in try Self.pairs(self.key, option: "--key") { configuration.acceptedKeys[slug] = Secret(key) }
        do {
            if let simulate = self.simulate { configuration.behaviour = try Behaviour(parsing: simulate) }
            configuration.rules = try self.fault.map { try FaultRule(parsing: $0) }
        } catch let error as BehaviourError {
            throw ValidationError(error.description)
        }
        return configuration
    }

    private static func pairs(_ texts: [String], option: String) throws -> [(String, String)] {
        try texts.map { text in
            let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { throw ValidationError("\(option) “\(text)”: expected provider=value.") }
            guard ProviderSimulator.providers.contains(sides[0]) else {
                let known = ProviderSimulator.providers.joined(separator: ", ")
                throw ValidationError("\(option) “\(text)”: there is no provider “\(sides[0])”; known are \(known).")
            }
            return (sides[0], sides[1])
        }
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    }
}
