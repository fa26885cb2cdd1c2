import JSON
import NIOCore
import Registry

/// The answer to `GET /v1/models`, rendered once per snapshot: every route and offer that a request may name.
struct ModelList: Sendable {
    /// The body.
    let body: ByteBuffer
    /// What names exactly this body (RFC 9110 §8.8.3).
    let entityTag: String

    /// Renders the list of a snapshot.
    init(_ snapshot: Snapshot) {
        var writer = JSONWriter()
        writer.write(raw: "{\"object\":\"list\",\"data\":[".utf8)
        var isFirst = true
        func append(_ value: JSONValue) {
            if !isFirst { writer.write(raw: CollectionOfOne(UInt8(ascii: ","))) }
            isFirst = false
            writer.write(value)
        }
        for route in snapshot.routes where route.isActive {
            guard case .offers = snapshot.resolve(route.name) else { continue }
            append(ModelObject.route(route))
        }
        for offer in snapshot.offers where offer.isAvailable { append(ModelObject.offer(offer)) }
        writer.write(raw: "]}".utf8)
        self.body = ByteBuffer(bytes: writer.bytes)
        self.entityTag = "\"\(snapshot.revision)-\(String(Self.checksum(writer.bytes), radix: 16))\""
    }

    /// FNV-1a: tells bodies of one revision apart that two builds of this program, or two databases, render differently.
    private static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
