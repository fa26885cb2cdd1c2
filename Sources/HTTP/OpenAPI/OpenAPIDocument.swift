import HTTPTypes
package import JSON
import Registry

/// The OpenAPI 3.1 document of a list of operations (OpenAPI Specification 3.1.1).
package struct OpenAPIDocument: Sendable {
    /// The whole document.
    package let json: JSONValue

    private static let about = """
        A model registry that people edit like a spreadsheet, and an OpenAI-compatible gateway that obeys it. Prices are \
        exact decimals in USD per token, written as strings. Every answer has the fields X-Roster-Revision and X-Request-Id.
        """

    /// What every answer carries, and what ``RequestEnvelope`` therefore need not be told by operations.
    private static let everyAnswer: JSONObject = [
        "X-Roster-Revision": ["$ref": "#/components/headers/X-Roster-Revision"],
        "X-Request-Id": ["$ref": "#/components/headers/X-Request-Id"],
    ]

    /// Describes operations.
    ///
    /// - Parameter operations: What is served, in the order in which people shall see it.
    package init(describing operations: [Operation]) {
        var schemas = Schema.refusal.components
        var paths = JSONObject()
        var groups: [Operation.Group] = []
        for operation in operations {
            var item = paths[operation.path.template]?.objectValue ?? JSONObject()
            item[operation.method.rawValue.lowercased()] = .object(Self.object(operation))
            paths[operation.path.template] = .object(item)
            for schema in operation.schemas { schemas.merge(schema.components) { first, _ in first } }
            if !groups.contains(operation.group) { groups.append(operation.group) }
        }
        self.json = [
            "openapi": "3.1.1",
            "info": [
                "title": "Roster", "version": "1", "description": .string(Self.about),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
            "servers": [["url": "/", "description": "This replica"]],
            "tags": .array(groups.map { ["name": .string($0.name), "description": .string($0.meaning)] }),
            "paths": .object(paths),
            "components": [
                "schemas": .object(JSONObject(schemas.sorted { $0.key < $1.key }.map { ($0.key, .object($0.value)) })),
                "headers": [
                    "X-Roster-Revision": [
                        "description": "The registry's revision that the answer was made from, or that it made.",
                        "schema": .object(Schema.count.json),
                    ],
                    "X-Request-Id": [
                        "description": "What logs name the request by: the client's own X-Request-Id, or a new one.",
                        "schema": ["type": "string"],
                    ],
                ],
                "securitySchemes": [
                    "bearer": [
                        "type": "http", "scheme": "bearer",
                        "description": "A client key, or the administrator's: Authorization: Bearer rk_….",
                    ],
                    "x-api-key": ["type": "apiKey", "in": "header", "name": "x-api-key"],
                    "api-key": ["type": "apiKey", "in": "header", "name": "api-key"],
                ],
            ],
        ]
    }

    private static func object(_ operation: Operation) -> JSONObject {
        var object: JSONObject = [
            "operationId": .string(operation.id),
            "summary": .string(operation.summary),
            "tags": [.string(operation.group.name)],
        ]
        if !operation.details.isEmpty { object["description"] = .string(operation.details) }
        object["security"] = self.security(operation.access)
        if !operation.parameters.isEmpty { object["parameters"] = .array(operation.parameters.map(self.parameter)) }
        if let body = operation.body {
            object["requestBody"] = [
                "description": .string(body.meaning), "required": .bool(body.isRequired),
                "content": self.content(body.content),
            ]
        }
        var responses = JSONObject()
        for answer in operation.answers {
            var headers = Self.everyAnswer
            for field in answer.fields {
                headers[field.name] = [
                    "description": .string(field.meaning), "schema": .object(field.schema.json),
                ]
            }
            var response: JSONObject = ["description": .string(answer.meaning), "headers": .object(headers)]
            if !answer.content.isEmpty { response["content"] = self.content(answer.content) }
            responses[String(answer.status.code)] = .object(response)
        }
        for refusal in operation.allRefusals where responses[String(refusal.status.code)] == nil {
            responses[String(refusal.status.code)] = self.refusal(refusal.meaning)
        }
        responses["default"] = self.refusal("Any other refusal, in the same shape.")
        object["responses"] = .object(responses)
        return object
    }

    private static func refusal(_ meaning: String) -> JSONValue {
        [
            "description": .string(meaning), "headers": .object(self.everyAnswer),
            "content": self.content([.json(.refusal)]),
        ]
    }

    private static func parameter(_ parameter: Operation.Parameter) -> JSONValue {
        [
            "name": .string(parameter.name),
            "in": .string(parameter.place.rawValue),
            "description": .string(parameter.meaning),
            "required": .bool(parameter.isRequired),
            "schema": .object(parameter.schema.json),
        ]
    }

    private static func content(_ content: [Operation.Content]) -> JSONValue {
        .object(JSONObject(content.map { ($0.mediaType, ["schema": .object($0.schema.json)]) }))
    }

    /// Any of the three fields will do; the scope stands where OpenAPI 3.1 has role names.
    private static func security(_ access: Operation.Access) -> JSONValue {
        func keys(_ scope: APIKey.Scope?) -> [JSONValue] {
            let roles = JSONValue(scope.map { [$0.rawValue] } ?? [])
            return [["bearer": roles], ["x-api-key": roles], ["api-key": roles]]
        }
        return switch access {
        case .anyone: []
        case .key(let scope): .array(keys(scope))
        case .keyOrTrustedNetwork(let scope): .array(keys(scope) + [[:]])
        }
    }
}
