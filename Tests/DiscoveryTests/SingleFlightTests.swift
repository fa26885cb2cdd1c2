@testable import Discovery
import NIOConcurrencyHelpers
import TestSupport
import Testing

@Suite struct SingleFlightTests {
    private struct Refused: Error {}

    @Test func `work is done once for all who ask meanwhile, and again for who asks later`() async throws {
        let flights = SingleFlight<String, Int>()
        let done = NIOLockedValueBox(0)
        @Sendable func work() async throws -> Int {
            try await Task.sleep(for: .milliseconds(100))
            return done.withLockedValue { count in
                count += 1
                return count
            }
        }
        let results = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await flights.run("a", work) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(results) == [1])
        #expect(try await flights.run("a", work) == 2)
    }

    @Test func `an error is everybody's, a cancellation only one's`() async throws {
        let flights = SingleFlight<String, Int>()
        let began = NIOLockedValueBox(0)
        let first = Task {
            try await flights.run("a") {
                began.withLockedValue { $0 += 1 }
                try await Task.sleep(for: .seconds(60))
                return 1
            }
        }
        try await eventually("the first has begun") { began.withLockedValue { $0 } == 1 }
        async let second = flights.run("a") {
            began.withLockedValue { $0 += 1 }
            return 2
        }
        first.cancel()
        #expect(try await second == 2)
        await #expect(throws: CancellationError.self) { try await first.value }
        await #expect(throws: Refused.self) { try await flights.run("a") { throw Refused() } }
    }

    @Test func `who waits and is cancelled leaves at once`() async throws {
        let flights = SingleFlight<String, Int>()
        let (ends, end) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let began = NIOLockedValueBox(false)
        async let first = flights.run("a") {
            began.withLockedValue { $0 = true }
            for await _ in ends { break }
            return 1
        }
        try await eventually("the first has begun") { began.withLockedValue { $0 } }
        let waiting = Task { try await flights.run("a") { 2 } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        end.yield()
        #expect(try await first == 1)
    }
}
