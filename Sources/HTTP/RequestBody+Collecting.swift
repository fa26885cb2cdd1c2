import HTTPTypes
package import Hummingbird
package import JSON
package import NIOCore

extension Request {
    /// Reads the whole body.
    ///
    /// - Parameter limit: The most bytes it may have.
    /// - Returns: The body.
    /// - Throws: 413 beyond the limit, at once where the length was declared; `CancellationError` when the client has gone.
    package func collect(upTo limit: Int) async throws -> ByteBuffer {
        if let declared = self.headers[.contentLength].flatMap({ Int($0) }), declared > limit {
            throw Self.tooLarge(limit)
        }
        do {
            return try await self.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Self.tooLarge(limit)
        }
    }

    /// Reads a body that is one object of JSON, in which no object has two members of one name.
    ///
    /// - Parameter limit: The most bytes it may have.
    /// - Returns: The object; an empty one for an empty body.
    /// - Throws: 413 beyond the limit, 400 for what is not an object of JSON.
    package func collectObject(upTo limit: Int = 1 << 20) async throws -> JSONObject {
        let body = try await self.collect(upTo: limit)
        guard body.readableBytes > 0 else { return JSONObject() }
        let value: JSONValue
        do {
            value = try JSONValue(
                parsing: body.readableBytesUInt8Span,
                limits: JSONLimits(allowsRepeatedNames: false)
            )
        } catch {
            throw APIError(unparsable: error)
        }
        guard case .object(let object) = value else {
            throw APIError(
                .badRequest,
                code: "invalid_json",
                "The body must be a JSON object, and it is \(value.kind)."
            )
        }
        return object
    }

    private static func tooLarge(_ limit: Int) -> APIError {
        APIError(
            .contentTooLarge,
            code: "body_too_large",
            "The request's body is larger than the \(limit) bytes that are accepted here. Send less."
        )
    }
}

extension APIError {
    /// A body that is not JSON, with the place where it stops being it.
    package init(unparsable error: JSONError) {
        self.init(
            .badRequest,
            code: error.code == .repeatedName ? "repeated_member" : "invalid_json",
            error.code == .empty
                ? "The body is empty. Send a JSON object."
                : error.code == .repeatedName
                    ? "The body is ambiguous: \(error). Send each member once."
                    : "The body is not valid JSON: \(error)."
        )
    }
}
