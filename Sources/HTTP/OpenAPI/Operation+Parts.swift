package import HTTPTypes
import JSON

extension Operation {
    /// A parameter of the path, the query or the header.
    package struct Parameter: Sendable, Hashable {
        /// Where it stands.
        package enum Place: String, Sendable, Hashable {
            case path, query, header
        }

        /// Its name.
        package let name: String
        /// Where it stands.
        package let place: Place
        /// Its shape. An object in the query stands for one parameter for each of its members (style `form`, exploded).
        package let schema: Schema
        /// One sentence.
        package let meaning: String
        /// Whether a request without it is refused.
        package let isRequired: Bool

        /// A part of the path.
        package static func path(_ name: String, _ schema: Schema, _ meaning: String) -> Parameter {
            Parameter(name: name, place: .path, schema: schema, meaning: meaning, isRequired: true)
        }

        /// A parameter of the query.
        package static func query(
            _ name: String,
            _ schema: Schema,
            _ meaning: String,
            isRequired: Bool = false
        ) -> Parameter {
            Parameter(name: name, place: .query, schema: schema, meaning: meaning, isRequired: isRequired)
        }

        /// A field of the header.
        package static func header(
            _ name: String,
            _ schema: Schema,
            _ meaning: String,
            isRequired: Bool = false
        ) -> Parameter {
            Parameter(name: name, place: .header, schema: schema, meaning: meaning, isRequired: isRequired)
        }
    }

    /// A media type and the shape of what has it.
    package struct Content: Sendable, Hashable {
        /// `application/json`, `text/csv`.
        package let mediaType: String
        /// Its shape.
        package let schema: Schema

        /// Names a media type.
        package init(_ mediaType: String, _ schema: Schema) {
            self.mediaType = mediaType
            self.schema = schema
        }

        /// JSON of a shape.
        package static func json(_ schema: Schema) -> Content { Content("application/json", schema) }
    }

    /// What a request brings.
    package struct Body: Sendable, Hashable {
        /// The forms that are accepted.
        package let content: [Content]
        /// One sentence.
        package let meaning: String
        /// Whether a request without a body is refused.
        package let isRequired: Bool

        /// Describes a body.
        package init(_ content: [Content], _ meaning: String, isRequired: Bool = true) {
            self.content = content
            self.meaning = meaning
            self.isRequired = isRequired
        }

        /// A body in JSON.
        package static func json(_ schema: Schema, _ meaning: String, isRequired: Bool = true) -> Body {
            Body([.json(schema)], meaning, isRequired: isRequired)
        }
    }

    /// One of the answers to a request that is not refused.
    package struct Answer: Sendable, Hashable {
        /// Its status.
        package let status: HTTPResponse.Status
        /// One sentence.
        package let meaning: String
        /// The forms that it may have; none for an answer without a body.
        package let content: [Content]
        /// Fields that go along, beside those that every answer has: name, shape, meaning.
        package let fields: [Parameter]

        /// Describes an answer.
        package init(
            _ status: HTTPResponse.Status,
            _ meaning: String,
            content: [Content] = [],
            fields: [Parameter] = []
        ) {
            self.status = status
            self.meaning = meaning
            self.content = content
            self.fields = fields
        }

        /// An answer in JSON with status 200.
        package static func json(_ schema: Schema, _ meaning: String, fields: [Parameter] = []) -> Answer {
            self.json(.ok, schema, meaning, fields: fields)
        }

        /// An answer in JSON.
        package static func json(
            _ status: HTTPResponse.Status,
            _ schema: Schema,
            _ meaning: String,
            fields: [Parameter] = []
        ) -> Answer {
            Answer(status, meaning, content: [.json(schema)], fields: fields)
        }
    }
}

extension Schema {
    /// A refusal in OpenAI's shape.
    package static let refusal = Schema.object([
        "error": .object(
            [
                "message": .string.described("What is wrong and what to do; it may stand in front of a person."),
                "type": .string.described("The kind of failure, in the words of OpenAI's API."),
                "code": .string.described("What a program tells failures apart by."),
                "param": .string.nullable.described("The member or parameter that is wrong."),
                "details": .array(of: .map(of: .any)).described("Each thing that is wrong."),
                "conflict": .map(of: .any).described("What somebody else changed meanwhile."),
            ],
            optional: ["details", "conflict"]
        )
    ]).named("Refusal")
}
