import NIOCore
import NIOHTTP1

/// The bytes before a body. They are written here, not by an encoder, because a simulator must also be able to write wrong
/// ones.
enum ResponseHead {
    /// How the end of a body is told (RFC 9112, section 6.3).
    enum Framing: Sendable {
        case length(Int)
        case chunked
        case untilClose
    }

    /// Renders a head.
    ///
    /// - Parameters:
    ///   - answer: its status and headers.
    ///   - framing: how the end of the body is told.
    ///   - closes: whether `Connection: close` is said.
    ///   - body: how much room to leave for a body that follows in the same buffer, in bytes.
    ///   - date: the `Date` header.
    /// - Returns: the head, with the empty line that ends it.
    static func rendered(
        _ answer: Answer,
        framing: Framing,
        closes: Bool,
        reserving body: Int,
        date: String
    ) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(512 + body)
        buffer.writeImmutableBuffer(Self.statusLine(answer.status))
        buffer.writeStaticString("date: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\ncontent-type: ")
        buffer.writeString(answer.contentType)
        switch framing {
        case .length(let length):
            buffer.writeStaticString("\r\ncontent-length: ")
            buffer.writeString(String(length))
        case .chunked: buffer.writeStaticString("\r\ntransfer-encoding: chunked")
        case .untilClose: break
        }
        for (name, value) in answer.headers {
            buffer.writeStaticString("\r\n")
            buffer.writeString(name)
            buffer.writeStaticString(": ")
            buffer.writeString(value)
        }
        if closes { buffer.writeStaticString("\r\nconnection: close") }
        buffer.writeStaticString("\r\n\r\n")
        return buffer
    }

    static func statusLine(_ status: Int) -> ByteBuffer {
        status == 200
            ? Self.okay
            : ByteBuffer(string: "HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
    }

    private static let okay = ByteBuffer(string: "HTTP/1.1 200 OK\r\n")

    /// What says that a body may be sent.
    static let goOn = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")

    /// Four kibibytes of a header that never ends.
    static let endlessLines = ByteBuffer(
        string: String(repeating: "x-endless: \(String(repeating: "a", count: 49))\r\n", count: 66)
    )
}
