internal import Subprocess
internal import SystemPackage

extension Configuration {
    /// How every program is started here: in a session of its own, so that Ctrl-C reaches only its parent, which then
    /// ends the servers in their order; with the rights of `account` alone; and with nothing of our environment, which
    /// holds the providers' keys.
    ///
    /// The account is changed by `setpriv` (util-linux, on every Debian), not by `PlatformOptions.userID`: that calls
    /// setuid(3) in a child made by a bare clone3(2), where glibc waits for threads that only the parent has. With other
    /// threads being started at the time, the child hung for ever.
    static func server(
        _ program: FilePath,
        _ arguments: [String],
        as account: ServerAccount?,
        in workingDirectory: FilePath
    ) -> Configuration {
        var command = [program.string] + arguments
        if let account {
            let identity = ["--reuid=\(account.userID)", "--regid=\(account.groupID)", "--clear-groups"]
            command = ["/usr/bin/setpriv"] + identity + ["--"] + command
        }
        var options = PlatformOptions()
        options.createSession = true
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
        return Configuration(
            executable: .path(FilePath(command[0])),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .custom([
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                // Messages that can be recognised, whatever the person's language.
                "LC_ALL": "C.UTF-8",
                "TZ": "UTC",
            ]),
            workingDirectory: workingDirectory,
            platformOptions: options
        )
    }
}
