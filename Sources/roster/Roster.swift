import ArgumentParser
import RosterServer

/// The command line: a root without deeds of its own, and its subcommands.
struct Roster: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster",
        abstract:
            "A model registry that people edit like a spreadsheet, and an OpenAI-compatible gateway that obeys it.",
        discussion: """
            Start with “roster up”: it runs everything on this machine and prints what to paste next.

            Every command takes the settings below as flags; environment variables, .env files and a settings file can say \
            the same (see “roster config”).

            \(SettingFlags.help)

            Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 a plan or preview with changes, 4 what was planned or \
            previewed is not so any more.
            """,
        subcommands: [
            UpCommand.self, ServeCommand.self, MigrateCommand.self, SyncCommand.self, ModelsCommand.self,
            ProvidersCommand.self, RoutesCommand.self, KeysCommand.self, HistoryCommand.self, RevertCommand.self, ExportCommand.self,
            ImportCommand.self, PlanCommand.self, ApplyCommand.self, UpdateModelsCommand.self, StatusCommand.self,
            ConfigCommand.self, HealthcheckCommand.self,
        ]
    )
}
