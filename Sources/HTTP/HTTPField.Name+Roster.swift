package import HTTPTypes

/// The names of fields that HTTPTypes does not have. Each is a valid token, so that no name here is nil.
extension HTTPField.Name {
    package static let apiKey = Self.named("api-key")
    package static let xAPIKey = Self.named("x-api-key")
    package static let xForwardedFor = Self.named("x-forwarded-for")
    package static let forwarded = Self.named("forwarded")
    package static let xRequestID = Self.named("x-request-id")
    package static let xAccelBuffering = Self.named("x-accel-buffering")
    package static let xRosterRevision = Self.named("x-roster-revision")
    package static let xRosterProvider = Self.named("x-roster-provider")
    package static let xRosterModel = Self.named("x-roster-model")
    package static let xRosterReason = Self.named("x-roster-reason")
    package static let xRosterRoute = Self.named("x-roster-route")
    package static let xRosterAttempts = Self.named("x-roster-attempts")
    package static let xRosterProviderRequestID = Self.named("x-roster-provider-request-id")

    /// A name written in this program's source; the empty fallback cannot be reached by a token and would be refused by
    /// every HTTP implementation.
    package static func named(_ name: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name("\(name)") else {
            preconditionFailure("“\(name)” is not a token (RFC 9110 §5.6.2)")
        }
        return name
    }
}
