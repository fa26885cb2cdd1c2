import NIOConcurrencyHelpers

/// Says what long work is doing: a line that becomes ✓ with its time on a terminal, plain lines elsewhere.
struct Progress: Sendable {
    /// The step under way, to which what happens in it is told.
    final class Step: Sendable {
        private struct Guarded {
            var title: String
            var isOver = false
        }

        private let isLive: Bool
        private let guarded: NIOLockedValueBox<Guarded>
        private let start = ContinuousClock.now

        fileprivate init(_ title: String, isLive: Bool) {
            self.isLive = isLive
            self.guarded = NIOLockedValueBox(Guarded(title: title))
            if isLive { Terminal.show("  \(title) …") }
        }

        /// Says more exactly what is being done.
        func change(_ title: String) {
            self.guarded.withLockedValue { guarded in
                guarded.title = title
                if self.isLive, !guarded.isOver { Terminal.show("\r\u{1B}[2K  \(title) …") }
            }
        }

        /// Says something that shall stay to be read.
        func note(_ text: String) {
            self.guarded.withLockedValue { guarded in
                let isLive = self.isLive && !guarded.isOver
                Terminal.show(isLive ? "\r\u{1B}[2K  \(text)\n  \(guarded.title) …" : "  \(text)\n")
            }
        }

        fileprivate func end(_ title: String?, isDone: Bool) {
            self.guarded.withLockedValue { guarded in
                guarded.isOver = true
                let mark = isDone ? "✓" : "✗"
                let time = Progress.text(ContinuousClock.now - self.start)
                let beginning = self.isLive ? "\r\u{1B}[2K" : ""
                Terminal.show("\(beginning)\(mark) \(title ?? guarded.title)\(isDone ? " (\(time))" : "")\n")
            }
        }
    }

    private let isLive: Bool

    /// - Parameter isLive: Whether lines may be written over: only a person sees that.
    init(isLive: Bool = Terminal.isWatched) {
        self.isLive = isLive
    }

    /// Does one step of the work, and says so.
    ///
    /// - Parameters:
    ///   - title: What is being done.
    ///   - done: What was done, given what the step returned; `nil` for the title.
    ///   - body: The step.
    /// - Returns: What the step returns.
    /// - Throws: What the step throws.
    func step<Value>(
        _ title: String,
        done: (Value) -> String? = { _ in nil },
        _ body: (Step) async throws -> Value
    ) async throws -> Value {
        let step = Step(title, isLive: self.isLive)
        do {
            let value = try await body(step)
            step.end(done(value), isDone: true)
            return value
        } catch {
            step.end(nil, isDone: false)
            throw error
        }
    }

    /// A duration as people read it.
    static func text(_ duration: Duration) -> String {
        let milliseconds =
            duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        guard milliseconds >= 1000 else { return "\(milliseconds) ms" }
        return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    }
}
