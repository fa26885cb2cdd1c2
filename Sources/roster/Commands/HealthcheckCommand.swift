import ArgumentParser
import JSON
import RosterServer

/// `roster healthcheck`: whether the replica of this container lives; needs no shell.
struct HealthcheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "healthcheck",
        abstract: "Exit with 0 if the replica on this machine's port answers, with 1 if not."
    )

    @Flag(help: "Ask whether it may take traffic, not only whether it lives.")
    var ready = false

    func run() async throws {
        let invocation = Invocation.current
        let settings = try await invocation.settings()
        let url = (settings.url ?? Address.url(settings.host, settings.port)) + (self.ready ? "/readyz" : "/healthz")
        let logger = invocation.logger(for: settings, isVerbose: false)
        let answer = try await ReplicaQuestion.run(settings, logger: logger) { try await $0.ask(url, key: nil) }
        guard answer.status == 200 else {
            let why = answer.json["why"]?.stringValue.map { ": \($0)" } ?? ""
            throw CommandFailure("\(url) answers \(answer.status)\(why)")
        }
    }
}
