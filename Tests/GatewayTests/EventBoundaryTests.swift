import NIOCore
import Testing

@testable import Gateway

@Suite struct EventBoundaryTests {
    private static let endings = ["\n", "\r\n", "\r"]

    @Test(arguments: 0..<200)
    func passesEveryByteOnceAndCutsOnlyBetweenEvents(_ seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let ending = Self.endings[seed % 3]
        let events = (0..<8).map { number -> String in
            let lines = (0...Int.random(in: 0...2, using: &generator)).map { "data: \(number).\($0) äöü" + ending }
            return lines.joined() + ending
        }
        let whole = ByteBuffer(string: events.joined())
        var boundary = EventBoundary(limit: 1 << 20)
        var passed = ByteBuffer()
        var rest = whole
        while rest.readableBytes > 0 {
            let length = Int.random(in: 1...min(9, rest.readableBytes), using: &generator)
            guard let piece = rest.readSlice(length: length) else { break }
            guard var complete = boundary.accept(piece) else { continue }
            passed.writeBuffer(&complete)
            // What was passed on so far ends where an event ends; a line feed that completes a CR LF may come later.
            let text = String(buffer: passed)
            #expect(text.hasSuffix(ending + ending) || text.hasSuffix("\r\n\r") || text.hasSuffix("\r\r"))
        }
        if var last = boundary.finish() { passed.writeBuffer(&last) }
        #expect(passed == whole)
    }

    @Test func holdsBackWhatIsNotComplete() {
        var boundary = EventBoundary(limit: 1 << 20)
        #expect(boundary.accept(ByteBuffer(string: "data: 1\n\ndata: 2")) == ByteBuffer(string: "data: 1\n\n"))
        #expect(boundary.accept(ByteBuffer(string: "\n")) == nil)
        #expect(boundary.accept(ByteBuffer(string: "\ndata: [DONE]")) == ByteBuffer(string: "data: 2\n\n"))
        #expect(boundary.finish() == ByteBuffer(string: "data: [DONE]"))
        #expect(boundary.finish() == nil)
    }

    @Test func passesAnEventOnThatIsLargerThanTheLimit() {
        var boundary = EventBoundary(limit: 10)
        #expect(boundary.accept(ByteBuffer(string: "data: 1234")) == nil)
        #expect(boundary.accept(ByteBuffer(string: "5")) == ByteBuffer(string: "data: 12345"))
        #expect(boundary.accept(ByteBuffer(string: "6\n\n")) == ByteBuffer(string: "6\n\n"))
    }
}

/// Chance that can be repeated (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        self.state = seed
    }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
