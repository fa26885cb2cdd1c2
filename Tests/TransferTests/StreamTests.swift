import HTTPTypes
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Transfer

private let streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

private func chunk(_ text: String) -> String {
    "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
}

@Suite(.timeLimit(.minutes(2))) struct StreamTests {
    @Test func `the head comes before the body and every event when it was written`() async throws {
        let go = NIOLockedValueBox(0)
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            try peer.write(streamHead)
            for number in 0..<5 {
                while go.withLockedValue({ $0 <= number }) { peer.pause(milliseconds: 1) }
                try peer.write(chunk("event \(number)\n"))
            }
            try peer.write("0\r\n\r\n")
        }) { server in
            try await withClient { client in
                let response = try await client.send(TransferRequest(url: server.url()))
                #expect(response.body.completeByteCount == nil)
                go.withLockedValue { $0 = 1 }
                var number = 0
                for try await bytes in response.body {
                    // One event at a time: the next is written after this one was read.
                    #expect(String(buffer: bytes) == "event \(number)\n")
                    number += 1
                    go.withLockedValue { $0 = number + 1 }
                }
                #expect(number == 5)
            }
        }
    }

    @Test func `a hundred streams at once bring all their events in order`() async throws {
        try await withServer(script: { peer in
            while try peer.readRequest() != nil {
                try peer.write(streamHead)
                for number in 0..<50 {
                    try peer.write(chunk("data: \(number)\n\n"))
                    if number % 10 == 0 { peer.pause(milliseconds: 1) }
                }
                try peer.write("0\r\n\r\n")
            }
        }) { server in
            try await withClient { client in
                let expected = (0..<50).map { "data: \($0)\n\n" }.joined()
                try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<100 {
                        group.addTask { try await client.text(TransferRequest(url: server.url())) }
                    }
                    for try await text in group { #expect(text == expected) }
                }
            }
            #expect(server.accepted <= 100)
        }
    }

    @Test func `a reader that is behind holds back the sender`() async throws {
        let total = 64 * 1_048_576
        let written = NIOLockedValueBox<Peer?>(nil)
        try await withServer(
            sendBuffer: 65_536,
            script: { peer in
                written.withLockedValue { $0 = peer }
                _ = try peer.readRequest()
                try peer.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
                let block = [UInt8](repeating: 7, count: 1_048_576)
                for _ in 0..<64 { try peer.write(block) }
            }
        ) { server in
            try await withClient { client in
                let response = try await client.send(TransferRequest(url: server.url()))
                var iterator = response.body.makeAsyncIterator()
                var received = try await iterator.next()?.readableBytes ?? 0
                // Nothing more is read: what was written must stop growing far below the whole.
                let peer = try #require(written.withLockedValue { $0 })
                var last = -1
                try await eventually("the server is blocked") {
                    let now = peer.written
                    defer { last = now }
                    try await Task.sleep(for: .milliseconds(100))
                    return now == last
                }
                #expect(peer.written < 16 * 1_048_576)
                var largest = 0
                while let bytes = try await iterator.next() {
                    largest = max(largest, bytes.readableBytes)
                    received += bytes.readableBytes
                }
                #expect(received == total)
                #expect(largest <= 65_536 + 16_384)
            }
        }
    }

    @Test func `a large body is collected whole`() async throws {
        let body = String(repeating: "0123456789abcdef", count: 1_048_576)
        try await withServer(script: { peer in
            while try peer.readRequest() != nil { try peer.respond(body) }
        }) { server in
            try await withClient { client in
                let text = try await client.text(TransferRequest(url: server.url()))
                #expect(text == body)
            }
        }
    }

    @Test func `a collected body beyond its limit fails and ends the transfer`() async throws {
        let isClosed = NIOLockedValueBox(false)
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            try peer.write(
                "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + String(repeating: "x", count: 300_000)
            )
            peer.waitForClose()
            isClosed.withLockedValue { $0 = true }
        }) { server in
            try await withClient { client in
                let response = try await client.send(TransferRequest(url: server.url()))
                await expectFailure(.bodyTooLarge) { try await response.body.collect(upTo: 100_000) }
                try await eventually("the server sees the end") { isClosed.withLockedValue { $0 } }
            }
        }
    }

    @Test func `a small collected body beyond its limit fails too`() async throws {
        try await withServer(script: { peer in
            while try peer.readRequest() != nil { try peer.respond("hello") }
        }) { server in
            try await withClient { client in
                let response = try await client.send(TransferRequest(url: server.url()))
                #expect(response.body.completeByteCount == 5)
                await expectFailure(.bodyTooLarge) { try await response.body.collect(upTo: 4) }
            }
        }
    }

    @Test(arguments: [false, true])
    func `a body is read once`(collects: Bool) async throws {
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            try peer.write(streamHead + chunk("one"))
            peer.waitForClose()
        }) { server in
            try await withClient { client in
                let response = try await client.send(TransferRequest(url: server.url()))
                var iterator = response.body.makeAsyncIterator()
                #expect(try await iterator.next().map { String(buffer: $0) } == "one")
                await expectFailure(.bodyAlreadyRead) {
                    if collects {
                        _ = try await response.body.collect(upTo: 10)
                    } else {
                        for try await _ in response.body {}
                    }
                }
            }
        }
    }

    // MARK: Letting go

    enum Stage: CaseIterable { case beforeHead, whileReading, dropped, droppedIterator, neverRead }

    @Test(arguments: Stage.allCases)
    func `the server hears at once when nobody wants the response any more`(stage: Stage) async throws {
        let state = NIOLockedValueBox<[String]>([])
        try await withServer(script: { peer in
            _ = try peer.readRequest()
            if stage != .beforeHead { try peer.write(streamHead + chunk("one")) }
            state.withLockedValue { $0.append("waiting") }
            peer.waitForClose()
            state.withLockedValue { $0.append("closed") }
        }) { server in
            try await withClient { client in
                let request = TransferRequest(url: server.url())
                switch stage {
                case .beforeHead, .whileReading:
                    let reads = NIOLockedValueBox(0)
                    let task = Task {
                        for try await _ in try await client.send(request).body { reads.withLockedValue { $0 += 1 } }
                    }
                    try await eventually("it waits") {
                        state.withLockedValue { $0 == ["waiting"] }
                            && (stage == .beforeHead || reads.withLockedValue { $0 == 1 })
                    }
                    task.cancel()
                    await expectFailure(.cancelled) { try await task.value }
                case .dropped, .neverRead:
                    var response: TransferResponse? = try await client.send(request)
                    if stage == .dropped, let body = response?.body {
                        for try await _ in body { break }
                    }
                    response = nil
                    #expect(response == nil)
                case .droppedIterator:
                    var iterator: TransferBody.Iterator? = try await client.send(request).body.makeAsyncIterator()
                    #expect(try await iterator?.next()?.readableBytes == 3)
                    iterator = nil
                    #expect(iterator == nil)
                }
                let start = ContinuousClock.now
                try await eventually("the server sees the end") { state.withLockedValue { $0.last == "closed" } }
                // Generous for a busy machine; without an end of the transfer it would be for ever.
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }
    }

    @Test func `a task that was cancelled before it sends does not send`() async throws {
        try await withServer(script: { peer in
            while try peer.readRequest() != nil { try peer.respond("never") }
        }) { server in
            try await withClient { client in
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await client.send(TransferRequest(url: server.url()))
                }
                await expectFailure(.cancelled) { try await task.value }
                let text = try await client.text(TransferRequest(url: server.url()))
                #expect(text == "never")
            }
            #expect(server.accepted == 1)
        }
    }

    @Test func `cancelling among many leaves the others alone`() async throws {
        try await withServer(script: { peer in
            while let request = try peer.readRequest() {
                try peer.write(streamHead + chunk("one"))
                if request.line.contains("/stuck") {
                    peer.waitForClose()
                    return
                }
                peer.pause(milliseconds: 5)
                try peer.write(chunk("two") + "0\r\n\r\n")
            }
        }) { server in
            try await withClient { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        group.addTask {
                            if number % 2 == 0 {
                                let text = try await client.text(TransferRequest(url: server.url()))
                                #expect(text == "onetwo")
                            } else {
                                let task = Task { try await client.text(TransferRequest(url: server.url("/stuck"))) }
                                try await Task.sleep(for: .milliseconds(Int.random(in: 0...20)))
                                task.cancel()
                                await expectFailure(.cancelled) { try await task.value }
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await eventually("only pooled connections are left") { server.open <= 100 }
            }
        }
    }
}
