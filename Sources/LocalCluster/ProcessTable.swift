internal import Glibc
internal import Subprocess
internal import SystemPackage

/// What `/proc` tells of other processes (proc(5)). Where it tells nothing, nothing is known, and nobody is accused.
package enum ProcessTable {
    /// Whether a process of that id exists, also one that is only waiting to be reaped.
    package static func exists(_ processID: Int32) -> Bool {
        Glibc.kill(processID, 0) == 0 || errno == EPERM
    }

    /// Whether a process lives: one that has ended and waits to be reaped does not.
    package static func isAlive(_ processID: Int32) -> Bool {
        guard self.exists(processID) else { return false }
        // pid (name) state …; the name may hold parentheses itself.
        guard let rest = self.text(self.folder(processID).appending("stat")).split(separator: ")").last else {
            return false
        }
        return !rest.hasPrefix(" Z") && !rest.hasPrefix(" X")
    }

    /// The ids of all processes that can be seen.
    package static func all() -> [Int32] {
        Files.names(in: "/proc").compactMap { Int32($0) }
    }

    /// The direct children of a process, of all its threads.
    package static func children(of processID: Int32) -> [Int32] {
        Files.names(in: self.folder(processID).appending("task")).flatMap { thread in
            self.text(self.folder(processID).appending("task/\(thread)/children")).split(separator: " ").compactMap {
                Int32($0)
            }
        }
    }

    /// The name a process gives itself, at most 15 bytes; `nil` when it is gone.
    package static func name(of processID: Int32) -> String? {
        self.text(self.folder(processID).appending("comm")).split(separator: "\n").first.map(String.init)
    }

    /// The process that listens on a TCP port of this machine, if it can be found out: root sees all, others their own.
    static func listener(onPort port: UInt16) -> Int32? {
        let hex = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - hex.count) + hex
        let sockets = ["tcp", "tcp6"].flatMap { self.text(FilePath("/proc/net").appending($0)).split(separator: "\n") }
            .compactMap { line -> String? in
                // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode; 0A is LISTEN.
                let fields = line.split(separator: " ")
                guard fields.count > 9, fields[1].hasSuffix(suffix), fields[3] == "0A" else { return nil }
                return "socket:[\(fields[9])]"
            }
        guard !sockets.isEmpty else { return nil }
        return self.all().first { processID in
            let descriptors = self.folder(processID).appending("fd")
            return Files.names(in: descriptors).contains { descriptor in
                Files.destination(of: descriptors.appending(descriptor)).map(sockets.contains) ?? false
            }
        }
    }

    /// Sends a signal; that the process is gone already is fine.
    static func send(_ signal: Signal, to processID: Int32) throws(LocalClusterError) {
        guard Glibc.kill(processID, signal.rawValue) != 0, errno != ESRCH else { return }
        let reason = Errno(rawValue: errno)
        throw LocalClusterError(
            .commandFailed,
            "Process \(processID) could not be sent signal \(signal.rawValue): \(reason)."
        )
    }

    private static func folder(_ processID: Int32) -> FilePath { FilePath("/proc/\(processID)") }

    /// Files of `/proc` say that they are empty: they are read until they end.
    private static func text(_ path: FilePath) -> String {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
            return try descriptor.closeAfter { try descriptor.readText(limit: 4 << 20) }
        } catch {
            return ""
        }
    }
}
