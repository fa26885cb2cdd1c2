package import JSON

/// Tells an answer from a failure that looks like one.
package enum ResponseBody {
    /// The body as JSON.
    ///
    /// - Parameter response: what came back.
    /// - Returns: the JSON, without NUL characters, which PostgreSQL cannot hold.
    /// - Throws: a ``ListingError`` for a status that is no success, a body that is no JSON, and a body that is an error
    ///   under a status that says otherwise.
    package static func json(of response: ListingResponse) throws(ListingError) -> JSONValue {
        guard (200..<300).contains(response.status) else {
            throw ListingError(
                .refused,
                Self.words(status: response.status, detail: Self.detail(response.body)),
                status: response.status
            )
        }
        let value = try Self.parse(response.body)
        if let detail = Self.error(in: value) {
            throw ListingError(.refused, "the provider answered with an error: \(detail)", status: response.status)
        }
        return value
    }

    private static func parse(_ body: [UInt8]) throws(ListingError) -> JSONValue {
        do throws(JSONError) {
            let value = try JSONValue(parsing: body)
            // An escape is the only way for a NUL to get into JSON.
            return Self.holdsNUL(body) ? Self.withoutNUL(value) : value
        } catch {
            let beginning = body.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }.first
            if beginning == UInt8(ascii: "<") {
                throw ListingError(
                    .notJSON,
                    "the answer is a web page instead of a list: is the address right, and is no proxy or login in between?"
                )
            }
            if error.code == .empty { throw ListingError(.notJSON, "the answer is empty instead of a list") }
            if error.code == .unexpectedEnd { throw ListingError(.notJSON, "the answer was cut off: \(error)") }
            throw ListingError(.notJSON, "the answer is not JSON: \(error)")
        }
    }

    /// An error object under a status of success: OpenAI's `{"error": {…}}`, xAI's and Ollama's `{"error": "…"}`, and
    /// `{"success": false}`.
    private static func error(in value: JSONValue) -> String? {
        switch value["error"] {
        case nil, .null, .bool(false): break
        case .some(let error): return Self.message(of: error) ?? "it does not say which"
        }
        guard value["success"]?.boolValue == false else { return nil }
        return Self.message(of: value) ?? "it does not say which"
    }

    private static func message(of error: JSONValue) -> String? {
        let text = error.stringValue ?? error["message"]?.stringValue ?? error["detail"]?.stringValue
        return text.map { String($0.prefix(300)) }
    }

    /// What the body of a refusal says, where it says something that can be repeated.
    private static func detail(_ body: [UInt8]) -> String? {
        do throws(JSONError) {
            let value = try JSONValue(parsing: body)
            let error = value["error"] ?? value[0]["error"]
            return error.flatMap { Self.message(of: $0) } ?? Self.message(of: value)
        } catch {
            return nil
        }
    }

    private static func words(status: Int, detail: String?) -> String {
        let meaning =
            switch status {
            case 300..<400: "the provider's address has moved (status \(status))"
            case 401, 403: "the provider refused the key (status \(status))"
            case 404: "there is no list at this address (status 404)"
            case 408, 504: "the provider did not answer in time (status \(status))"
            case 429: "the provider asks to wait (status 429)"
            case 500...: "the provider has a failure of its own (status \(status))"
            default: "the provider refused the request (status \(status))"
            }
        return detail.map { "\(meaning): \($0)" } ?? meaning
    }

    private static func holdsNUL(_ body: [UInt8]) -> Bool {
        let escape = Array("\\u0000".utf8)
        var matched = 0
        for byte in body {
            matched = byte == escape[matched] ? matched + 1 : (byte == escape[0] ? 1 : 0)
            if matched == escape.count { return true }
        }
        return false
    }

    private static func withoutNUL(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .number: value
        case .string(let string): .string(Self.withoutNUL(string))
        case .array(let elements): .array(elements.map { Self.withoutNUL($0) })
        case .object(let object):
            .object(JSONObject(object.map { (Self.withoutNUL($0.key), Self.withoutNUL($0.value)) }))
        }
    }

    private static func withoutNUL(_ string: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in string.unicodeScalars { scalars.append(scalar.value == 0 ? "\u{FFFD}" : scalar) }
        return String(scalars)
    }
}
