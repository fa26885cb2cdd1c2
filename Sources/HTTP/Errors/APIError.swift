package import HTTPTypes
package import Hummingbird
package import JSON
import NIOCore

/// A refusal in OpenAI's shape, `{"error": {"message", "type", "code", "param"}}`, which every SDK reads.
///
/// The message names the thing and says what to do; it may stand in front of a person.
package struct APIError: Error, Sendable {
    /// What kind of failure, in the words of OpenAI's API where it has one.
    package struct Kind: Sendable, Hashable {
        package let rawValue: String

        /// The request must be changed.
        package static let invalidRequest = Kind(rawValue: "invalid_request_error")
        /// The key may not do this.
        package static let permission = Kind(rawValue: "permission_error")
        /// This gateway cannot answer at the moment.
        package static let server = Kind(rawValue: "server_error")
        /// The provider failed, or said what cannot be passed on.
        package static let provider = Kind(rawValue: "provider_error")
    }

    /// The status of the answer.
    package var status: HTTPResponse.Status
    /// What kind of failure.
    package var kind: Kind
    /// What a program can tell failures apart by: `model_not_found`.
    package var code: String
    /// What is wrong and what to do.
    package var message: String
    /// The member or parameter that is wrong.
    package var param: String?
    /// What stands in `error` beside the four members, where there is more to say: `details`, `conflict`.
    package var more = JSONObject()
    /// Fields that go along.
    package var headers = HTTPFields()

    /// - Parameters:
    ///   - status: The status of the answer.
    ///   - kind: What kind of failure.
    ///   - code: What a program can tell failures apart by.
    ///   - message: What is wrong and what to do.
    ///   - param: The member or parameter that is wrong.
    package init(
        _ status: HTTPResponse.Status,
        _ kind: Kind = .invalidRequest,
        code: String,
        _ message: String,
        param: String? = nil
    ) {
        self.status = status
        self.kind = kind
        self.code = code
        self.message = message
        self.param = param
    }

    /// The body.
    package var json: JSONValue {
        var error: JSONObject = [
            "message": .string(self.message), "type": .string(self.kind.rawValue), "code": .string(self.code),
            "param": JSONValue(self.param),
        ]
        error.merge(self.more)
        return ["error": .object(error)]
    }

    /// The whole answer.
    package var response: Response {
        Response(json: self.json, status: self.status, headers: self.headers)
    }
}

extension APIError: CustomStringConvertible {
    /// Status, code and message.
    package var description: String { "\(self.status.code) \(self.code): \(self.message)" }
}

extension APIError: HTTPResponseError {
    /// The whole answer, for whatever meets it outside the ``RequestEnvelope``.
    ///
    /// - Parameters:
    ///   - request: Not looked at.
    ///   - context: Not looked at.
    /// - Returns: The answer.
    package func response(from request: Request, context: some RequestContext) -> Response { self.response }
}

extension Response {
    /// An answer in JSON.
    ///
    /// - Parameters:
    ///   - json: The body.
    ///   - status: The status.
    ///   - headers: Fields that go along.
    package init(json: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()) {
        var headers = headers
        headers[.contentType] = "application/json"
        self.init(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.serialized()))
        )
    }
}
