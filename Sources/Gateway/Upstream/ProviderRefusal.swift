import HTTP
import HTTPTypes
import JSON
import NIOCore
import Registry

/// An answer of a provider's that is an error, made fit for the client.
///
/// A provider's own error is passed on byte for byte if it has OpenAI's shape. Anything else, from an HTML page to nothing at
/// all, is put into that shape with what the provider said. A refused key is the operator's, never the client's.
struct ProviderRefusal {
    /// The most characters of a provider's words that a message holds.
    private static let longestExcerpt = 500

    /// What goes to the client.
    enum Answer {
        /// The provider's own bytes.
        case passedOn(HTTPResponse.Status, ByteBuffer)
        /// Our words about it.
        case wrapped(APIError)
    }

    let provider: Provider
    let keyVariable: String?

    /// Reads an error.
    ///
    /// - Parameters:
    ///   - status: 300 or more.
    ///   - body: What came with it, at most as much as is read of an error.
    /// - Returns: What goes to the client.
    func answer(_ status: HTTPResponse.Status, _ body: ByteBuffer) -> Answer {
        let value: JSONValue?
        do {
            value = try JSONValue(parsing: body.readableBytesUInt8Span)
        } catch {
            value = nil
        }
        let words = value.map(Self.words) ?? Self.excerpt(of: body)
        switch status.code {
        case 401, 403:
            return .wrapped(self.refusedKey(status, words))
        case 400...:
            if Self.hasOpenAIShape(value) { return .passedOn(status, body) }
            return .wrapped(
                APIError(
                    status,
                    status.code < 500 ? .invalidRequest : .provider,
                    code: "provider_error",
                    "\(self.provider.name) answered \(status.code): \(words ?? "nothing more")"
                )
            )
        default:
            return .wrapped(
                APIError(
                    .badGateway,
                    .provider,
                    code: "provider_invalid_response",
                    "\(self.provider.name) answered \(status.code), which is no answer to a chat. "
                        + "Its address in the registry may be wrong."
                )
            )
        }
    }

    private func refusedKey(_ status: HTTPResponse.Status, _ words: String?) -> APIError {
        let remedy =
            self.keyVariable.map { "Whoever runs this gateway should check the environment variable \($0)." }
            ?? "It is called without a key."
        return APIError(
            .badGateway,
            .provider,
            code: "provider_key_refused",
            "\(self.provider.name) refused this gateway's own key or what it may do (\(status.code)). Your key is fine. "
                + remedy + (words.map { " \(self.provider.name) said: \($0)" } ?? "")
        )
    }

    private static func hasOpenAIShape(_ value: JSONValue?) -> Bool {
        value["error"]["message"]?.stringValue != nil
    }

    /// What a provider says in one of the shapes that are seen: `{"error": {"message"}}`, also in an array as Gemini has it,
    /// `{"error": "…"}`, `{"message"}`, FastAPI's `{"detail"}`; any other JSON as it is.
    private static func words(_ value: JSONValue) -> String? {
        let object = value[0] ?? value
        let message =
            object["error"]["message"]?.stringValue ?? object["error"]?.stringValue ?? object["message"]?.stringValue
            ?? object["detail"]?.stringValue
        return Self.shortened(message ?? value.serializedString())
    }

    private static func excerpt(of body: ByteBuffer) -> String? {
        guard body.readableBytes > 0 else { return nil }
        var bytes = body
        let start = bytes.readSlice(length: min(bytes.readableBytes, 4 * Self.longestExcerpt)) ?? bytes
        let text = String(decoding: start.readableBytesView, as: UTF8.self)
        let beginning = text.drop(while: \.isWhitespace)
        if beginning.hasPrefix("<") { return "a page of HTML instead of JSON" }
        guard !text.unicodeScalars.prefix(Self.longestExcerpt).contains("\u{FFFD}") else {
            return "\(body.readableBytes) bytes that are not text"
        }
        return Self.shortened(text)
    }

    /// One line, without control characters, of bounded length.
    private static func shortened(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            guard shown.unicodeScalars.count < Self.longestExcerpt else { return shown + "…" }
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            shown.unicodeScalars.append(isControl ? " " : scalar)
        }
        return shown
    }
}
