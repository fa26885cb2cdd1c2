import NIOConcurrencyHelpers

/// Says what long work is doing: a line that becomes ✓ with its time on a terminal, plain lines elsewhere.
struct Progress: Sendable {
    /// A step under way.
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

        /// Says that it is done.
        func end(_ title: String? = nil) {
            self.guarded.withLockedValue { guarded in
                guard !guarded.isOver else { return }
                guarded.isOver = true
                self.close("✓ \(title ?? guarded.title) (\(Progress.text(ContinuousClock.now - self.start)))")
            }
        }

        /// Says that it was not done; why is said elsewhere.
        func fail() {
            self.guarded.withLockedValue { guarded in
                guard !guarded.isOver else { return }
                guarded.isOver = true
                self.close("✗ \(guarded.title)")
            }
        }

        private func close(_ line: String) {
            Terminal.show("\(self.isLive ? "\r\u{1B}[2K" : "")\(line)\n")
        }
    }

    private let isLive: Bool

    /// - Parameter isLive: Whether lines may be written over: only a person sees that.
    init(isLive: Bool = Terminal.isWatched) {
        self.isLive = isLive
    }

    /// Begins a step that is ended elsewhere.
    func begin(_ title: String) -> Step {
        Step(title, isLive: self.isLive)
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
        let step = self.begin(title)
        do {
            let value = try await body(step)
            step.end(done(value))
            return value
        } catch {
            step.fail()
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
