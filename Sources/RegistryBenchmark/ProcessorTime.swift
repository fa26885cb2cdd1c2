import FoundationEssentials
import Glibc

/// What a process has computed, as the kernel accounts for it (proc(5)), to the hundredth of a second.
enum ProcessorTime {
    /// Reads user and system time.
    ///
    /// - Parameter process: The process id.
    /// - Returns: Both together.
    /// - Throws: An error of the file system if the process is gone.
    static func used(by process: Int32) throws -> Duration {
        let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        // The name in parentheses may hold anything; user and system time are the 12th and 13th fields behind it.
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { return .zero }
        return .seconds(user + system) / sysconf(Int32(_SC_CLK_TCK))
    }
}
