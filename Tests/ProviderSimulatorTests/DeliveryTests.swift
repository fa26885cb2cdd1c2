import NIOCore
import NIOHTTP1
import Testing

@testable import ProviderSimulator

/// The plan of an answer's writes, without a socket and without a clock.
@Suite("Deliveries")
struct DeliveryTests {
    private struct Outcome {
        var bytes: [UInt8] = []
        var waits: [Duration] = []
        var end: Delivery.Action?
    }

    private static func answer(isStream: Bool, tokens: Int) -> Answer {
        guard isStream else { return Answer(.whole([UInt8](repeating: UInt8(ascii: "x"), count: tokens * 7))) }
        let stream = EventStream(
            opening: [Array(": comment\n\n".utf8)],
            text: AnswerText("some words to begin with", tokens: tokens),
            frame: (before: Array("data: \"".utf8), after: Array("\"\n\n".utf8)),
            closing: [Array("data: [DONE]\n\n".utf8)]
        )
        return Answer(.stream(stream))
    }

    private static func delivery(_ answer: Answer, _ behaviour: Behaviour) -> Delivery {
        Delivery(
            answer,
            behaviour,
            version: .http1_1,
            keepsConnection: true,
            date: Timestamp.http(0),
            isCounted: true
        )
    }

    private static func run(_ answer: Answer, _ behaviour: Behaviour) -> Outcome {
        var delivery = Self.delivery(answer, behaviour)
        var outcome = Outcome()
        for _ in 0..<200_000 {
            let action = delivery.next()
            switch action {
            case .write(let buffer): outcome.bytes.append(contentsOf: buffer.readableBytesView)
            case .wait(let pause): outcome.waits.append(pause)
            case .hang, .finish, .cut, .reset:
                outcome.end = action
                return outcome
            }
        }
        return outcome
    }

    @Test("Whatever the behaviour: it ends, and what is written is the beginning of the whole")
    func property() {
        var generator = SplitMix(seed: 7)
        func chance(_ part: Double) -> Bool { generator.unit() < part }
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        for _ in 0..<3000 {
            let answer = Self.answer(isStream: chance(0.6), tokens: number(0...30))
            var behaviour = Behaviour.ordinary
            if chance(0.3) { behaviour.latency = .milliseconds(number(0...5)) }
            if chance(0.3) { behaviour.delay = .milliseconds(number(0...5)) }
            if chance(0.3) { behaviour.trickle = .init(bytes: number(1...200), pause: .milliseconds(1)) }
            if chance(0.6) {
                let places: [Behaviour.Place] = [
                    .beforeHeaders, .afterHeaders, .middle, .event(number(0...40)), .byte(number(0...2000)),
                ]
                let manner = Behaviour.Rupture.Manner.allCases[number(0...2)]
                behaviour.rupture = .init(manner, places[number(0...4)])
            }
            let whole = Self.run(answer, .ordinary)
            let outcome = Self.run(answer, behaviour)
            #expect(whole.bytes.starts(with: outcome.bytes), "\(behaviour)")
            switch (behaviour.rupture?.manner, outcome.end) {
            case (nil, .finish): #expect(outcome.bytes == whole.bytes, "\(behaviour)")
            case (.cut, .cut), (.reset, .reset), (.hang, .hang): break
            default: Issue.record("\(behaviour) ended with \(String(describing: outcome.end))")
            }
            switch behaviour.rupture?.place {
            case .beforeHeaders: #expect(outcome.bytes.isEmpty)
            case .byte(let count): #expect(outcome.bytes.count == min(count, whole.bytes.count))
            case .afterHeaders, .middle, .event, nil: break
            }
        }
    }

    @Test("An event is one write, the last one together with the end of the body")
    func writes() {
        var delivery = Self.delivery(Self.answer(isStream: true, tokens: 5), .ordinary)
        var writes: [String] = []
        while case .write(let buffer) = delivery.next() { writes.append(String(buffer: buffer)) }
        #expect(writes.count == 8)
        #expect(writes.dropFirst().allSatisfy { $0.contains("\n\n\r\n") })
        #expect(writes.last?.hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n") == true)
        #expect(delivery.events == 7)
    }

    @Test("The latency comes once, the delay before every event, the pause between pieces")
    func waits() throws {
        let stream = Self.answer(isStream: true, tokens: 5)
        let paced = Self.run(stream, try Behaviour(parsing: "latency=3ms,delay=2ms"))
        #expect(paced.waits == [.milliseconds(3)] + Array(repeating: .milliseconds(2), count: 7))
        let whole = Self.answer(isStream: false, tokens: 100)
        let slow = Self.run(whole, try Behaviour(parsing: "slow=100/9ms"))
        #expect(slow.waits.allSatisfy { $0 == .milliseconds(9) })
        #expect(slow.waits.count == (slow.bytes.count - 1) / 100)
    }

    @Test("An endless header ends, after 64 MiB")
    func endless() throws {
        let answer = Self.answer(isStream: false, tokens: 1)
        var delivery = Self.delivery(answer, try Behaviour(parsing: "endless-header"))
        var bytes = 0
        while case .write(let buffer) = delivery.next() { bytes += buffer.readableBytes }
        #expect(bytes >= Behaviour.endlessHeaderBytes)
        #expect(bytes < Behaviour.endlessHeaderBytes + 10000)
        guard case .cut = delivery.next() else {
            Issue.record("the connection stays")
            return
        }
    }

    @Test("A stream to a client of HTTP/1.0 ends with the connection")
    func oldVersion() {
        var delivery = Delivery(
            Self.answer(isStream: true, tokens: 2),
            .ordinary,
            version: .http1_0,
            keepsConnection: true,
            date: "",
            isCounted: true
        )
        var text = ""
        while case .write(let buffer) = delivery.next() { text += String(buffer: buffer) }
        #expect(!delivery.keepsConnection)
        #expect(text.contains("connection: close"))
        #expect(!text.contains("chunked"))
        #expect(text.hasSuffix("data: [DONE]\n\n"))
    }
}
