import ArgumentParser
import HTTPTypes
import JSON
import NIOCore
import RosterServer
import Secrets

/// `roster status`: what a running replica says of itself.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Ask a running Roster how it is.",
        discussion: """
            Asks --url (ROSTER_URL); without it what roster up runs in this folder, or else the local port. Exits with 1 if it \
            does not answer or is not ready.
            """
    )

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "Say which address is asked, and log what happens.")
    var verbose = false

    func run() async throws {
        let invocation = Invocation.current
        let settings = try await invocation.settings()
        let connection = try ConnectionFile.read(ConnectionFile.path(in: ConnectionFile.usualFolder))
        let url = settings.url ?? connection?.url ?? Address.url(settings.host, settings.port)
        let key = settings.adminKey ?? (settings.url == nil ? connection?.adminKey : nil) ?? settings.clientKey
        if self.verbose { Terminal.note("Asking \(url).") }
        let logger = invocation.logger(for: settings, isVerbose: self.verbose)
        let (readiness, status) = try await ReplicaQuestion.run(settings, logger: logger) { client in
            (
                try await client.ask("\(url)/readyz", key: nil),
                try await client.ask("\(url)/v1/registry/status", key: key)
            )
        }
        let isReady = readiness.status == 200
        if self.json {
            Terminal.say(["url": .string(url), "readiness": readiness.json, "registry": status.json])
        } else {
            Terminal.say(Self.page(url, readiness.json, status.json))
        }
        if !isReady { throw ExitCode.failure }
    }

    private static func page(_ url: String, _ readiness: JSONValue, _ status: JSONValue) -> String {
        var lines = [("Address", url)]
        func add(_ title: String, _ text: String?) {
            if let text, !text.isEmpty { lines.append((title, TextTable.printable(text))) }
        }
        func number(_ value: JSONValue?) -> String? { value?.numberValue?.spelling }
        add("Ready", readiness["ready"] == true ? "yes" : "no")
        add("Mode", readiness["mode"]?.stringValue)
        add("Why", readiness["why"]?.stringValue)
        add("Registry", status["status"]?.stringValue)
        add("Reason", status["reason"]?.stringValue)
        add("Revision", number(status["revision"]))
        add("Last refresh", status["last_refresh"]?.stringValue ?? "never")
        if let active = number(status["models"]["active"]), let total = number(status["models"]["total"]) {
            add("Models", "\(active) active of \(total)")
        }
        if let active = number(status["providers"]["active"]), let total = number(status["providers"]["total"]) {
            add("Providers", "\(active) active of \(total)")
        }
        let hardware = status["hardware"]
        let memory = hardware["memory_bytes"]?.int64Value.map { "\($0 / (1 << 20)) MiB" }
        let machine = [
            hardware["platform"]?.stringValue, hardware["arch"]?.stringValue, hardware["cpu"]?.stringValue,
            number(hardware["cores"]).map { "\($0) cores" }, memory,
        ]
        add("Machine", machine.compactMap { $0 }.joined(separator: ", "))
        let width = lines.map(\.0.count).max() ?? 0
        return lines.map { title, text in
            "\(title)\(String(repeating: " ", count: width - title.count))  \(text)"
        }.joined(separator: "\n")
    }
}
