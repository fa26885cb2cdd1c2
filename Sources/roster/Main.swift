import ArgumentParser
import Glibc
import RosterServer

/// Where the process begins: splits the command line, runs the command, and turns what happened into an exit code.
@main
enum Main {
    static func main() async {
        exit(await self.run(Array(CommandLine.arguments.dropFirst())))
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        let invocation: Invocation
        var command: any ParsableCommand
        do {
            let (flags, rest) = try SettingFlags.split(arguments)
            invocation = Invocation(flags: flags)
            do {
                command = try Roster.parseAsRoot(rest)
            } catch {
                return self.refuse(rest, because: error)
            }
        } catch {
            Terminal.complain("\(error)")
            return ExitCode.usage.rawValue
        }
        do {
            try await Invocation.$current.withValue(invocation) {
                if var command = command as? any AsyncParsableCommand {
                    try await command.run()
                } else {
                    try command.run()
                }
            }
            return ExitCode.success.rawValue
        } catch let code as ExitCode {
            return code.rawValue
        } catch let error as SettingsError {
            Terminal.complain("\(error)")
            return ExitCode.usage.rawValue
        } catch let error as ValidationError {
            Terminal.complain("\(error)")
            return ExitCode.usage.rawValue
        } catch let error as CleanExit {
            Terminal.say(Roster.fullMessage(for: error))
            return ExitCode.success.rawValue
        } catch {
            Terminal.complain("\(error)")
            return ExitCode.failure.rawValue
        }
    }

    /// Answers what the parser did not take: a request for help, or a mistake with what may have been meant.
    private static func refuse(_ arguments: [String], because error: any Error) -> Int32 {
        let message = Roster.fullMessage(for: error)
        guard Roster.exitCode(for: error) != .success else {
            Terminal.say(message)
            return ExitCode.success.rawValue
        }
        Terminal.complain(message.hasPrefix("Error: ") ? String(message.dropFirst("Error: ".count)) : message)
        for argument in arguments where argument.hasPrefix("--") && message.contains("'\(argument)'") {
            guard let flag = SettingFlags.suggestion(for: String(argument.dropFirst(2))) else { continue }
            Terminal.complain("there is a setting --\(flag); “roster config” lists all of them.")
        }
        return ExitCode.usage.rawValue
    }
}

extension ExitCode {
    /// The command line or a setting is wrong.
    static let usage = ExitCode(2)
}
