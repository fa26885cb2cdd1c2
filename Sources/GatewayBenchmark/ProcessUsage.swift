import FoundationEssentials
import Glibc

/// What processes have used, as the kernel accounts for it (proc(5)).
struct ProcessUsage {
    /// User and system time, in seconds.
    let cpuSeconds: Double
    /// Resident memory now, in bytes.
    let residentBytes: Int

    /// Reads the sum over some processes.
    ///
    /// - Throws: An error of the file system if one of them is gone.
    init(of processes: [Int32]) throws {
        var ticks = 0
        var pages = 0
        for process in processes {
            let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            // The name in parentheses may hold anything; user and system time are the 12th and 13th fields behind it.
            let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
            if fields.count > 13 { ticks += (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0) }
            let memory = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8).split(separator: " ")
            if memory.count > 1 { pages += Int(memory[1]) ?? 0 }
        }
        self.cpuSeconds = Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        self.residentBytes = pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
