import ArgumentParser
import RosterServer

/// `roster config`: what is in force, and where it came from.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show every setting, its value and where the value came from; secrets are hidden."
    )

    @Flag(help: "For programs.")
    var json = false

    @Flag(help: "The table of all settings for documentation, instead of their values.")
    var markdown = false

    @Flag(help: "A .env file that lists all settings, instead of their values.")
    var example = false

    func validate() throws {
        guard [self.json, self.markdown, self.example].count(where: { $0 }) <= 1 else {
            throw ValidationError("--json, --markdown and --example exclude each other.")
        }
    }

    func run() async throws {
        if self.markdown { return Terminal.say(Settings.markdown) }
        if self.example { return Terminal.say(Settings.exampleFile) }
        let settings = try await Invocation.current.settings()
        if self.json { return Terminal.say(settings.json) }
        Terminal.say(settings.page)
    }
}
