package import HTTPTypes

/// One request for a page of a list, before it is known where the provider is.
package struct ListingRequest: Sendable, Hashable {
    package var method: HTTPRequest.Method

    /// Where, relative to the provider's base URL (`models`, `../api/tags`), or absolute where another host has the list.
    package var reference: String

    /// Parameters in their order, not yet percent-encoded.
    package var query: [QueryParameter]

    /// Fields beside those of the authentication.
    package var fields: HTTPFields
    package var body: [UInt8]

    /// Which of the listing's sources this asks.
    package var source: Int

    package init(
        method: HTTPRequest.Method = .get,
        reference: String,
        query: [QueryParameter] = [],
        fields: HTTPFields = HTTPFields(),
        body: [UInt8] = [],
        source: Int = 0
    ) {
        self.method = method
        self.reference = reference
        self.query = query
        self.fields = fields
        self.body = body
        self.source = source
    }

    /// The value of a parameter; nil where it is not given.
    package func parameter(_ name: String) -> String? {
        self.query.last { $0.name == name }?.value
    }

    /// The same request with a parameter set.
    package func setting(_ name: String, to value: String) -> ListingRequest {
        var request = self
        request.query.removeAll { $0.name == name }
        request.query.append(QueryParameter(name, value))
        return request
    }
}

/// One parameter of a query, not yet percent-encoded.
package struct QueryParameter: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What came back for a request.
package struct ListingResponse: Sendable {
    package var status: Int
    package var fields: HTTPFields
    package var body: [UInt8]

    package init(status: Int = 200, fields: HTTPFields = HTTPFields(), body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}
