import Crypto
import FoundationEssentials
import HTTPTypes
import JSON
import Registry

/// The description of what is served as one page that a person can read: no script, nothing from elsewhere.
struct ReferencePage: Sendable {
    /// The whole page.
    let html: String
    /// The digest by which its Content-Security-Policy admits its style, and no other (CSP level 3, §6.7.2.2).
    let styleDigest: String

    private static let style = """
        :root{color-scheme:light dark;--line:#8884;--soft:#8881}
        body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:70rem;padding:1rem 1.5rem 6rem}
        h1,h2,h3{line-height:1.2}h2{margin-top:3rem;border-bottom:1px solid var(--line)}
        code{font:.9em ui-monospace,monospace}
        article{margin:2rem 0;padding:.2rem 1rem 1rem;border:1px solid var(--line);border-radius:.5rem}
        .method{display:inline-block;min-width:4.5rem;font-weight:700}
        .access{font-size:.9rem;opacity:.8}
        .wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}
        th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-top:1px solid var(--line)}
        th{background:var(--soft)}nav ul{columns:18rem;padding-left:1.2rem}
        a{color:inherit}:target{outline:3px solid #48f}
        """

    /// Renders a description.
    init(describing operations: [Operation]) {
        var groups: [Operation.Group] = []
        var components = Schema.refusal.components
        for operation in operations {
            if !groups.contains(operation.group) { groups.append(operation.group) }
            for schema in operation.schemas { components.merge(schema.components) { first, _ in first } }
        }
        let names = components.keys.sorted()
        let sections = groups.map { group -> HTML in
            let articles = operations.filter { $0.group == group }.map(Self.article)
            return "<section><h2>\(group.name)</h2><p>\(group.meaning)</p>\(.joined(articles))</section>"
        }
        let shapes = names.map { name in Self.shape(name, components[name] ?? [:]) }
        let contents = groups.map { group -> HTML in
            let links = operations.filter { $0.group == group }.map { operation -> HTML in
                """
                <li><a href="#\(operation.id)"><code>\(operation.method.rawValue) \(operation.path.template)</code></a></li>
                """
            }
            return "<h3>\(group.name)</h3><ul>\(.joined(links))</ul>"
        }
        let page: HTML = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1"><title>Roster: reference</title>
            <style>
            """
        let rest: HTML = """
            </style></head><body>
            <h1>Roster</h1>
            <p>What can be asked of this replica. Programs read the same at <a href="/openapi.json">/openapi.json</a>.
            Send a key as <code>Authorization: Bearer …</code>. Refusals have OpenAI’s shape:
            <a href="#schema-Refusal">Refusal</a>. Prices are exact decimals in USD per token, written as strings.</p>
            <nav>\(.joined(contents))</nav>\(.joined(sections))
            <section><h2>Shapes</h2>\(.joined(shapes))</section></body></html>
            """
        self.html = page.text + Self.style + rest.text
        self.styleDigest = Data(SHA256.hash(data: Data(Self.style.utf8))).base64EncodedString()
    }

    private static func article(_ operation: Operation) -> HTML {
        let parameters = operation.parameters.map { parameter -> HTML in
            self.row(
                parameter.name,
                place: parameter.place.rawValue,
                parameter.schema.json,
                isRequired: parameter.isRequired,
                meaning: parameter.meaning
            )
        }
        let body = operation.body.map { body -> HTML in
            "<h4>Body</h4><p>\(body.meaning)</p>\(.joined(body.content.map(self.content)))"
        }
        let answers = operation.answers.map { answer -> HTML in
            "<tr><td>\(String(answer.status.code))</td><td>\(answer.meaning)\(.joined(answer.content.map(self.content)))</td></tr>"
        }
        let refusals = operation.allRefusals.map { refusal -> HTML in
            "<tr><td>\(String(refusal.status.code))</td><td>\(refusal.meaning)</td></tr>"
        }
        return """
            <article id="\(operation.id)"><h3><span class="method">\(operation.method.rawValue)</span>
            <code>\(operation.path.template)</code></h3><p><strong>\(operation.summary).</strong> \(operation.details)</p>
            <p class="access">\(self.words(operation.access))</p>\(self.table(parameters))\(body ?? "")
            <h4>Answers</h4><div class="wide"><table>\(.joined(answers + refusals))</table></div></article>
            """
    }

    private static func words(_ access: Operation.Access) -> String {
        switch access {
        case .anyone: "Needs no key."
        case .key(nil): "Needs a key."
        case .key(let scope?): "Needs a key with the scope \(scope.rawValue)."
        case .keyOrTrustedNetwork(nil): "Needs a key, except from a trusted network."
        case .keyOrTrustedNetwork(let scope?):
            "Needs a key with the scope \(scope.rawValue), except from a trusted network."
        }
    }

    private static func content(_ content: Operation.Content) -> HTML {
        "<p><code>\(content.mediaType)</code>: \(self.type(content.schema.json))</p>\(self.members(content.schema.json))"
    }

    private static func shape(_ name: String, _ schema: JSONObject) -> HTML {
        """
        <article id="schema-\(name)"><h3>\(name)</h3><p>\(schema["description"]?.stringValue ?? "")
        \(schema["properties"] == nil ? self.type(schema) : "")</p>\(self.members(schema))</article>
        """
    }

    /// The members of an object, those of objects within it after their names.
    private static func members(_ schema: JSONObject) -> HTML { self.table(self.rows(schema, prefix: "", depth: 0)) }

    private static func rows(_ schema: JSONObject, prefix: String, depth: Int) -> [HTML] {
        guard depth < 4, let properties = schema["properties"]?.objectValue else { return [] }
        let required = Set(schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
        return properties.flatMap { name, value -> [HTML] in
            let member = value.objectValue ?? [:]
            let row = self.row(
                prefix + name,
                place: nil,
                member,
                isRequired: required.contains(name),
                meaning: member["description"]?.stringValue ?? ""
            )
            let inner = member["items"]?.objectValue ?? member
            return [row] + self.rows(inner, prefix: "\(prefix)\(name).", depth: depth + 1)
        }
    }

    private static func row(
        _ name: String,
        place: String?,
        _ schema: JSONObject,
        isRequired: Bool,
        meaning: String
    ) -> HTML {
        """
        <tr><td><code>\(name)</code></td><td>\(place ?? "")</td><td>\(self.type(schema))</td>
        <td>\(isRequired ? "yes" : "")</td><td>\(meaning)</td></tr>
        """
    }

    private static func table(_ rows: [HTML]) -> HTML {
        guard !rows.isEmpty else { return "" }
        return """
            <div class="wide"><table><tr><th>Name</th><th></th><th>Type</th><th>Required</th><th>Meaning</th></tr>
            \(.joined(rows))</table></div>
            """
    }

    /// A schema's type in a few words.
    private static func type(_ schema: JSONObject) -> HTML {
        if let name = schema["$ref"]?.stringValue?.split(separator: "/").last.map({ String($0) }) {
            return "<a href=\"#schema-\(name)\">\(name)</a>"
        }
        if let choices = schema["anyOf"]?.arrayValue?.compactMap(\.objectValue) {
            return .joined(choices.enumerated().map { "\($0.offset == 0 ? "" : " or ")\(self.type($0.element))" })
        }
        if let values = schema["enum"]?.arrayValue {
            return "\(values.map { $0.stringValue ?? "null" }.joined(separator: " | "))"
        }
        if let value = schema["const"]?.stringValue { return "“\(value)”" }
        let types = schema["type"].map { $0.arrayValue ?? [$0] }?.compactMap(\.stringValue) ?? ["any"]
        if types.contains("array"), let items = schema["items"]?.objectValue { return "list of \(self.type(items))" }
        let format = schema["format"]?.stringValue.flatMap { $0 == "int64" ? nil : $0 }
        let words = (format.map { [$0] } ?? types.filter { $0 != "null" }).joined(separator: " or ")
        return types.contains("null") ? "\(words), null" : "\(words)"
    }
}
