import Glibc
import JSON
import SystemPackage

/// The two streams that a command speaks on: results on standard output, everything else on standard error.
enum Terminal {
    /// Whether somebody watches standard error.
    static let isWatched = isatty(STDERR_FILENO) == 1

    /// Prints a result.
    static func say(_ text: String) {
        self.write(text.hasSuffix("\n") ? text : text + "\n", to: .standardOutput)
    }

    /// Prints a result for programs.
    static func say(_ json: JSONValue) {
        self.say(json.serializedString(.pretty))
    }

    /// Gives a file out as it is.
    ///
    /// - Parameter file: Its bytes.
    /// - Throws: `Errno` if they cannot be written: half a file must not pass for one.
    static func say(_ file: [UInt8]) throws {
        try FileDescriptor.standardOutput.writeAll(file)
    }

    /// Says something by the way.
    static func note(_ text: String) {
        self.write(text + "\n", to: .standardError)
    }

    /// Says what went wrong, in one sentence per line.
    static func complain(_ text: String) {
        self.write("roster: \(text)\n", to: .standardError)
    }

    /// Writes without an end of line.
    static func show(_ text: String) {
        self.write(text, to: .standardError)
    }

    private static func write(_ text: String, to stream: FileDescriptor) {
        do { try stream.writeAll(text.utf8) } catch {
            // A stream that is closed has nobody to be told, and a command still does what it was asked for.
            return
        }
    }
}
