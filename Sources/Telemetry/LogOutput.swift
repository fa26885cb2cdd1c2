import Glibc
package import Logging
import NIOConcurrencyHelpers

/// Where log lines go, from which level on, and in which format; shared by all loggers of a process.
///
/// A line is written by the thread that logs it, whole or not at all. A reader that has stopped reading (a terminal
/// held by Ctrl-S, a pipe nobody empties) is waited for once, for ``patience``; then lines are counted instead of
/// waited for, and the first one that gets through says how many are missing. A service is never stopped by its log.
package final class LogOutput: Sendable {
    /// Milliseconds that a reader has before lines are dropped.
    static let patience: Int32 = 100

    private struct Guarded {
        var level: Logger.Level
        var lost = 0
        var isStalled = false
    }

    private let descriptor: Int32
    private let format: LogFormat
    private let guarded: NIOLockedValueBox<Guarded>
    /// Held while writing, so that lines do not mix; apart from the level's, which is read far more often.
    private let writing = NIOLockedValueBox(())

    /// - Parameters:
    ///   - descriptor: An open file; stays the caller's.
    ///   - format: How lines look.
    ///   - level: From which level on events become lines.
    package init(descriptor: Int32 = STDERR_FILENO, format: LogFormat = .auto, level: Logger.Level = .info) {
        self.descriptor = descriptor
        self.format = format.resolved(isTerminal: isatty(descriptor) == 1)
        self.guarded = NIOLockedValueBox(Guarded(level: level))
    }

    /// From which level on events become lines; a change holds from the next event on, in every logger.
    package var level: Logger.Level {
        get { self.guarded.withLockedValue { $0.level } }
        set { self.guarded.withLockedValue { $0.level = newValue } }
    }

    func write(_ line: LogLine) {
        let bytes = line.bytes(in: self.format)
        self.writing.withLockedValue { _ in
            let (isStalled, lost) = self.guarded.withLockedValue { ($0.isStalled, $0.lost) }
            guard self.isWritable(waiting: isStalled ? 0 : Self.patience) else {
                self.guarded.withLockedValue { guarded in
                    guarded.isStalled = true
                    guarded.lost += 1
                }
                return
            }
            if lost > 0 {
                let note = LogLine(
                    level: .warning,
                    label: "log",
                    message: "lines were lost because nobody read them",
                    fields: ["lines": "\(lost)"]
                )
                self.writeAll(note.bytes(in: self.format))
            }
            self.guarded.withLockedValue { guarded in
                guarded.isStalled = false
                guarded.lost = 0
            }
            self.writeAll(bytes)
        }
    }

    /// Whether a write of up to `PIPE_BUF` bytes would be taken now.
    private func isWritable(waiting milliseconds: Int32) -> Bool {
        var question = pollfd(fd: self.descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&question, 1, milliseconds) == 1
    }

    /// Writes in pieces of which a pipe that is writable takes each at once (POSIX: `PIPE_BUF`). What cannot be written
    /// has no place to be reported to.
    private func writeAll(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int(PIPE_BUF))
            let count = unsafe piece.withUnsafeBytes { unsafe Glibc.write(self.descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
                if !rest.isEmpty, !self.isWritable(waiting: Self.patience) { return }
            } else if errno == EAGAIN {
                guard self.isWritable(waiting: Self.patience) else { return }
            } else if errno != EINTR {
                return
            }
        }
    }
}
