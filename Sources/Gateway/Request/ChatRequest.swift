import HTTP
import HTTPTypes
import JSON
import NIOCore

/// A chat request as the client wrote it: the bytes, and where in them the few members stand that the gateway needs.
///
/// The body is scanned once and never built: unknown members, the spelling of numbers and the order of members reach the
/// provider as they are.
struct ChatRequest: Sendable {
    /// The body, byte for byte.
    let body: ByteBuffer
    /// The model that is asked for.
    let model: String
    /// The bytes of the model's name, quotes included, counted from the first readable one.
    let modelRange: Range<Int>
    /// Whether the answer shall come as a stream of events.
    let isStream: Bool

    /// The longest name of a model, in bytes: a provider's slug, a slash and an API name.
    private static let longestModel = 1024

    /// Scans a body.
    ///
    /// A member that stands there twice is refused, and so is one spelled like it but for capitals: servers differ on which
    /// of them counts, so that a client could be charged for one model and served by another.
    ///
    /// - Parameter body: The whole body.
    /// - Throws: 400, with the place for what is not JSON, and with `param` for a member that is missing or wrong.
    init(scanning body: ByteBuffer) throws(APIError) {
        let bytes = body.readableBytesUInt8Span
        let members: [JSONMember]
        do {
            members = try JSONScanner.topLevelMembers(
                of: bytes,
                limits: JSONLimits(depth: JSONLimits.deepest, bytes: body.readableBytes)
            )
        } catch {
            throw APIError(unparsable: error)
        }
        try Self.refuseAmbiguity(in: members)
        guard let model = members["model"] else {
            throw Self.refusal(param: "model", "The body has no model. Add one: GET /v1/models lists those there are.")
        }
        do {
            self.model = try JSONScanner.string(in: model.valueRange, of: bytes)
        } catch {
            throw Self.refusal(param: "model", "The model must be a string, as in \"openai/gpt-4o\".")
        }
        guard (1...Self.longestModel).contains(self.model.utf8.count) else {
            throw Self.refusal(param: "model", "The model's name must have 1 to \(Self.longestModel) bytes.")
        }
        self.modelRange = model.valueRange
        self.isStream = try Self.isStream(members["stream"], in: bytes)
        self.body = body
    }

    /// The body as a provider is to get it: the same bytes but for the model's name.
    ///
    /// - Parameter apiName: What the provider calls the model.
    /// - Returns: The body; the very one of the client where the name is spelled the same.
    func body(naming apiName: String) -> ByteBuffer {
        var name: [UInt8] = []
        name.reserveCapacity(apiName.utf8.count + 2)
        JSONWriter.append(apiName, to: &name)
        let start = self.body.readerIndex
        let written = self.body.getSlice(at: start + self.modelRange.lowerBound, length: self.modelRange.count)
        let rest = self.body.getSlice(
            at: start + self.modelRange.upperBound,
            length: self.body.readableBytes - self.modelRange.upperBound
        )
        // The ranges were found in these bytes.
        guard let written, var rest, !written.readableBytesView.elementsEqual(name),
            var spliced = self.body.getSlice(at: start, length: self.modelRange.lowerBound)
        else { return self.body }
        spliced.reserveCapacity(minimumWritableBytes: name.count + rest.readableBytes)
        spliced.writeBytes(name)
        spliced.writeBuffer(&rest)
        return spliced
    }

    private static func refuseAmbiguity(in members: [JSONMember]) throws(APIError) {
        for member in members {
            switch member.name {
            case "model" where member.isRepeated, "stream" where member.isRepeated:
                throw Self.refusal(
                    code: "repeated_member",
                    param: member.name,
                    "The body has “\(member.name)” more than once. Send it once."
                )
            case "model", "stream":
                break
            default:
                // Decoders that ignore capitals (Go's) would take it for the real one.
                guard member.name.utf8.count == 5, member.name.lowercased() == "model" else { continue }
                throw Self.refusal(
                    code: "repeated_member",
                    param: "model",
                    "The body has “\(member.name)”, which some providers read as “model”. Write “model”, and only once."
                )
            }
        }
    }

    private static func isStream(_ member: JSONMember?, in bytes: Span<UInt8>) throws(APIError) -> Bool {
        guard let member else { return false }
        switch bytes[member.valueRange.lowerBound] {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"), UInt8(ascii: "n"): return false
        default: throw Self.refusal(param: "stream", "“stream” must be true or false.")
        }
    }

    private static func refusal(code: String = "invalid_value", param: String, _ message: String) -> APIError {
        APIError(.badRequest, code: code, message, param: param)
    }
}
