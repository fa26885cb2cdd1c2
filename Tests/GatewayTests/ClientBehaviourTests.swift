import FoundationEssentials
import HTTPTypes
import JSON
import NIOCore
import TestSupport
import Testing

@testable import Gateway

/// Clients that go away, stand still, or use a connection again.
@Suite struct ClientBehaviourTests {
    @Test func aClientThatLeavesBeforeTheFirstByteCancelsUpstream() async throws {
        let model = "gpt-4o-mini#latency=60s"
        try await withGateway(models: [model]) { gateway in
            for isStream in [false, true] {
                let before = try await gateway.state()["disconnects"]?.int64Value ?? 0
                let connection = try await RawConnection(port: gateway.port)
                try await connection.write(RawConnection.chat(GatewayFixture.body(model, isStream: isStream)))
                try await eventually("the provider is asked") { try await gateway.state()["active"]?.int64Value == 1 }
                try await connection.close()
                try await eventually("the provider is left") {
                    try await gateway.state()["disconnects"]?.int64Value == before + 1
                }
            }
        }
    }

    @Test func aClientThatLeavesInTheMiddleOfAStreamCancelsUpstream() async throws {
        let model = "gpt-4o-mini#delay=20ms,tokens=100000"
        try await withGateway(models: [model]) { gateway in
            let connection = try await RawConnection(port: gateway.port)
            try await connection.write(RawConnection.chat(GatewayFixture.body(model, isStream: true)))
            // The first events arrive while the provider still has 100,000 to send.
            try await eventually("events arrive") { connection.text.components(separatedBy: "\n\n").count > 3 }
            #expect(try await gateway.state()["active"]?.int64Value == 1)
            try await connection.close()
            try await eventually("the provider is left") {
                try await gateway.state()["cancelled_streams"]?.int64Value == 1
            }
        }
    }

    @Test func aClientThatClosesItsSideIsGone() async throws {
        let model = "gpt-4o-mini#latency=60s"
        try await withGateway(models: [model]) { gateway in
            let connection = try await RawConnection(port: gateway.port)
            try await connection.write(RawConnection.chat(GatewayFixture.body(model)))
            try await eventually("the provider is asked") { try await gateway.state()["active"]?.int64Value == 1 }
            try await connection.closeOutput()
            try await eventually("the provider is left") { try await gateway.state()["disconnects"]?.int64Value == 1 }
            try await eventually("the connection is closed") { connection.isClosed }
        }
    }

    @Test func aClientThatDoesNotReadHoldsTheProviderBack() async throws {
        let model = "gpt-4o-mini#tokens=150000"
        try await withGateway(models: [model]) { gateway in
            let connection = try await RawConnection(port: gateway.port, reads: false)
            try await connection.write(RawConnection.chat(GatewayFixture.body(model, isStream: true)))
            try await eventually("the provider is asked") { try await gateway.state()["active"]?.int64Value == 1 }
            // 30 MB would be sent in well under a second if anything in between took them.
            for _ in 0..<20 {
                #expect(try await gateway.state()["active"]?.int64Value == 1)
                try await Task.sleep(for: .milliseconds(50))
            }
            try await connection.read()
            try await eventually(within: .seconds(60), "all events arrive") { connection.text.hasSuffix("0\r\n\r\n") }
            #expect(connection.text.contains("data: [DONE]"))
            #expect(connection.text.components(separatedBy: "chat.completion.chunk").count > 150_000)
            try await connection.close()
        }
    }

    @Test func aConnectionServesManyRequests() async throws {
        try await withGateway { gateway in
            let connection = try await RawConnection(port: gateway.port)
            for round in 1...20 {
                let isStream = round.isMultiple(of: 2)
                try await connection.write(RawConnection.chat(GatewayFixture.body("gpt-4o-mini", isStream: isStream)))
                try await eventually("answer \(round) arrives") {
                    connection.text.components(separatedBy: "HTTP/1.1 200 OK").count == round + 1
                        && connection.text.hasSuffix(isStream ? "0\r\n\r\n" : "}")
                }
            }
            #expect(!connection.isClosed)
            try await connection.close()
        }
    }

    @Test func requestsWrittenInOneGoAreAnsweredInOrder() async throws {
        try await withGateway { gateway in
            let connection = try await RawConnection(port: gateway.port)
            let requests = (1...5).map { RawConnection.chat(GatewayFixture.body("unknown-\($0)")) }
            try await connection.write(requests.joined())
            try await eventually("all are answered") { connection.text.contains("unknown-5") }
            let order = (1...5).compactMap { connection.text.firstRange(of: "unknown-\($0)")?.lowerBound }
            #expect(order == order.sorted() && order.count == 5)
            try await connection.close()
        }
    }

    @Test func aClientThatAsksWhetherItMaySendIsAnswered() async throws {
        try await withGateway { gateway in
            let connection = try await RawConnection(port: gateway.port)
            let body = GatewayFixture.body("gpt-4o-mini")
            try await connection.write(
                "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer \(GatewayFixture.key)\r\n"
                    + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            )
            try await eventually("it may send") { connection.text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\n") }
            try await connection.write(body)
            try await eventually("it is answered") { connection.text.contains("HTTP/1.1 200 OK") }
            try await connection.close()
        }
    }
}
