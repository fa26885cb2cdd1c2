/// The delays between attempts to connect: doubling, with jitter, so that replicas do not all return in the same moment.
package struct Backoff: Sendable, Hashable {
    /// The longest of the first delays.
    package var first: Duration
    /// The longest of all delays.
    package var longest: Duration

    private var failures = 0

    /// Describes delays.
    /// - Parameters:
    ///   - first: The longest of the first delays.
    ///   - longest: The longest of all delays.
    package init(first: Duration = .milliseconds(50), longest: Duration = .seconds(2)) {
        self.first = first
        self.longest = longest
    }

    /// The time to wait before the next attempt: between half of the present bound and all of it.
    /// - Parameter generator: The source of the jitter.
    /// - Returns: The delay.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let bound = min(self.longest, self.first * (1 << min(self.failures, 20)))
        self.failures += 1
        return bound * Double.random(in: 0.5...1, using: &generator)
    }

    /// Begins anew, after a connection that has proved itself.
    mutating func reset() {
        self.failures = 0
    }
}
