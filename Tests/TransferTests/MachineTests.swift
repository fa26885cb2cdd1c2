import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Transfer

/// The parts that need no server.
@Suite(.timeLimit(.minutes(1))) struct MachineTests {
    @Test(arguments: 1...200)
    func `admission keeps its limits and its order whatever happens`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let perHost = Int.random(in: 1...4, using: &random)
        let streams = Int.random(in: 1...3, using: &random)
        let total = Int.random(in: 1...8, using: &random)
        let waiting = Int.random(in: 0...12, using: &random)
        var admission = Admission<Int>(
            connectionsPerHost: perHost,
            streamsPerConnection: streams,
            maximumRunning: total,
            maximumWaiting: waiting
        )
        let origins = try (0..<3).map { try Origin(of: "http://host\($0)/") }
        var running: [Int: Int] = [:]
        var queues: [[Int]] = [[], [], []]
        var limits = [perHost, perHost, perHost]
        func runningAt(_ host: Int) -> Int { running.values.count { $0 == host } }
        func started(_ ticket: Int) {
            let host = queues.firstIndex { $0.first == ticket }
            #expect(host != nil, "tickets of a host start in order")
            guard let host else { return }
            queues[host].removeFirst()
            running[ticket] = host
        }
        for ticket in 0..<400 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                let host = Int.random(in: 0..<3, using: &random)
                let isFree = queues[host].isEmpty && runningAt(host) < limits[host] && running.count < total
                let isFull = queues.joined().count >= waiting
                let verdict = admission.ask(ticket, for: origins[host])
                #expect(verdict == (isFree ? .start : isFull ? .refuse : .wait))
                if verdict == .start { running[ticket] = host }
                if verdict == .wait { queues[host].append(ticket) }
            case 2:
                if let (ticket, host) = running.randomElement(using: &random) {
                    running[ticket] = nil
                    admission.ended(at: origins[host])
                }
            case 3:
                if let ticket = queues.joined().shuffled(using: &random).first {
                    for host in 0..<3 { queues[host].removeAll { $0 == ticket } }
                    admission.giveUp(ticket)
                }
            default:
                let host = Int.random(in: 0..<3, using: &random)
                let multiplexes = Bool.random(using: &random)
                guard runningAt(host) + queues[host].count > 0 else { break }
                admission.learn(origins[host], multiplexes: multiplexes)
                limits[host] = multiplexes ? perHost * streams : perHost
            }
            while let next = admission.next() { started(next) }
            // Nobody waits who could run.
            let couldRun = (0..<3).contains {
                !queues[$0].isEmpty && runningAt($0) < limits[$0] && running.count < total
            }
            #expect(!couldRun)
            #expect(admission.running == running.count)
            #expect(admission.waiting == queues.joined().count)
            #expect(running.count <= total)
        }
    }

    // MARK: Names

    private struct Unknown: Error {}

    @Test func `a name is looked up once for all who ask at the same time`() async throws {
        let asked = NIOLockedValueBox(0)
        let go = NIOLockedValueBox(false)
        let names = NameSource(lifetime: .seconds(60), limit: 10) { name, _ in
            asked.withLockedValue { $0 += 1 }
            while !go.withLockedValue({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
            return ["10.0.0.1"]
        }
        try await withThrowingTaskGroup(of: NameSource.Addresses.self) { group in
            for _ in 0..<50 { group.addTask { try await names.addresses(of: "a", within: .seconds(5)) } }
            go.withLockedValue { $0 = true }
            var identities: Set<ObjectIdentifier> = []
            var kept: [NameSource.Addresses] = []
            for try await addresses in group {
                identities.insert(ObjectIdentifier(addresses))
                kept.append(addresses)
            }
            #expect(identities.count == 1)
        }
        #expect(asked.withLockedValue { $0 } == 1)
    }

    @Test func `who asks first and is cancelled takes nobody with it`() async throws {
        let asked = NIOLockedValueBox(0)
        let names = NameSource(lifetime: .seconds(60), limit: 10) { _, _ in
            let count = asked.withLockedValue { asked in
                asked += 1
                return asked
            }
            if count == 1 { try await Task.sleep(for: .seconds(3_600)) }
            return ["10.0.0.1"]
        }
        let first = Task { try await names.addresses(of: "a", within: .seconds(5)) }
        try await eventually("the first asks") { asked.withLockedValue { $0 == 1 } }
        let second = Task { try await names.addresses(of: "a", within: .seconds(5)) }
        try await Task.sleep(for: .milliseconds(20))
        first.cancel()
        #expect(try await second.value.list == ["10.0.0.1"])
        await #expect(throws: CancellationError.self) { try await first.value }
    }

    @Test func `old addresses are used while there are no new ones`() async throws {
        let answer = NIOLockedValueBox<[String]?>(["10.0.0.1"])
        let names = NameSource(lifetime: .milliseconds(1), limit: 10) { _, _ in
            guard let addresses = answer.withLockedValue({ $0 }) else { throw Unknown() }
            return addresses
        }
        let first = try await names.addresses(of: "a", within: .seconds(1))
        try await Task.sleep(for: .milliseconds(5))
        answer.withLockedValue { $0 = nil }
        #expect(try await names.addresses(of: "a", within: .seconds(1)) === first)
        await #expect(throws: Unknown.self) { try await names.addresses(of: "b", within: .seconds(1)) }
        answer.withLockedValue { $0 = ["10.0.0.2"] }
        #expect(try await names.addresses(of: "b", within: .seconds(1)).list == ["10.0.0.2"])
    }

    @Test func `an error of a look-up reaches all who waited and is not remembered`() async throws {
        let asked = NIOLockedValueBox(0)
        let names = NameSource(lifetime: .seconds(60), limit: 10) { _, _ in
            let count = asked.withLockedValue { asked in
                asked += 1
                return asked
            }
            guard count > 1 else {
                try await Task.sleep(for: .milliseconds(50))
                throw Unknown()
            }
            return ["10.0.0.1"]
        }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do { return try await names.addresses(of: "a", within: .seconds(1)).list.isEmpty } catch {
                        return error is Unknown
                    }
                }
            }
            for await failed in group { #expect(failed) }
        }
        #expect(try await names.addresses(of: "a", within: .seconds(1)).list == ["10.0.0.1"])
        #expect(asked.withLockedValue { $0 } == 2)
    }

    // MARK: Heads

    private func read(
        _ lines: [String],
        bytes: Int = 10_000,
        fields: Int = 100
    ) -> (ResponseHeadReader.Verdict, ResponseHead) {
        var reader = ResponseHeadReader(maximumBytes: bytes, maximumFields: fields)
        let names = FieldNames()
        var verdict = ResponseHeadReader.Verdict.more
        for line in lines where verdict == .more {
            verdict = Array("\(line)\r\n".utf8).withUnsafeBytes { reader.read($0, names: names) }
        }
        return (verdict, reader.head)
    }

    @Test func `a head is read line by line`() {
        let (verdict, head) = self.read(["HTTP/2 200", "content-length: 5", "a: 1", "A: 2 ", "b:", ""])
        #expect(verdict == .complete)
        #expect(head.status == 200)
        #expect(head.contentLength == 5)
        #expect(head.fields.map { "\($0.name.rawName)=\($0.value)" } == ["content-length=5", "a=1", "A=2", "b="])
        #expect(self.read(["HTTP/1.1 200 OK", "a: 1"]).0 == .more)
        #expect(self.read(["HTTP/1.1 100 Continue", "", "HTTP/1.1 200 OK", ""]).0 == .complete)
        #expect(self.read(["HTTP/1.1 200 OK", "a: " + String(repeating: "x", count: 100)], bytes: 100).0 == .tooLarge)
        #expect(self.read(["HTTP/1.1 200 OK"] + Array(repeating: "a: 1", count: 11), fields: 10).0 == .tooLarge)
        for bad in [
            ["HTTP/1.1"], ["HTTP/1.1 abc"], ["HTTP/1.1 99"], ["HTTP/1.1 200", ": x"], ["HTTP/1.1 200", " x"],
            ["HTTP/1.1 200", "Content-Length: 1", "Content-Length: 2"], ["HTTP/1.1 200", "Content-Length: -1"],
            ["HTTP/1.1 200", "Content-Length: 99999999999999999999"],
        ] {
            guard case .violation = self.read(bad).0 else {
                Issue.record("\(bad) was taken")
                continue
            }
        }
    }

    @Test func `names of fields come back as they were spelled, however many there are`() throws {
        let names = FieldNames()
        for round in 0..<2 {
            for number in 0..<5_000 {
                let spelling = Array("x-Field-\(number)".utf8)
                let name = spelling.withUnsafeBytes { names.name($0[...]) }
                #expect(name?.rawName == "x-Field-\(number)", "\(round)")
                #expect(name?.canonicalName == "x-field-\(number)")
            }
        }
        #expect(Array("a b".utf8).withUnsafeBytes { names.name($0[...]) } == nil)
        #expect([UInt8]().withUnsafeBytes { names.name($0[...]) } == nil)
    }
}
